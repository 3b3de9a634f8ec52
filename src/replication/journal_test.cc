#include "replication/journal.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <map>

#include "model/record.h"
#include "test/log/partition_rig.h"

namespace polylog::replication {
namespace {

using base::ErrorCode;
using base::Result;
using io::Task;
using sim::Crash;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::PartitionRig;

// A state machine that keeps itself in a journal: keys and values.
class Register {
public:
    explicit Register(PartitionRig& rig) : journal(rig.shared()) {}

    static base::Buffer batch_of(const std::map<std::string, std::string>& values) {
        model::BatchBuilder builder;
        for (const auto& [key, value] : values) {
            builder.add({.timestamp_ms = 1,
                         .key = std::as_bytes(std::span(key)),
                         .value = std::as_bytes(std::span(value))});
        }
        return builder.build();
    }
    Task<Result<void>> put(std::string key, std::string value) {
        std::map<std::string, std::string> one{{key, value}};
        CO_TRY_VOID(co_await journal.append(batch_of(one)));
        values[key] = value;
        co_return {};
    }
    Task<Result<void>> load() {
        return journal.replay([this](const model::RecordView& record) -> Result<void> {
            ++replayed;
            values[std::string(base::as_text(*record.key))] = base::as_text(*record.value);
            return {};
        });
    }
    Task<Result<void>> rewrite() {
        return journal.rewrite([this] {
            std::vector<base::Buffer> batches;
            batches.push_back(batch_of(values));
            return batches;
        });
    }

