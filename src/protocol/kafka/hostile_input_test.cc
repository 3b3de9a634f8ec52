#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hex.h"
#include "protocol/kafka/codec.h"
#include "protocol/kafka/messages/describe_topic_partitions.h"
#include "protocol/kafka/messages/heartbeat.h"
#include "protocol/kafka/messages/metadata.h"
#include "protocol/kafka/messages/sasl_authenticate.h"
#include "protocol/kafka/reader.h"
#include "test/support/kafka_message_kinds.h"

// Goal: no bytes make a decoder crash, read beyond them or allocate beyond their worth. Method:
// damage valid messages in every place, and write the classic attacks by hand. Inputs are exact
// copies on the heap, so that a sanitizer sees any byte read beyond them.
namespace polylog::kafka {
namespace {

base::Slice bytes_of(std::string_view hex) {
    return base::Slice::copy_of(base::hex_decode(hex).value());
}

TEST(HostileInput, AMessageCutShortAnywhereIsRefused) {
    testing::for_each_version([](const testing::MessageKind& kind, int16_t version) {
        const base::Slice whole = kind.any(3, version).bytes;
        for (size_t size = 0; size < whole.size(); ++size) {
            const auto cut = kind.reread(base::Slice::copy_of(whole.bytes().first(size)), version);
            ASSERT_FALSE(cut) << title(kind, version) << " cut at " << size;
            ASSERT_EQ(cut.error(), base::ErrorCode::invalid_request);
        }
    });
}

TEST(HostileInput, ADamagedMessageIsRefusedOrReadsAsAnotherValidOne) {
    constexpr std::byte kDamages[] = {std::byte{0x00}, std::byte{0x7f}, std::byte{0xff}};
    testing::for_each_version([&kDamages](const testing::MessageKind& kind, int16_t version) {
        base::Buffer bytes = base::Buffer::copy_of(kind.any(5, version).bytes.bytes());
        const size_t stride = 1 +
                              bytes.size() / 16;  // some places in long messages, all in short ones
        for (size_t place = 0; place < bytes.size(); place += stride) {
            const std::byte original = bytes.data()[place];
            for (const std::byte damage : kDamages) {
                bytes.writable_data()[place] = damage;
                const auto damaged = kind.reread(base::Slice(bytes), version);
                if (!damaged) continue;
                const auto again = kind.reread(damaged->bytes, version);
                ASSERT_TRUE(again) << title(kind, version) << " damaged at " << place;
                ASSERT_EQ(again->json, damaged->json);
                ASSERT_EQ(again->bytes.text(), damaged->bytes.text());
            }
            bytes.writable_data()[place] = original;
        }
    });
}

TEST(HostileInput, ArrayCountsBeyondTheBytesAreRefused) {
    for (const std::string_view count : {"7fffffff", "00000002", "fffffffe", "80000000"}) {
        const auto request = decode<MetadataRequest>(bytes_of(std::string(count) + "000174"), 1);
        ASSERT_FALSE(request) << count;
        EXPECT_EQ(request.error(), base::ErrorCode::invalid_request);
    }
    EXPECT_TRUE(decode<MetadataRequest>(bytes_of("00000001"
                                                 "000174"),
                                        1));
    for (const std::string_view count : {"ffffffff0f", "04", "ffffffff1f", "808080808001"}) {
        EXPECT_FALSE(decode<MetadataRequest>(bytes_of(std::string(count) + "0274000000"), 9))
            << count;
    }
}

TEST(HostileInput, NegativeLengthsOtherThanNullAreRefused) {
    EXPECT_FALSE(decode<HeartbeatRequest>(bytes_of("fffe"
                                                   "00000000"
                                                   "0000"),
                                          0));
    EXPECT_FALSE(decode<HeartbeatRequest>(bytes_of("8000"
                                                   "00000000"
                                                   "0000"),
                                          0));
    EXPECT_FALSE(decode<HeartbeatRequest>(bytes_of("0000"
                                                   "00000000"
                                                   "0000"
                                                   "fffe"),
                                          3));
    EXPECT_TRUE(decode<HeartbeatRequest>(bytes_of("0000"
                                                  "00000000"
                                                  "0000"
                                                  "ffff"),
                                         3));
    EXPECT_FALSE(decode<SaslAuthenticateRequest>(bytes_of("fffffffe"), 0));
    EXPECT_FALSE(decode<SaslAuthenticateRequest>(bytes_of("ffffffff"), 0));
}

TEST(HostileInput, NullableStructsHaveTwoMarkersOnly) {
    const std::string before =
        "01"
        "00000000";  // no topics, limit
    EXPECT_TRUE(decode<DescribeTopicPartitionsRequest>(bytes_of(before + "ff"
                                                                         "00"),
                                                       0));
    EXPECT_TRUE(decode<DescribeTopicPartitionsRequest>(bytes_of(before + "01"
                                                                         "0274"
                                                                         "00000001"
                                                                         "00"
                                                                         "00"),
                                                       0));
    EXPECT_FALSE(decode<DescribeTopicPartitionsRequest>(bytes_of(before + "00"
                                                                          "00"),
                                                        0));
    EXPECT_FALSE(decode<DescribeTopicPartitionsRequest>(bytes_of(before + "02"
                                                                          "0274"
                                                                          "00000001"
                                                                          "00"
                                                                          "00"),
                                                        0));
}

TEST(HostileInput, MemoryStaysBoundedWhateverTheFrameHolds) {
    // Each topic is two bytes on the wire (an empty name and no tags) and forty in memory.
    constexpr size_t kTopicBytes = sizeof(MetadataRequest::Topic);
    const auto frame_of = [](uint32_t topics) {
        base::Buffer frame = base::Buffer::allocate(5 + 2 * size_t{topics} + 4);
        std::byte* at = frame.writable_data();
        const uint32_t count = topics + 1;
        for (int i = 0; i < 5; ++i) {
            at[i] = static_cast<std::byte>(((count >> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0));
        }
        for (uint32_t i = 0; i < topics; ++i) {
            at[5 + 2 * i] = std::byte{1};
            at[6 + 2 * i] = std::byte{0};
        }
        for (size_t i = frame.size() - 4; i < frame.size(); ++i) at[i] = std::byte{0};
        return base::Slice(frame);
    };
    constexpr auto kFits = static_cast<uint32_t>(Reader::kMaxDecodedBytes / kTopicBytes / 64);
    EXPECT_EQ(decode<MetadataRequest>(frame_of(kFits), 9)->message.topics->size(), kFits);
    constexpr auto kTooMany = static_cast<uint32_t>(Reader::kMaxDecodedBytes / kTopicBytes + 1);
    const auto refused = decode<MetadataRequest>(frame_of(kTooMany), 9);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), base::ErrorCode::invalid_request);
}

TEST(HostileInput, BytesWithoutEndAreNoMessage) {
    for (const char byte : {'\x00', '\x01', '\x02', '\x7f', '\x80', '\xff'}) {
        const base::Slice bytes = base::Slice::copy_of(std::string(4096, byte));
        testing::for_each_version([&bytes](const testing::MessageKind& kind, int16_t version) {
            const auto message = kind.reread(bytes, version);
            if (message) EXPECT_GT(message->trailing_bytes, 0u) << title(kind, version);
        });
    }
}

}  // namespace
}  // namespace polylog::kafka
