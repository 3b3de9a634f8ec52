#include "io/fault.h"

#include <gtest/gtest.h>

#include "io/sim/world.h"

namespace polylog::sim {
namespace {

std::string name_of(int number) {
    return "test.point." + std::to_string(number);
}

TEST(FaultPoints, EnablesAQuarterOfThePointsAndFiresThemAQuarterOfTheTime) {
    int enabled = 0;
    uint64_t fired = 0;
    for (int i = 0; i < 400; ++i) {
        FaultPoints points(RandomStream(99), {});
        for (int visit = 0; visit < 100; ++visit) points.fires(name_of(i));
        const auto& point = points.points().at(name_of(i));
        EXPECT_EQ(point.visits, 100u);
        enabled += point.fired > 0;
        fired += point.fired;
    }
    EXPECT_NEAR(enabled, 100, 30);
    EXPECT_NEAR(static_cast<double>(fired) / enabled, 25, 3);
}

TEST(FaultPoints, ChoiceDependsOnSeedAndNameOnly) {
    FaultPoints forwards(RandomStream(5), {.enabled = 0.5, .fires = 1});
    FaultPoints backwards(RandomStream(5), {.enabled = 0.5, .fires = 1});
    std::vector<bool> one, other;
    for (int i = 0; i < 20; ++i) one.push_back(forwards.fires(name_of(i)));
    for (int i = 20; i-- > 0;) other.insert(other.begin(), backwards.fires(name_of(i)));
    EXPECT_EQ(one, other);
}

TEST(FaultPoints, CanBeSetByATest) {
    FaultPoints points(RandomStream(5), {.enabled = 0});
    EXPECT_FALSE(points.fires("test.point"));
    points.set("test.point", 1);
    EXPECT_TRUE(points.fires("test.point"));
}

#ifdef POLYLOG_FAULT_POINTS
TEST(FaultPoints, AreReachedThroughAnEnvironmentAndThroughAShard) {
    World world(1, {.fault_points = {.enabled = 1, .fires = 1}});
    Node& node = world.add_node();
    node.boot({});
    EXPECT_TRUE(FAULT_POINT(node.shard(0), "test.by_shard"));
    EXPECT_TRUE(FAULT_POINT(node.shard(0).env(), "test.by_env"));
    EXPECT_EQ(world.fault_points().points().size(), 2u);
}
#endif

TEST(FaultPoints, NeverFireOutsideTheSimulator) {
    struct Plain : io::Random {
        uint64_t next() override { return 0; }
    } random;
    struct PlainEnv {
        io::Random& random;
    } env{random};
    EXPECT_FALSE(FAULT_POINT(env, "test.point"));
}

}  // namespace
}  // namespace polylog::sim
