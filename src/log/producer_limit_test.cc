#include <gtest/gtest.h>

#include "log/producer_state.h"
#include "test/log/storage_rig.h"

// How many idempotent producers all logs of a storage remember together, and for how long.
namespace polylog::log {
namespace {

using model::ProducerId;
using testing::StorageRig;

class ProducerLimit : public ::testing::Test {
protected:
    ProducerLimit() {
        rig_.options.producers_max = 32;
        rig_.open();
        first_ = &rig_.create(StorageRig::id(0));
        second_ = &rig_.create(StorageRig::id(1));
    }

    void send(Log& log, int64_t producer, int64_t timestamp_ms, int32_t sequence = 0) {
        rig_.append(log, {.timestamp_ms = timestamp_ms,
                          .producer_id = producer,
                          .producer_epoch = 0,
                          .base_sequence = sequence});
    }
    size_t remembered(Log& log) { return log.producers().producers().size(); }
    bool remembers(Log& log, int64_t producer) {
        return log.producers().producers().contains(ProducerId{producer});
    }

    StorageRig rig_;
    Log* first_ = nullptr;
    Log* second_ = nullptr;
};

TEST_F(ProducerLimit, TheLongestIdleOfAllLogsAreForgottenFirst) {
    for (int64_t i = 0; i < 16; ++i) {
        send(*first_, i, 1000 + i);
        send(*second_, 100 + i, 2000 + i);
    }
    EXPECT_EQ(rig_.storage().usage().producers, 32u);
    send(*first_, 0, 5000, 1);  // it is not idle
    EXPECT_EQ(rig_.storage().statistics().producers_evicted, 0u);

    send(*second_, 200, 6000);
    EXPECT_EQ(rig_.storage().usage().producers, 30u);
    EXPECT_EQ(rig_.storage().statistics().producers_evicted, 3u);
    for (const int64_t gone : {1, 2, 3}) EXPECT_FALSE(remembers(*first_, gone));
    EXPECT_TRUE(remembers(*first_, 0));
    EXPECT_TRUE(remembers(*first_, 4));
    EXPECT_TRUE(remembers(*second_, 200));
    EXPECT_EQ(remembered(*second_), 17u);
}

TEST_F(ProducerLimit, NeverMoreAreRememberedWhateverComes) {
    for (int64_t i = 0; i < 2000; ++i) {
        send(i % 3 == 0 ? *first_ : *second_, i, 1000);
        ASSERT_LE(remembered(*first_) + remembered(*second_), 32u);
    }
    rig_.settle(*first_);
    rig_.settle(*second_);
    rig_.reopen_after(sim::Crash::kill);
    EXPECT_LE(rig_.storage().usage().producers, 32u);
    EXPECT_GT(rig_.storage().usage().producers, 16u);
}

TEST_F(ProducerLimit, ALowerLimitHoldsFromTheNextStartOn) {
    for (int64_t i = 0; i < 32; ++i) send(*first_, i, 1000 + i);
    rig_.settle(*first_);
    rig_.options.producers_max = 8;
    rig_.reopen_cleanly();
    EXPECT_EQ(rig_.storage().usage().producers, 8u);
    EXPECT_TRUE(remembers(rig_.log(), 31));
    EXPECT_FALSE(remembers(rig_.log(), 0));
}

TEST_F(ProducerLimit, WhatADroppedLogRememberedCountsNoMore) {
    for (int64_t i = 0; i < 10; ++i) send(*first_, i, 1000 + i);
    send(*second_, 50, 1000);
    EXPECT_TRUE(rig_.wait(rig_.storage().drop(StorageRig::id(0))));
    EXPECT_EQ(rig_.storage().usage().producers, 1u);
}

TEST_F(ProducerLimit, TheConfiguredTimeOfSilenceIsWhatCounts) {
    const int64_t now_ms = base::to_unix_ms(rig_.node().shard(0).env().clock.wall());
    send(*first_, 1, now_ms - 5000);
    send(*first_, 2, now_ms);
    rig_.on_shard([&] {
        rig_.storage().configure({.producer_expiry = std::chrono::seconds(3)});
        return 0;
    });
    rig_.wait([](Storage& storage) -> io::Task<bool> {
        co_await storage.apply_retention();
        co_return true;
    }(rig_.storage()));
    EXPECT_FALSE(remembers(*first_, 1));
    EXPECT_TRUE(remembers(*first_, 2));
    EXPECT_EQ(rig_.storage().usage().producers, 1u);
}

}  // namespace
}  // namespace polylog::log
