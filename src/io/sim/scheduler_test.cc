#include "io/sim/scheduler.h"

#include <gtest/gtest.h>

#include <string>

namespace polylog::sim {
namespace {

using base::operator""ns;
using base::operator""ms;
using base::operator""s;

// Runs ten events of one instant and returns the order they ran in.
std::string order_of_equals(uint64_t seed) {
    Scheduler scheduler{RandomStream(seed)};
    std::string order;
    for (char name = 'a'; name < 'k'; ++name) {
        scheduler.at(Instant(5ns), {}, [&order, name] { order.push_back(name); });
    }
    while (scheduler.run_next(kEndOfTime)) {}
    return order;
}

TEST(Scheduler, RunsEventsInOrderOfTime) {
    Scheduler scheduler{RandomStream(1)};
    std::vector<int> ran;
    for (const int ms : {30, 10, 20}) {
        scheduler.at(Instant(std::chrono::milliseconds(ms)), {}, [&ran, ms] { ran.push_back(ms); });
    }
    EXPECT_TRUE(scheduler.run_next(kEndOfTime));
    EXPECT_EQ(scheduler.now(), Instant(10ms));
    EXPECT_TRUE(scheduler.run_next(Instant(20ms)));
    EXPECT_FALSE(scheduler.run_next(Instant(20ms)));
    EXPECT_EQ(ran, (std::vector<int>{10, 20}));
}

TEST(Scheduler, ShufflesEventsOfOneInstantByTheSeed) {
    EXPECT_EQ(order_of_equals(1), order_of_equals(1));
    EXPECT_NE(order_of_equals(1), order_of_equals(2));
}

TEST(Scheduler, RunsAnEventScheduledInThePastNow) {
    Scheduler scheduler{RandomStream(1)};
    scheduler.advance_to(Instant(1s));
    bool ran = false;
    scheduler.at(Instant(1ms), {}, [&] { ran = true; });
    EXPECT_TRUE(scheduler.run_next(Instant(1s)));
    EXPECT_TRUE(ran);
    EXPECT_EQ(scheduler.now(), Instant(1s));
}

TEST(Scheduler, DigestCoversTimeNodeKindAndId) {
    const auto digest_of = [](Instant when, EventLabel label) {
        Scheduler scheduler{RandomStream(1)};
        scheduler.at(when, label, [] {});
        while (scheduler.run_next(kEndOfTime)) {}
        return scheduler.digest();
    };
    const EventLabel label{NodeId{1}, EventKind::disk, 7};
    const uint64_t digest = digest_of(Instant(1ms), label);
    EXPECT_EQ(digest, digest_of(Instant(1ms), label));
    EXPECT_NE(digest, digest_of(Instant(2ms), label));
    EXPECT_NE(digest, digest_of(Instant(1ms), {NodeId{2}, EventKind::disk, 7}));
    EXPECT_NE(digest, digest_of(Instant(1ms), {NodeId{1}, EventKind::network, 7}));
    EXPECT_NE(digest, digest_of(Instant(1ms), {NodeId{1}, EventKind::disk, 8}));
}

TEST(Scheduler, TracesEachEventBeforeItRuns) {
    Scheduler scheduler{RandomStream(1)};
    std::vector<std::string> lines;
    scheduler.trace_to(
        [&](Instant, const EventLabel& label) { lines.emplace_back(to_string(label.kind)); });
    scheduler.at(Instant(1ms), {NodeId{0}, EventKind::turn, 0}, [&] { lines.emplace_back("ran"); });
    scheduler.run_next(kEndOfTime);
    EXPECT_EQ(lines, (std::vector<std::string>{"turn", "ran"}));
}

TEST(RandomStream, SplitsByPurposeAndIndexAndNotByWhatWasDrawn) {
    RandomStream root(42);
    RandomStream before = root.split("disk", 1);
    root.next();
    RandomStream after = root.split("disk", 1);
    EXPECT_EQ(before.next(), after.next());
    EXPECT_NE(root.split("disk", 1).next(), root.split("disk", 2).next());
    EXPECT_NE(root.split("disk").next(), root.split("network").next());
}

TEST(RandomStream, StaysWithinItsBounds) {
    RandomStream stream(7);
    bool low_seen = false, high_seen = false;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_LT(stream.below(3), 3u);
        const auto drawn = stream.between(5ns, 7ns);
        EXPECT_TRUE(drawn >= 5ns && drawn <= 7ns);
        low_seen |= drawn == 5ns;
        high_seen |= drawn == 7ns;
    }
    EXPECT_TRUE(low_seen && high_seen);
    EXPECT_FALSE(stream.chance(0));
    EXPECT_TRUE(stream.chance(1));
}

TEST(RandomStream, ChanceIsAboutAsLikelyAsAsked) {
    RandomStream stream(7);
    int hits = 0;
    for (int i = 0; i < 10'000; ++i) hits += stream.chance(0.25);
    EXPECT_NEAR(hits, 2500, 200);
}

}  // namespace
}  // namespace polylog::sim
