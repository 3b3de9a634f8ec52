#include "protocol/kafka/frame_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>

#include "base/bytes.h"

namespace polylog::kafka {
namespace {

using base::Bytes;
using base::ErrorCode;
using base::Result;
using io::Task;

// Gives what it was told to, one piece for each read, or less if there is less room.
class Pieces : public io::Stream {
public:
    explicit Pieces(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}

    Task<Result<void>> readable() override { co_return {}; }
    Task<Result<void>> writable() override { co_return {}; }
    Result<size_t> read_some(base::MutableBytes into) override {
        if (pieces_.empty()) return base::fail(ErrorCode::closed);
        std::string& piece = pieces_.front();
        const size_t size_bytes = std::min(piece.size(), into.size());
        std::memcpy(into.data(), piece.data(), size_bytes);
        piece.erase(0, size_bytes);
        if (piece.empty()) pieces_.pop_front();
        return size_bytes;
    }
    Result<size_t> write_some(std::span<const Bytes>) override { return 0; }
    void close() override { pieces_.clear(); }
    const io::Endpoint& peer() const override { return endpoint_; }
    const io::Endpoint& local() const override { return endpoint_; }

private:
    std::deque<std::string> pieces_;
    const io::Endpoint endpoint_;
};

std::string size_field(int32_t size_bytes) {
    std::string field(4, '\0');
    base::store_be<int32_t>(reinterpret_cast<std::byte*>(field.data()), size_bytes);
    return field;
}

std::string framed(const std::string& frame) {
    return size_field(static_cast<int32_t>(frame.size())) + frame;
}

// How a request to produce begins: a large first frame must look like one.
const std::string kProduce("\0\0\0\x09", 4);

class FrameReaderTest : public ::testing::Test {
protected:
    // Reads until the stream ends or the reader gives up; why.
    ErrorCode read_all(std::deque<std::string> pieces) {
        Pieces stream(std::move(pieces));
        for (;;) {
            const auto read = reader_.read(stream, slabs_, frames_);
            if (!read) return read.error().code();
        }
    }
    std::vector<std::string> texts() const {
        std::vector<std::string> texts;
        for (const base::Slice& frame : frames_) texts.emplace_back(base::as_text(frame.bytes()));
        return texts;
    }

    base::Limits limits_;
    FrameReader reader_{limits_};
    ReceiveSlabs slabs_;
    std::vector<base::Slice> frames_;
};

TEST_F(FrameReaderTest, TakesEveryFrameThatOneReadDelivered) {
    EXPECT_EQ(read_all({framed("one") + framed("two") + framed("three")}), ErrorCode::closed);
    EXPECT_THAT(texts(), testing::ElementsAre("one", "two", "three"));
    EXPECT_FALSE(reader_.inside_frame());
}

TEST_F(FrameReaderTest, GivesTheSameFramesWhereverReadsAreCut) {
    const std::string bytes = framed("first") + framed("x") + framed(std::string(300, 'y'));
    for (size_t piece_bytes = 1; piece_bytes < bytes.size(); ++piece_bytes) {
        frames_.clear();
        std::deque<std::string> pieces;
        for (size_t at = 0; at < bytes.size(); at += piece_bytes)
            pieces.push_back(bytes.substr(at, piece_bytes));
        EXPECT_EQ(read_all(std::move(pieces)), ErrorCode::closed);
        ASSERT_THAT(texts(), testing::ElementsAre("first", "x", std::string(300, 'y')))
            << piece_bytes;
    }
}

TEST_F(FrameReaderTest, SaysHowMuchOfAFrameHasCome) {
    read_all({framed("whole") + size_field(100) + "0123456789"});
    EXPECT_TRUE(reader_.inside_frame());
    EXPECT_EQ(reader_.received_bytes(), 10U);
}

TEST_F(FrameReaderTest, IsInsideAFrameWithOneByteOfItsSize) {
    read_all({std::string(1, '\0')});
    EXPECT_TRUE(reader_.inside_frame());
}

TEST_F(FrameReaderTest, RefusesAnEmptyFrame) {
    EXPECT_EQ(read_all({size_field(0)}), ErrorCode::invalid_request);
}

TEST_F(FrameReaderTest, RefusesANegativeSize) {
    EXPECT_EQ(read_all({size_field(-1)}), ErrorCode::invalid_request);
}

TEST_F(FrameReaderTest, RefusesAFrameAboveTheLimitFromItsSizeAlone) {
    limits_.frame_max_bytes = 1000;
    EXPECT_EQ(read_all({framed(std::string(1000, 'a'))}), ErrorCode::closed);
    EXPECT_EQ(frames_.size(), 1U);
    EXPECT_EQ(read_all({size_field(1001)}), ErrorCode::message_too_large);
}

TEST_F(FrameReaderTest, KeepsFramesThatCameBeforeABadOne) {
    EXPECT_EQ(read_all({framed("good") + size_field(-5)}), ErrorCode::invalid_request);
    EXPECT_THAT(texts(), testing::ElementsAre("good"));
}

TEST_F(FrameReaderTest, ReservesNoMoreThanTheLimitAheadOfWhatCame) {
    limits_.frame_reserve_ahead_max_bytes = 512;
    Pieces stream(
        {size_field(50'000'000) + kProduce + std::string(100, 'a'), std::string(100'000, 'b')});
    size_t largest_read = 0;
    for (int i = 0; i < 3; ++i) {
        const size_t before = reader_.received_bytes();
        ASSERT_TRUE(reader_.read(stream, slabs_, frames_).has_value());
        largest_read = std::max(largest_read, reader_.received_bytes() - before);
    }
    // Room is made for as much again as has come, and for the allowance at least.
    EXPECT_LE(largest_read, 1024U);
}

TEST_F(FrameReaderTest, JoinsALargeFrameFromManyReads) {
    std::string frame = kProduce;
    for (int i = 0; i < 200'000; ++i) frame += static_cast<char>('a' + i % 26);
    std::deque<std::string> pieces;
    const std::string bytes = framed(frame);
    for (size_t at = 0; at < bytes.size(); at += 7919) pieces.push_back(bytes.substr(at, 7919));
    EXPECT_EQ(read_all(std::move(pieces)), ErrorCode::closed);
    EXPECT_THAT(texts(), testing::ElementsAre(frame));
}

TEST(ReceiveSlabs, AreUsedAgainOnceNoFrameNeedsThem) {
    ReceiveSlabs slabs;
    const std::byte* const first = slabs.room().data();
    {
        const base::Slice frame = slabs.take(100);
        EXPECT_EQ(slabs.room().data(), first + 100);
    }
    EXPECT_EQ(slabs.room().data(), first);
}

TEST(ReceiveSlabs, DoNotTouchWhatAFrameStillHolds) {
    ReceiveSlabs slabs;
    std::memcpy(slabs.room().data(), "kept", 4);
    const base::Slice frame = slabs.take(4);
    for (int i = 0; i < 40; ++i) {
        const base::MutableBytes room = slabs.room();
        std::memset(room.data(), 'x', room.size());
        slabs.take(room.size());
    }
    EXPECT_EQ(base::as_text(frame.bytes()), "kept");
}

}  // namespace
}  // namespace polylog::kafka
