#include "protocol/aws/dead_letter_policy.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/json.h"
#include "base/units.h"
#include "protocol/aws/queue_url.h"
#include "protocol/aws/reading.h"
#include "protocol/aws/service.h"

namespace polylog::aws {

using base::Json;

namespace {

using base::operator""_KiB;

constexpr size_t kPolicyBytesMax = 8_KiB;
constexpr int64_t kLeasesMax = 1000;
constexpr size_t kSourcesMax = 10;

std::unexpected<Fault> invalid(std::string_view text, std::string_view parameter,
                               std::string_view reason) {
    return refuse(FaultKind::invalid_parameter_value,
                  fmt::format("Value {} for parameter {} is invalid. Reason: {}", text, parameter,
                              reason));
}

std::optional<Json> parse_object(std::string_view text) {
    auto json = Json::parse(text, kPolicyBytesMax);
    if (!json || json->kind() != Json::Kind::object) return std::nullopt;
    return *std::move(json);
}

std::optional<Json> member(const Json& object, std::string_view name) {
    return object.get_optional<Json>(name).value_or(std::nullopt);
}

std::optional<int64_t> whole_number(const Json& value) {
    if (const auto text = value.as<std::string_view>()) return to_integer(*text);
    return value.as<int64_t>();
}

// The name of the queue in an ARN.
std::optional<std::string> queue_in(const Json& value) {
    auto arn = Arn::parse(value.as<std::string_view>().value_or(""));
    if (!arn || arn->service != to_string(Service::sqs)) return std::nullopt;
    return std::move(arn->resource);
}

}  // namespace

Answer<model::DeadLetterRule> parse_redrive_policy(std::string_view text) {
    const auto refuse_because = [text](std::string_view reason) {
        return invalid(text, "RedrivePolicy", reason);
    };
    const auto object = parse_object(text);
    if (!object) return refuse_because("Redrive policy is not a valid JSON map.");
    const auto target = member(*object, "deadLetterTargetArn");
    if (!target) {
        return refuse_because(
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    }
    const auto count = member(*object, "maxReceiveCount");
    if (!count) {
        return refuse_because(
            "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    }
    const auto queue = queue_in(*target);
    if (!queue) return refuse_because("Invalid value for deadLetterTargetArn.");
    const auto leases_max = whole_number(*count);
    if (!leases_max || *leases_max < 1 || *leases_max > kLeasesMax) {
        const auto given = count->as<std::string_view>();
        return refuse_because(
            fmt::format("Invalid value for maxReceiveCount: {}, valid values are from 1 to {} both "
                        "inclusive.",
                        leases_max ? std::to_string(*leases_max) : given.value_or("no number"),
                        kLeasesMax));
    }
    return model::DeadLetterRule{.queue = *queue,
                                 .leases_max = static_cast<uint32_t>(*leases_max),
                                 .text = std::string(text)};
}

Answer<model::DeadLetterSources> parse_redrive_allow_policy(std::string_view text) {
    const auto refuse_because = [text](std::string_view reason) {
        return invalid(text, "RedriveAllowPolicy", reason);
    };
    const auto object = parse_object(text);
    if (!object) return refuse_because("Redrive allow policy is not a valid JSON map.");
    model::DeadLetterSources sources{.text = std::string(text)};
    const auto permission = member(*object, "redrivePermission");
    const std::string_view word = permission ? permission->as<std::string_view>().value_or("") : "";
    if (word == "allowAll") {
        sources.allowed = model::DeadLetterSources::Allowed::all;
    } else if (word == "denyAll") {
        sources.allowed = model::DeadLetterSources::Allowed::none;
    } else if (word == "byQueue") {
        sources.allowed = model::DeadLetterSources::Allowed::listed;
    } else {
        return refuse_because("redrivePermission must be allowAll, denyAll or byQueue.");
    }
    const auto arns = member(*object, "sourceQueueArns");
    const bool listed = sources.allowed == model::DeadLetterSources::Allowed::listed;
    if (!listed && arns) {
        return refuse_because("sourceQueueArns is allowed only with redrivePermission byQueue.");
    }
    if (!listed) return sources;
    if (!arns || arns->size() < 1 || arns->size() > kSourcesMax) {
        return refuse_because("sourceQueueArns must list 1 to 10 queues.");
    }
    for (const Json& arn : arns->elements()) {
        auto queue = queue_in(arn);
        if (!queue) return refuse_because("sourceQueueArns must list the ARNs of queues.");
        sources.queues.push_back(*std::move(queue));
    }
    if (sources.queues.empty()) return refuse_because("sourceQueueArns must be an array.");
    return sources;
}

}  // namespace polylog::aws
