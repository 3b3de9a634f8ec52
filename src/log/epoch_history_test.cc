#include "log/epoch_history.h"

#include <gtest/gtest.h>

namespace polylog::log {
namespace {

using model::LeaderEpoch;
using model::Offset;
using Entry = EpochHistory::Entry;

EpochHistory history_of(std::vector<Entry> entries) {
    EpochHistory history;
    for (const Entry& entry : entries) history.begin(entry.epoch, entry.start);
    return history;
}

EpochHistory two_four_seven() {
    return history_of(
        {{LeaderEpoch{2}, Offset{10}}, {LeaderEpoch{4}, Offset{20}}, {LeaderEpoch{7}, Offset{50}}});
}

TEST(EpochHistory, BeginsOnlyEpochsNewerThanTheLatest) {
    EpochHistory history;
    EXPECT_EQ(history.latest(), std::nullopt);
    history.begin(LeaderEpoch{3}, Offset{0});
    history.begin(LeaderEpoch{3}, Offset{5});
    history.begin(LeaderEpoch{2}, Offset{9});
    history.begin(LeaderEpoch{5}, Offset{9});
    EXPECT_EQ(history.entries(),
              (std::vector<Entry>{{LeaderEpoch{3}, Offset{0}}, {LeaderEpoch{5}, Offset{9}}}));
    EXPECT_EQ(history.latest(), LeaderEpoch{5});
}

TEST(EpochHistory, AnEpochWithoutRecordsIsReplacedByTheNextOne) {
    const EpochHistory history = history_of(
        {{LeaderEpoch{1}, Offset{0}}, {LeaderEpoch{2}, Offset{8}}, {LeaderEpoch{3}, Offset{8}}});
    EXPECT_EQ(history.entries(),
              (std::vector<Entry>{{LeaderEpoch{1}, Offset{0}}, {LeaderEpoch{3}, Offset{8}}}));
}

TEST(EpochHistory, AnEpochEndsWhereTheNextOneBegins) {
    const EpochHistory history = two_four_seven();
    const auto end_of = [&](int32_t epoch) {
        return history.end_of(LeaderEpoch{epoch}, Offset{90});
    };
    EXPECT_EQ(end_of(2).end, Offset{20});
    EXPECT_EQ(end_of(4).end, Offset{50});
    EXPECT_EQ(end_of(7).end, Offset{90});
}

TEST(EpochHistory, AnUnknownEpochIsAnsweredWithTheGreatestKnownOneBelowIt) {
    const EpochHistory history = two_four_seven();
    const auto five = history.end_of(LeaderEpoch{5}, Offset{90});
    EXPECT_EQ(five.epoch, LeaderEpoch{4});
    EXPECT_EQ(five.end, Offset{50});
    const auto nine = history.end_of(LeaderEpoch{9}, Offset{90});
    EXPECT_EQ(nine.epoch, LeaderEpoch{7});
    EXPECT_EQ(nine.end, Offset{90});
    const auto one = history.end_of(LeaderEpoch{1}, Offset{90});
    EXPECT_EQ(one.epoch, model::kNoLeaderEpoch);
    EXPECT_EQ(one.end, Offset{-1});
}

TEST(EpochHistory, KnowsTheEpochOfEveryOffset) {
    const EpochHistory history = two_four_seven();
    EXPECT_EQ(history.epoch_at(Offset{9}), std::nullopt);
    EXPECT_EQ(history.epoch_at(Offset{10}), LeaderEpoch{2});
    EXPECT_EQ(history.epoch_at(Offset{49}), LeaderEpoch{4});
    EXPECT_EQ(history.epoch_at(Offset{1000}), LeaderEpoch{7});
}

TEST(EpochHistory, TruncationForgetsEpochsThatBeginAtOrBehindTheNewEnd) {
    EpochHistory history = two_four_seven();
    history.truncate(Offset{51});
    EXPECT_EQ(history.entries().size(), 3u);
    history.truncate(Offset{50});
    EXPECT_EQ(history.latest(), LeaderEpoch{4});
    history.truncate(Offset{0});
    EXPECT_EQ(history.latest(), std::nullopt);
}

TEST(EpochHistory, TrimmingKeepsTheEpochThatCoversTheNewStart) {
    EpochHistory history = two_four_seven();
    history.trim(Offset{5});
    EXPECT_EQ(history.entries().size(), 3u);
    history.trim(Offset{30});
    EXPECT_EQ(history.entries(),
              (std::vector<Entry>{{LeaderEpoch{4}, Offset{30}}, {LeaderEpoch{7}, Offset{50}}}));
    history.trim(Offset{80});
    EXPECT_EQ(history.entries(), (std::vector<Entry>{{LeaderEpoch{7}, Offset{80}}}));
}

}  // namespace
}  // namespace polylog::log
