#include "log/wal_format.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/crc32c.h"
#include "base/hex.h"

namespace polylog::log {
namespace {

using base::Bytes;
using base::MutableBytes;

base::Uuid filled_uuid(uint8_t byte) {
    base::Uuid uuid;
    uuid.bytes.fill(byte);
    return uuid;
}

// The worked example of docs/formats/write-ahead-log.md.
TEST(WalFormat, EncodesTheDocumentedExample) {
    base::Uuid topic;
    for (uint8_t i = 0; i < 16; ++i) topic.bytes[i] = i;
    std::vector<std::byte> entry(wal_entry_bytes(2), std::byte{0xff});
    entry[kWalEntryHeaderBytes] = std::byte{'a'};
    entry[kWalEntryHeaderBytes + 1] = std::byte{'b'};
    encode_entry_header({.kind = WalEntryKind::create, .log = {{topic}, {2}}, .offset = {0}}, 2,
                        entry);
    EXPECT_EQ(base::hex_encode(entry),
              "0200000001000000000102030405060708090a0b0c0d0e0f"
              "02000000000000000000000000000000"
              "6162000000000000");

    std::vector<std::byte> header(kWalGroupHeaderBytes);
    encode_group_header({.sequence = {7},
                         .durable_upto = {6},
                         .data_directory_id = filled_uuid(0x11),
                         .payload_bytes = static_cast<uint32_t>(entry.size()),
                         .payload_crc = base::crc32c(entry),
                         .entry_count = 1,
                         .lap = 0x7777777777777777},
                        header);
    EXPECT_EQ(base::hex_encode(Bytes(header).first(4)), "50574731");
    EXPECT_EQ(base::hex_encode(Bytes(header).subspan(8, 36)),
              "07000000000000000600000000000000"
              "11111111111111111111111111111111"
              "30000000");
    EXPECT_EQ(base::hex_encode(Bytes(header).subspan(48)), "01000000777777777777777700000000");
}

TEST(WalFormat, DecodesWhatItEncodesAndNothingWithAFlippedBit) {
    std::vector<std::byte> header(kWalGroupHeaderBytes);
    encode_group_header(
        {.sequence = {9}, .data_directory_id = filled_uuid(3), .payload_bytes = 100}, header);
    const auto decoded = decode_group_header(header);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->sequence, WalSequence{9});
    EXPECT_EQ(decoded->padded_bytes(), kWalBlockBytes);
    for (size_t bit = 0; bit < header.size() * 8; ++bit) {
        auto flipped = header;
        flipped[bit / 8] ^= std::byte(1 << (bit % 8));
        EXPECT_FALSE(decode_group_header(flipped)) << bit;
    }
    encode_file_header(
        {.data_directory_id = filled_uuid(3), .first_sequence = {5}, .file_bytes = 77}, header);
    ASSERT_TRUE(decode_file_header(header));
    EXPECT_EQ(decode_file_header(header)->first_sequence, WalSequence{5});
    EXPECT_FALSE(decode_group_header(header));
}

TEST(WalFormat, TakesEntriesOneByOneAndStopsAtGarbage) {
    std::vector<std::byte> bytes;
    for (const size_t size : {size_t{0}, size_t{1}, size_t{8}, size_t{13}}) {
        std::vector<std::byte> entry(wal_entry_bytes(size), std::byte{7});
        encode_entry_header({.kind = WalEntryKind::append,
                             .log = {{filled_uuid(1)}, {4}},
                             .offset = {-5}},
                            static_cast<uint32_t>(size), entry);
        bytes.insert(bytes.end(), entry.begin(), entry.end());
    }
    Bytes rest(bytes);
    for (const size_t size : {size_t{0}, size_t{1}, size_t{8}, size_t{13}}) {
        const auto entry = take_entry(rest);
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->payload.size(), size);
        EXPECT_EQ(entry->header.offset, model::Offset{-5});
        EXPECT_EQ(entry->header.log.partition, model::PartitionIndex{4});
    }
    EXPECT_TRUE(rest.empty());
    EXPECT_FALSE(take_entry(rest));

    for (size_t cut = 1; cut < kWalEntryHeaderBytes; ++cut) {
        Bytes short_bytes = Bytes(bytes).first(cut);
        EXPECT_FALSE(take_entry(short_bytes));
    }
    bytes[4] = std::byte{99};
    Bytes unknown_kind(bytes);
    EXPECT_FALSE(take_entry(unknown_kind));
}

}  // namespace
}  // namespace polylog::log
