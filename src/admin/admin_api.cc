#include "admin/admin_api.h"

#include <fmt/format.h>

#include <limits>

#include "admin/metrics.h"
#include "base/metrics_text.h"

namespace polylog::admin {

using http::Request;
using http::Response;
using io::Task;

namespace {

constexpr base::MetricSpec kBuildInfo{.name = "polylog_build_info",
                                      .help = "Always 1; the labels say what runs."};
constexpr base::MetricSpec kUp{.name = "polylog_ready", .help = "1 while clients are served."};

// OpenMetrics is for those who ask for it by name: everything else understands the older text.
bool accepts_open_metrics(const Request& request) {
    return request.header("accept").value_or("").contains("application/openmetrics-text");
}

// One check of /readyz, as a line of its verbose answer.
struct Check {
    std::string_view name;
    bool passed = false;
    std::string_view reason;
};

}  // namespace

void AdminApi::add_routes(http::Router& router) {
    const auto answer = [this](Task<Response> (AdminApi::*handler)(Request)) {
        return [this, handler](Request request) { return (this->*handler)(std::move(request)); };
    };
    router.add("GET", "/livez", answer(&AdminApi::live));
    router.add("GET", "/readyz", answer(&AdminApi::readiness));
    router.add("GET", "/metrics", answer(&AdminApi::metrics));
    router.add("GET", "/metrics/per-object", answer(&AdminApi::metrics_per_object));
}

Task<Response> AdminApi::live(Request) {
    return io::ready(http::text_response(200, "ok\n"));
}

Task<Response> AdminApi::readiness(Request request) {
    bool accepts_appends = broker_ != nullptr;
    if (broker_) {
        accepts_appends = broker_->pressure().accepts_records().has_value();
        for (const auto& usage : co_await broker_->storage_usage()) {
            accepts_appends = accepts_appends && usage.accepts_appends;
        }
    }
    const Check checks[] = {
        {"recovered", broker_ != nullptr, "storage is being opened"},
        {"serving", !stopping_, "the server is stopping"},
        {"accepts-records", accepts_appends, "the disk or memory is full, or a write failed"},
    };
    bool passed = true;
    std::string text;
    for (const Check& check : checks) {
        passed = passed && check.passed;
        if (check.passed) {
            text += fmt::format("[+] {} ok\n", check.name);
        } else {
            text += fmt::format("[-] {} failed: {}\n", check.name, check.reason);
        }
    }
    if (passed && !request.parameter("verbose")) text = "ok\n";
    co_return http::text_response(passed ? 200 : 503, std::move(text));
}

Task<Response> AdminApi::metrics(Request request) {
    return render(accepts_open_metrics(request), BrokerMetrics().objects_max);
}

Task<Response> AdminApi::metrics_per_object(Request request) {
    return render(accepts_open_metrics(request), std::numeric_limits<size_t>::max());
}

Task<Response> AdminApi::render(bool open_metrics, size_t objects_max) {
    base::MetricsSnapshot snapshot = co_await collect_();
    snapshot.add_gauge(kBuildInfo, {{"version", std::string(version_)}}, 1);
    snapshot.add_gauge(kUp, {}, broker_ && !stopping_ ? 1 : 0);
    const auto turn = co_await one_scrape_.lock();
    if (broker_) {
        co_await add_broker_metrics(*broker_, lag_clock_, snapshot,
                                    {.objects_max = objects_max, .address = address_});
    }
    const auto format = open_metrics ? base::MetricsFormat::open_metrics
                                     : base::MetricsFormat::prometheus;
    co_return Response{.headers = {{"Content-Type", std::string(base::content_type(format))}},
                       .body = base::render_metrics(snapshot, format)};
}

}  // namespace polylog::admin
