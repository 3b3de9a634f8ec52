#include "log/segment_list.h"

#include <gtest/gtest.h>

#include "test/log/batches.h"

namespace polylog::log {
namespace {

using model::Offset;
using Pointers = std::vector<SegmentList::Pointer>;

class SegmentLists : public ::testing::Test {
protected:
    // Returns the position that the batch gets.
    uint32_t add(int32_t records = 1, int64_t timestamp_ms = 1000) {
        const base::Buffer batch = testing::make_batch(
            {.base_offset = end_.value, .records = records, .timestamp_ms = timestamp_ms});
        last_bytes_ = static_cast<uint32_t>(batch.size());
        end_ = {end_.value + records};
        return list_.add(model::BatchView(batch.bytes()), config_);
    }
    std::vector<int64_t> bases() const { return bases_of(list_.all()); }
    static std::vector<int64_t> bases_of(const Pointers& segments) {
        std::vector<int64_t> bases;
        for (const auto& segment : segments) bases.push_back(segment->base.value);
        return bases;
    }
    using Bases = std::vector<int64_t>;

    model::TopicConfig config_;
    Offset end_{0};
    SegmentList list_{Offset{0}};
    uint32_t last_bytes_ = 0;
};

TEST_F(SegmentLists, ABatchThatWouldExceedTheSizeBeginsANewSegment) {
    EXPECT_EQ(add(), 0u);
    config_.segment_bytes = static_cast<int32_t>(2 * last_bytes_);
    EXPECT_EQ(add(), last_bytes_);
    EXPECT_EQ(add(), 0u);
    EXPECT_EQ(bases(), (Bases{0, 2}));
    EXPECT_EQ(list_.size_bytes(), 3u * last_bytes_);
}

TEST_F(SegmentLists, ABatchLargerThanASegmentGetsOneOfItsOwn) {
    config_.segment_bytes = 10;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(add(), 0u);
    EXPECT_EQ(bases(), (Bases{0, 1, 2}));
}

TEST_F(SegmentLists, ARecordTooMuchYoungerThanTheFirstBeginsANewSegment) {
    config_.segment_ms = 500;
    add(1, 1000);
    add(1, 1500);
    add(1, 1501);
    EXPECT_EQ(bases(), (Bases{0, 2}));
}

TEST_F(SegmentLists, FindsTheSegmentOfEveryOffsetAndItsEnd) {
    config_.segment_bytes = 10;
    for (int i = 0; i < 3; ++i) add(5);
    EXPECT_EQ(list_.find(Offset{0})->base, Offset{0});
    EXPECT_EQ(list_.find(Offset{4})->base, Offset{0});
    EXPECT_EQ(list_.find(Offset{5})->base, Offset{5});
    EXPECT_EQ(list_.find(Offset{99})->base, Offset{10});
    EXPECT_EQ(list_.end_of(*list_.all()[0], end_), Offset{5});
    EXPECT_EQ(list_.end_of(*list_.active(), end_), Offset{15});
}

TEST_F(SegmentLists, TruncationReturnsWhatWentAndKeepsTheSegmentThatIsCut) {
    config_.segment_bytes = 10;
    for (int i = 0; i < 3; ++i) add(5);
    const uint64_t one = list_.size_bytes() / 3;
    EXPECT_EQ(bases_of(list_.truncate(Offset{5}, 0)), Bases{10});
    EXPECT_EQ(bases(), (Bases{0, 5}));
    EXPECT_EQ(list_.size_bytes(), one);
}

TEST_F(SegmentLists, OnlySegmentsWhollyBelowTheStartAreRemoved) {
    config_.segment_bytes = 10;
    for (int i = 0; i < 3; ++i) add(5);
    EXPECT_TRUE(list_.remove_before(Offset{4}, end_).empty());
    EXPECT_EQ(bases_of(list_.remove_before(Offset{5}, end_)), Bases{0});
    EXPECT_EQ(bases(), (Bases{5, 10}));
}

TEST_F(SegmentLists, WhenEverythingIsDeletedAnEmptySegmentBeginsAtTheEnd) {
    for (int i = 0; i < 3; ++i) add(5);
    EXPECT_EQ(bases_of(list_.remove_before(end_, end_)), Bases{0});
    EXPECT_EQ(bases(), Bases{15});
    EXPECT_EQ(list_.size_bytes(), 0u);
    EXPECT_EQ(list_.active()->size_bytes, 0u);
}

}  // namespace
}  // namespace polylog::log
