#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "admin/lag_clock.h"
#include "base/metrics.h"
#include "broker/broker.h"
#include "io/mutex.h"
#include "io/task.h"
#include "protocol/http/router.h"

namespace polylog::admin {

// What a server answers over HTTP about itself:
//
//     /livez                 200 while the process runs its loop
//     /readyz[?verbose]      200 while clients are served, else 503; verbose names each check
//     /metrics               Prometheus text, or OpenMetrics for those who accept it; bounded
//     /metrics/per-object    the same with every partition and group
//
// Lives on the first shard, from before recovery to after the last client is gone.
class AdminApi {
public:
    // What only the program can tell: counts of its listeners and of the process.
    using Collect = std::function<io::Task<base::MetricsSnapshot>()>;

    AdminApi(std::string_view version, Collect collect)
        : version_(version), collect_(std::move(collect)) {}
    AdminApi(const AdminApi&) = delete;
    AdminApi& operator=(const AdminApi&) = delete;

    // The handlers refer to this object, which outlives the router.
    void add_routes(http::Router& router);

    // The broker has recovered; clients reach it at `address`.
    void ready(broker::Broker& broker, std::string address) {
        broker_ = &broker;
        address_ = std::move(address);
    }
    // Clients should go elsewhere; the broker is still there.
    void stopping() { stopping_ = true; }
    // The broker is about to go.
    void stopped() { broker_ = nullptr; }

private:
    io::Task<http::Response> live(http::Request request);
    io::Task<http::Response> readiness(http::Request request);
    io::Task<http::Response> metrics(http::Request request);
    io::Task<http::Response> metrics_per_object(http::Request request);
    io::Task<http::Response> render(bool open_metrics, size_t objects_max);

    const std::string_view version_;  // a literal
    const Collect collect_;
    broker::Broker* broker_ = nullptr;
    std::string address_;
    LagClock lag_clock_;
    io::Mutex one_scrape_;  // at a time: they share the clock
    bool stopping_ = false;
};

}  // namespace polylog::admin