    Journal journal;
    std::map<std::string, std::string> values;
    size_t replayed = 0;
};

template <class T>
std::shared_ptr<std::optional<T>> start(PartitionRig& rig, Task<T> task) {
    auto result = std::make_shared<std::optional<T>>();
    rig.node().spawn(sim::detail::store_result(std::move(task), result));
    return result;
}

TEST(Journal, ReplaysEverythingInOrderFromMemoryAndFromFiles) {
    PartitionRig rig;
    Register first(rig);
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(rig.wait(
            first.put(fmt::format("{}", i % 20), std::string(3000, 'a') + fmt::format("{}", i))));
    }
    for (const Crash crash : {Crash::kill, Crash::power_cut}) {
        rig.reopen_partition(crash);
        Register again(rig);
        ASSERT_TRUE(rig.wait(again.load()));
        EXPECT_EQ(again.replayed, 300u);
        EXPECT_EQ(again.values, first.values);
    }
}

TEST(Journal, AnEmptyOneReplaysNothing) {
    PartitionRig rig;
    Register none(rig);
    EXPECT_TRUE(rig.wait(none.load()));
    EXPECT_EQ(none.replayed, 0u);
}

TEST(Journal, ReplayStopsAtTheFirstRecordThatCannotBeApplied) {
    PartitionRig rig;
    Register some(rig);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(rig.wait(some.put("k", "v")));
    int seen = 0;
    const auto replayed = rig.wait(
        some.journal.replay([&](const model::RecordView&) -> Result<void> {
            return ++seen == 2 ? base::fail(ErrorCode::corrupt) : Result<void>();
        }));
    EXPECT_EQ(replayed.error(), ErrorCode::corrupt);
    EXPECT_EQ(seen, 2);
}

TEST(Journal, RewritingKeepsTheStateAndDropsTheHistory) {
    PartitionRig rig;
    Register some(rig);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(rig.wait(some.put("k", fmt::format("{}", i))));
    ASSERT_TRUE(rig.wait(some.put("other", "x")));
    const auto end = rig.partition().high_watermark();
    ASSERT_TRUE(rig.wait(some.rewrite()));
    EXPECT_EQ(rig.partition().log_start(), end);
    for (const Crash crash : {Crash::kill, Crash::power_cut}) {
        rig.reopen_partition(crash);
        Register again(rig);
        ASSERT_TRUE(rig.wait(again.load()));
        EXPECT_EQ(again.replayed, 2u);
        EXPECT_EQ(again.values, some.values);
    }
}

TEST(Journal, AppendsUnderWayAreInTheRewrittenStateAndLaterOnesFollowInOrder) {
    for (int lead_us = 0; lead_us < 400; lead_us += 20) {
        PartitionRig rig;
        Register some(rig);
        ASSERT_TRUE(rig.wait(some.put("k", "0")));
        std::vector<std::shared_ptr<std::optional<Result<void>>>> puts;
        for (int i = 1; i <= 5; ++i)
            puts.push_back(start(rig, some.put("k", fmt::format("{}", i))));
        rig.run_for(std::chrono::microseconds(lead_us));
        const auto rewritten = start(rig, some.rewrite());
        for (int i = 6; i <= 10; ++i)
            puts.push_back(start(rig, some.put("k", fmt::format("{}", i))));
        // Some arrive while the waiting ones are let through.
        rig.world().run_until([&] { return puts[4]->has_value(); }, seconds(10));
        for (int i = 11; i <= 15; ++i)
            puts.push_back(start(rig, some.put("k", fmt::format("{}", i))));
        rig.world().run_until([&] { return puts.back()->has_value() && rewritten->has_value(); },
                              seconds(10));
        for (const auto& put : puts) ASSERT_TRUE(put->has_value() && **put);
        ASSERT_TRUE(rewritten->has_value() && **rewritten);
        EXPECT_EQ(some.values["k"], "15");
        rig.reopen_partition(Crash::power_cut);
        Register again(rig);
        ASSERT_TRUE(rig.wait(again.load()));
        EXPECT_EQ(again.values, some.values);
        EXPECT_LT(again.replayed, 16u);
    }
}

TEST(Journal, APowerCutAnywhereInARewriteLosesNothing) {
    for (int cut_us = 0; cut_us < 6000; cut_us += 300) {
        PartitionRig rig;
        Register some(rig);
        for (int i = 0; i < 20; ++i)
            ASSERT_TRUE(rig.wait(some.put(fmt::format("{}", i % 3), fmt::format("{}", i))));
        const auto rewritten = start(rig, some.rewrite());
        rig.run_for(std::chrono::microseconds(cut_us));
        const auto expected = some.values;
        rig.reopen_partition(Crash::power_cut);
        Register again(rig);
        ASSERT_TRUE(rig.wait(again.load()));
        EXPECT_EQ(again.values, expected) << cut_us;
    }
}

TEST(Journal, AnAppendThatIsDroppedBlocksNeitherRewritesNorOtherAppends) {
    PartitionRig rig;
    Register some(rig);
    rig.on_shard([&] {
        io::TaskScope dropped;
        dropped.spawn(sim::detail::store_result(some.put("k", "dropped"),
                                                std::make_shared<std::optional<Result<void>>>()));
        return 0;
    });
    ASSERT_TRUE(rig.wait(some.put("other", "x")));
    ASSERT_TRUE(rig.wait(some.rewrite()));
    ASSERT_TRUE(rig.wait(some.put("other", "y")));
}

TEST(Journal, ARewriteThatIsDroppedBlocksNoAppend) {
    PartitionRig rig;
    Register some(rig);
    const auto put = start(rig, some.put("k", "1"));
    rig.on_shard([&] {
        io::TaskScope dropped;
        dropped.spawn(sim::detail::store_result(some.rewrite(),
                                                std::make_shared<std::optional<Result<void>>>()));
        return 0;
    });
    ASSERT_TRUE(rig.wait(some.put("k", "2")));
    EXPECT_EQ(some.values["k"], "2");
}

TEST(Journal, RewritingPaysOnceTheLogIsSeveralTimesTheState) {
    PartitionRig rig;
    Register some(rig);
    EXPECT_FALSE(some.journal.wants_rewrite(0));
    for (int i = 0; i < 150; ++i) ASSERT_TRUE(rig.wait(some.put("k", std::string(10'000, 'v'))));
    EXPECT_TRUE(some.journal.wants_rewrite(10'000));
    EXPECT_FALSE(some.journal.wants_rewrite(1'000'000));
}

TEST(Journal, AClosedPartitionIsAnErrorToEveryCall) {
    PartitionRig rig;
    Register some(rig);
    ASSERT_TRUE(rig.wait(some.put("k", "1")));
    const auto put = start(rig, some.put("k", "2"));
    const auto rewritten = start(rig, some.rewrite());
    rig.on_shard([&] {
        rig.partition().close();
        return 0;
    });
    rig.run_for(milliseconds(10));
    ASSERT_TRUE(rewritten->has_value());
    EXPECT_EQ((*rewritten)->error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.wait(some.put("k", "3")).error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.wait(some.load()).error(), ErrorCode::unknown_topic);
    EXPECT_FALSE(some.journal.wants_rewrite(0));
}

}  // namespace
}  // namespace polylog::replication
