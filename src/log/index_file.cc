#include "log/index_file.h"

#include "base/bytes.h"
#include "base/crc32c.h"

namespace polylog::log {

using base::Buffer;
using base::Bytes;
using base::load_be;
using base::store_be;

namespace {

constexpr uint32_t kOffsetIndexMagic = 0x504c4958;  // "PLIX"
constexpr uint32_t kTimeIndexMagic = 0x504c5458;    // "PLTX"
constexpr uint32_t kVersion = 1;
constexpr size_t kOffsetEntryBytes = 8;
constexpr size_t kTimeEntryBytes = 12;
constexpr size_t kTrailerBytes = 24;
constexpr size_t kCrcPosition = 20;  // in the trailer

void put(std::byte* at, const OffsetIndex::Entry& entry) {
    store_be<uint32_t>(at, entry.relative_offset);
    store_be<uint32_t>(at + 4, entry.position);
}

void put(std::byte* at, const TimeIndex::Entry& entry) {
    store_be<int64_t>(at, entry.timestamp_ms);
    store_be<uint32_t>(at + 8, entry.relative_offset);
}

template <class Entry>
Buffer encode(const std::vector<Entry>& entries, size_t entry_bytes, uint32_t magic,
              uint32_t covered_bytes) {
    Buffer file = Buffer::allocate(entries.size() * entry_bytes + kTrailerBytes);
    std::byte* at = file.writable_data();
    for (const Entry& entry : entries) {
        put(at, entry);
        at += entry_bytes;
    }
    store_be<uint32_t>(at, magic);
    store_be<uint32_t>(at + 4, kVersion);
    store_be<uint32_t>(at + 8, static_cast<uint32_t>(entries.size()));
    store_be<uint32_t>(at + 12, covered_bytes);
    store_be<uint32_t>(at + 16, 0);
    store_be<uint32_t>(at + kCrcPosition,
                       base::crc32c(file.bytes().first(file.size() - sizeof(uint32_t))));
    return file;
}

// The bytes of the entries, once the trailer vouches for them.
std::optional<Bytes> checked_entries(Bytes file, size_t entry_bytes, uint32_t magic,
                                     uint32_t covered_bytes) {
    if (file.size() < kTrailerBytes) return std::nullopt;
    const Bytes entries = file.first(file.size() - kTrailerBytes);
    const std::byte* trailer = file.data() + entries.size();
    if (load_be<uint32_t>(trailer) != magic || load_be<uint32_t>(trailer + 4) != kVersion ||
        load_be<uint32_t>(trailer + 8) * uint64_t{entry_bytes} != entries.size() ||
        load_be<uint32_t>(trailer + 12) != covered_bytes ||
        load_be<uint32_t>(trailer + kCrcPosition) !=
            base::crc32c(file.first(file.size() - sizeof(uint32_t)))) {
        return std::nullopt;
    }
    return entries;
}

}  // namespace

Buffer encode_index(const OffsetIndex& index, uint32_t covered_bytes) {
    return encode(index.entries(), kOffsetEntryBytes, kOffsetIndexMagic, covered_bytes);
}

Buffer encode_index(const TimeIndex& index, uint32_t covered_bytes) {
    return encode(index.entries(), kTimeEntryBytes, kTimeIndexMagic, covered_bytes);
}

std::optional<OffsetIndex> decode_offset_index(Bytes file, uint32_t covered_bytes) {
    const auto bytes = checked_entries(file, kOffsetEntryBytes, kOffsetIndexMagic, covered_bytes);
    if (!bytes) return std::nullopt;
    std::vector<OffsetIndex::Entry> entries;
    entries.reserve(bytes->size() / kOffsetEntryBytes);
    for (size_t at = 0; at < bytes->size(); at += kOffsetEntryBytes) {
        const OffsetIndex::Entry entry{.relative_offset = load_be<uint32_t>(bytes->data() + at),
                                       .position = load_be<uint32_t>(bytes->data() + at + 4)};
        const OffsetIndex::Entry before = entries.empty() ? OffsetIndex::Entry{} : entries.back();
        if (entry.relative_offset <= before.relative_offset || entry.position <= before.position ||
            entry.position >= covered_bytes) {
            return std::nullopt;
        }
        entries.push_back(entry);
    }
    return OffsetIndex(std::move(entries));
}

std::optional<TimeIndex> decode_time_index(Bytes file, uint32_t covered_bytes) {
    const auto bytes = checked_entries(file, kTimeEntryBytes, kTimeIndexMagic, covered_bytes);
    if (!bytes) return std::nullopt;
    std::vector<TimeIndex::Entry> entries;
    entries.reserve(bytes->size() / kTimeEntryBytes);
    for (size_t at = 0; at < bytes->size(); at += kTimeEntryBytes) {
        const TimeIndex::Entry entry{.timestamp_ms = load_be<int64_t>(bytes->data() + at),
                                     .relative_offset = load_be<uint32_t>(bytes->data() + at + 8)};
        if (!entries.empty() && (entry.timestamp_ms <= entries.back().timestamp_ms ||
                                 entry.relative_offset <= entries.back().relative_offset)) {
            return std::nullopt;
        }
        entries.push_back(entry);
    }
    return TimeIndex(std::move(entries));
}

}  // namespace polylog::log
