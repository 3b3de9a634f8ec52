#include "queue/held_messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace polylog::queue {
namespace {

using model::Offset;

HeldMessage lease(int64_t offset, int64_t due) {
    return {.offset = {offset}, .due = {due}, .attempt = {1}, .counts = {.leased = 1}};
}

std::vector<int64_t> take_due(HeldMessages& held, Tick now) {
    std::vector<int64_t> offsets;
    while (held.next_expiry() && *held.next_expiry() <= now) {
        const HeldMessages::Expired expired = held.expire(now, 3);
        for (const HeldMessage& message : expired.messages) offsets.push_back(message.offset.value);
        for (const Range& run : expired.runs) {
            for (int64_t i = run.first.value; i <= run.last.value; ++i) offsets.push_back(i);
        }
    }
    std::ranges::sort(offsets);
    return offsets;
}

TEST(HeldMessages, FindsWhatItHoldsAndNothingElse) {
    HeldMessages held;
    EXPECT_EQ(held.find(Offset{1}), nullptr);
    held.add(lease(1, 10));
    held.add({.offset = {2}, .due = {20}, .attempt = {}, .counts = {}});
    ASSERT_NE(held.find(Offset{1}), nullptr);
    EXPECT_EQ(held.find(Offset{3}), nullptr);
    EXPECT_EQ(held.leased_count(), 1u);
    EXPECT_EQ(held.delayed_count(), 1u);
    EXPECT_EQ(held.remove(Offset{1})->due, Tick{10});
    EXPECT_FALSE(held.remove(Offset{1}));
    EXPECT_EQ(held.leased_count(), 0u);
}

TEST(HeldMessages, ALeaseWithoutADeadlineNeverEnds) {
    HeldMessages held;
    held.add(lease(1, kNoDeadline.value));
    EXPECT_EQ(held.next_expiry(), std::nullopt);
    EXPECT_TRUE(held.expire(Tick{kNoDeadline.value - 1}, 10).messages.empty());
    EXPECT_TRUE(held.remove(Offset{1}));
}

TEST(HeldMessages, EndsEachAtItsTickHoweverFarAway) {
    HeldMessages held;
    const std::vector<int64_t> dues = {0,     1,      63,        64,        65,          4'095,
                                       4'096, 43'200, 1'000'000, 2'592'000, 400'000'000, 1LL << 41};
    for (size_t i = 0; i < dues.size(); ++i) held.add(lease(static_cast<int64_t>(i), dues[i]));
    for (size_t i = 0; i < dues.size(); ++i) {
        EXPECT_TRUE(take_due(held, Tick{dues[i] - 1}).empty()) << dues[i];
        EXPECT_EQ(take_due(held, Tick{dues[i]}), std::vector<int64_t>{static_cast<int64_t>(i)});
    }
    EXPECT_TRUE(held.empty());
}

TEST(HeldMessages, RunsOfOneTickAreOneRunAndEndInSlices) {
    HeldMessages held;
    for (int64_t i = 0; i < 1'000; ++i) held.delay({{i}, {i}}, Tick{50});
    held.delay({{2'000}, {2'004}}, Tick{60});
    size_t runs = 0;
    held.for_each_run([&](Range, Tick) { ++runs; });
    EXPECT_EQ(runs, 2u);
    EXPECT_EQ(take_due(held, Tick{50}).size(), 1'000u);
    EXPECT_EQ(take_due(held, Tick{60}), (std::vector<int64_t>{2'000, 2'001, 2'002, 2'003, 2'004}));
    EXPECT_EQ(held.next_expiry(), std::nullopt);
}

TEST(HeldMessages, IsAMapWhateverTheOffsetsAre) {
    std::mt19937_64 random(3);
    for (const int64_t stride : {1, 64, 4'096, 1 << 20}) {
        HeldMessages held;
        std::map<int64_t, int64_t> model;
        int64_t now = 0;
        for (int step = 0; step < 4'000; ++step) {
            const auto offset = static_cast<int64_t>(random() % 500) * stride;
            const bool known = model.contains(offset);
            ASSERT_EQ(held.find(Offset{offset}) != nullptr, known);
            if (known) {
                EXPECT_EQ(held.remove(Offset{offset})->due.value, model[offset]);
                model.erase(offset);
            } else {
                model[offset] = now + static_cast<int64_t>(random() % 10'000);
                held.add(lease(offset, model[offset]));
            }
            if (step % 16 != 0) continue;
            now += 50;
            for (const int64_t ended : take_due(held, Tick{now})) {
                EXPECT_LE(model[ended], now);
                model.erase(ended);
            }
            for (const auto& [left, due] : model) EXPECT_GT(due, now);
        }
        EXPECT_EQ(held.sorted().size(), model.size());
    }
}

TEST(HeldMessages, GivesMemoryBackWhenNothingIsHeld) {
    HeldMessages held;
    for (int64_t i = 0; i < 10'000; ++i) held.add(lease(i, 100));
    const size_t full = held.size_bytes();
    for (int64_t i = 0; i < 10'000; ++i) held.remove(Offset{i});
    EXPECT_LT(held.size_bytes(), full / 100);
}

}  // namespace
}  // namespace polylog::queue
