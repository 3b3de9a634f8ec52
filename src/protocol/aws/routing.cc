#include "protocol/aws/routing.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/aws/catalog.h"
#include "protocol/aws/queue_url.h"
#include "protocol/aws/signature.h"

namespace polylog::aws {

namespace {

constexpr std::string_view kTargetPrefix = "AmazonSQS.";
constexpr std::string_view kSnsVersion = "2010-03-31";

bool has_media_type(const http::Request& request, std::string_view name, std::string_view type) {
    const std::string_view value = request.header(name).value_or("");
    return http::equal_ignoring_case(value.substr(0, type.size()), type);
}

std::string url_of(const http::Request& request) {
    if (!parse_queue_path(request.path)) return {};
    return fmt::format("http://{}{}", request.header("Host").value_or("localhost"), request.path);
}

void find_operation_of(Route& route, std::string_view name, FaultKind unknown) {
    route.operation = find_operation(route.service, name);
    const bool elsewhere = route.operation && route.form != AnswerForm::json &&
                           !route.queue_url.empty() && !route.operation->on_queue;
    if (elsewhere) route.operation = nullptr;
    if (route.operation) return;
    if (is_left_out(route.service, name)) {
        route.refused = Fault(FaultKind::not_implemented,
                              fmt::format("The action {} is not offered by this broker.", name));
    } else if (unknown == FaultKind::unknown_operation) {
        route.refused = Fault(unknown);
    } else {
        route.refused = Fault(unknown,
                              fmt::format("The action {} is not valid for this endpoint.", name));
    }
}

Route json_route(const http::Request& request, std::string_view target) {
    Route route{.form = AnswerForm::json, .queue_url = url_of(request)};
    if (request.method != "POST" || !target.starts_with(kTargetPrefix)) {
        route.refused = Fault(FaultKind::unknown_operation);
        return route;
    }
    find_operation_of(route, target.substr(kTargetPrefix.size()), FaultKind::unknown_operation);
    return route;
}

// Of a Query request.
Service service_of(const http::Request& request, const QueryParameters& parameters,
                   std::string_view action) {
    if (const auto version = parameters.find("Version")) {
        return *version == kSnsVersion ? Service::sns : Service::sqs;
    }
    if (const auto scope = scope_of(request)) {
        if (scope->service == to_string(Service::sns)) return Service::sns;
        if (scope->service == to_string(Service::sqs)) return Service::sqs;
    }
    const bool of_sqs = find_operation(Service::sqs, action) != nullptr;
    const bool of_sns = find_operation(Service::sns, action) != nullptr ||
                        is_left_out(Service::sns, action);
    if (of_sqs && of_sns) return parameters.find("TopicArn") ? Service::sns : Service::sqs;
    return of_sns ? Service::sns : Service::sqs;
}

Route query_route(const http::Request& request) {
    Route route;
    if (has_media_type(request, "Accept", "application/json")) route.form = AnswerForm::query_json;
    const bool form = request.method == "POST";
    auto parameters = QueryParameters::parse(request.query, form ? request.body : "");
    if (!parameters) {
        route.refused = std::move(parameters).error();
        return route;
    }
    route.parameters = *std::move(parameters);
    const std::string action(route.parameters.find("Action").value_or(""));
    if (action.empty() || (!form && request.method != "GET")) {
        route.form = AnswerForm::xml;
        route.refused = Fault(FaultKind::unknown_operation);
        return route;
    }
    route.service = service_of(request, route.parameters, action);
    if (route.service == Service::sqs) route.queue_url = url_of(request);
    find_operation_of(route, action, FaultKind::invalid_action);
    return route;
}

}  // namespace

Route find_route(const http::Request& request) {
    if (const auto target = request.header("X-Amz-Target")) return json_route(request, *target);
    if (has_media_type(request, "Content-Type", "application/x-amz-json")) {
        return json_route(request, "");
    }
    return query_route(request);
}

}  // namespace polylog::aws
