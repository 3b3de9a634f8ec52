#include "log/wal_format.h"

#include <cstring>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace polylog::log {

using base::Bytes;
using base::load_le;
using base::MutableBytes;
using base::store_le;

namespace {

constexpr uint32_t kFileMagic = 0x31465750;   // "PWF1"
constexpr uint32_t kGroupMagic = 0x31475750;  // "PWG1"
constexpr uint32_t kVersion = 1;
constexpr size_t kChecksumStart = 8;  // both headers: magic, checksum, then what it covers

uint32_t header_checksum(Bytes header) {
    return base::crc32c(header.first(kWalGroupHeaderBytes).subspan(kChecksumStart));
}

void store_uuid(std::byte* at, const base::Uuid& uuid) {
    std::memcpy(at, uuid.bytes.data(), uuid.bytes.size());
}

base::Uuid load_uuid(const std::byte* at) {
    base::Uuid uuid;
    std::memcpy(uuid.bytes.data(), at, uuid.bytes.size());
    return uuid;
}

bool is_intact(Bytes bytes, uint32_t magic) {
    return bytes.size() >= kWalGroupHeaderBytes && load_le<uint32_t>(bytes.data()) == magic &&
           load_le<uint32_t>(bytes.data() + 4) == header_checksum(bytes);
}

}  // namespace

void encode_file_header(const WalFileHeader& header, MutableBytes into) {
    static_assert(kWalFileHeaderBytes == kWalGroupHeaderBytes);
    std::byte* at = into.data();
    std::memset(at, 0, kWalFileHeaderBytes);
    store_le(at, kFileMagic);
    store_le(at + 8, kVersion);
    store_uuid(at + 16, header.data_directory_id);
    store_le(at + 32, header.first_sequence.value);
    store_le(at + 40, header.file_bytes);
    store_le(at + 48, header.lap);
    store_le(at + 4, header_checksum(into));
}

std::optional<WalFileHeader> decode_file_header(Bytes bytes) {
    if (!is_intact(bytes, kFileMagic) || load_le<uint32_t>(bytes.data() + 8) != kVersion) return {};
    return WalFileHeader{.data_directory_id = load_uuid(bytes.data() + 16),
                         .first_sequence = {load_le<uint64_t>(bytes.data() + 32)},
                         .file_bytes = load_le<uint64_t>(bytes.data() + 40),
                         .lap = load_le<uint64_t>(bytes.data() + 48)};
}

void encode_group_header(const WalGroupHeader& header, MutableBytes into) {
    std::byte* at = into.data();
    std::memset(at, 0, kWalGroupHeaderBytes);
    store_le(at, kGroupMagic);
    store_le(at + 8, header.sequence.value);
    store_le(at + 16, header.durable_upto.value);
    store_uuid(at + 24, header.data_directory_id);
    store_le(at + 40, header.payload_bytes);
    store_le(at + 44, header.payload_crc);
    store_le(at + 48, header.entry_count);
    store_le(at + 52, header.lap);
    store_le(at + 4, header_checksum(into));
}

std::optional<WalGroupHeader> decode_group_header(Bytes bytes) {
    if (!is_intact(bytes, kGroupMagic)) return {};
    return WalGroupHeader{.sequence = {load_le<uint64_t>(bytes.data() + 8)},
                          .durable_upto = {load_le<uint64_t>(bytes.data() + 16)},
                          .data_directory_id = load_uuid(bytes.data() + 24),
                          .payload_bytes = load_le<uint32_t>(bytes.data() + 40),
                          .payload_crc = load_le<uint32_t>(bytes.data() + 44),
                          .entry_count = load_le<uint32_t>(bytes.data() + 48),
                          .lap = load_le<uint64_t>(bytes.data() + 52)};
}

void encode_entry_header(const WalEntryHeader& header, uint32_t payload_bytes, MutableBytes into) {
    std::byte* at = into.data();
    std::memset(at, 0, kWalEntryHeaderBytes);
    store_le(at, payload_bytes);
    store_le(at + 4, static_cast<uint8_t>(header.kind));
    store_uuid(at + 8, header.log.topic.value);
    store_le(at + 24, header.log.partition.value);
    store_le(at + 32, header.offset.value);
    const size_t end = kWalEntryHeaderBytes + payload_bytes;
    std::memset(at + end, 0, wal_entry_bytes(payload_bytes) - end);
}

std::optional<WalEntry> take_entry(Bytes& entries) {
    if (entries.size() < kWalEntryHeaderBytes) return {};
    const std::byte* at = entries.data();
    const auto payload_bytes = load_le<uint32_t>(at);
    const auto kind = load_le<uint8_t>(at + 4);
    const size_t whole = wal_entry_bytes(payload_bytes);
    if (whole > entries.size() || kind < static_cast<uint8_t>(WalEntryKind::create) ||
        kind > static_cast<uint8_t>(WalEntryKind::drop)) {
        return {};
    }
    WalEntry entry{.header = {.kind = static_cast<WalEntryKind>(kind),
                              .log = {.topic = {load_uuid(at + 8)},
                                      .partition = {load_le<int32_t>(at + 24)}},
                              .offset = {load_le<int64_t>(at + 32)}},
                   .payload = entries.subspan(kWalEntryHeaderBytes, payload_bytes)};
    entries = entries.subspan(whole);
    return entry;
}

}  // namespace polylog::log
