#include "admin/admin_api.h"

#include <gtest/gtest.h>

#include "io/sim/run_task.h"

namespace polylog::admin {
namespace {

constexpr base::MetricSpec kCounted{.name = "polylog_counted_total", .help = "Counted."};

// Asks before the broker has recovered, when the answers come from the program alone.
class AdminApiWithoutBroker : public ::testing::Test {
protected:
    AdminApiWithoutBroker() : world_(1), node_(world_.add_node()), api_("9.8.7", collect) {
        node_.boot([](sim::Node&) { return std::make_shared<int>(); });
        api_.add_routes(router_);
    }
    static io::Task<base::MetricsSnapshot> collect() {
        base::MetricsSnapshot snapshot;
        snapshot.add_counter(kCounted, {}, 3);
        co_return snapshot;
    }
    http::Response get(std::string_view path, std::string_view accept = "") {
        http::Request request{.method = "GET", .path = path, .headers = {{"Accept", accept}}};
        return sim::run_task(node_, router_.handle(std::move(request))).value();
    }

    sim::World world_;
    sim::Node& node_;
    AdminApi api_;
    http::Router router_;
};

TEST_F(AdminApiWithoutBroker, IsAliveButNotReady) {
    EXPECT_EQ(get("/livez").status, 200);
    const http::Response ready = get("/readyz");
    EXPECT_EQ(ready.status, 503);
    EXPECT_TRUE(ready.body.contains("[-] recovered failed: storage is being opened"));
    EXPECT_TRUE(ready.body.contains("[+] serving ok"));
}

TEST_F(AdminApiWithoutBroker, ShowsWhatTheProgramCounts) {
    const http::Response page = get("/metrics");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.body.contains("polylog_counted_total 3\n"));
    EXPECT_TRUE(page.body.contains("polylog_build_info{version=\"9.8.7\"} 1\n"));
    EXPECT_TRUE(page.body.contains("polylog_ready 0\n"));
    EXPECT_TRUE(
        get("/metrics", "application/openmetrics-text;version=1.0.0").body.ends_with("# EOF\n"));
}

}  // namespace
}  // namespace polylog::admin
