#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "log/index_file.h"

// Any bytes are read as an index without overrun. What is accepted rises, stays inside what it
// covers, answers searches and is the same after it has been written again.
//     input := covered bytes u32 (big-endian), file
namespace polylog::log {
namespace {

constexpr size_t kTrailerBytes = 24;  // docs/formats/indexes.md
constexpr size_t kCoveredPosition = 12;

void read_offset_index(base::Bytes file, uint32_t covered_bytes) {
    const auto index = decode_offset_index(file, covered_bytes);
    if (!index) return;
    OffsetIndex::Entry before;
    for (const OffsetIndex::Entry& entry : index->entries()) {
        CHECK(entry.relative_offset > before.relative_offset && entry.position > before.position);
        CHECK(entry.position < covered_bytes);
        CHECK(index->floor(entry.relative_offset) == entry);
        before = entry;
    }
    const base::Buffer written = encode_index(*index, covered_bytes);
    const auto again = decode_offset_index(written.bytes(), covered_bytes);
    CHECK(again && again->entries() == index->entries());
    CHECK(!decode_time_index(written.bytes(), covered_bytes));
}

void read_time_index(base::Bytes file, uint32_t covered_bytes) {
    const auto index = decode_time_index(file, covered_bytes);
    if (!index) return;
    const TimeIndex::Entry* before = nullptr;
    for (const TimeIndex::Entry& entry : index->entries()) {
        const auto below = index->below(entry.timestamp_ms);
        CHECK(before ? below == *before : !below);
        CHECK(below == index->before(entry.relative_offset));
        before = &entry;
    }
    const base::Buffer written = encode_index(*index, covered_bytes);
    const auto again = decode_time_index(written.bytes(), covered_bytes);
    CHECK(again && again->entries() == index->entries());
}

// The file with a trailer of the kind that `model` is, for the entries that it has.
base::Buffer mended(base::Bytes file, const base::Buffer& model, size_t entry_bytes) {
    const size_t entries = (file.size() - kTrailerBytes) / entry_bytes;
    base::Buffer result = base::Buffer::copy_of(file.first(entries * entry_bytes + kTrailerBytes));
    std::byte* trailer = result.writable_data() + entries * entry_bytes;
    std::copy_n(model.data(), kTrailerBytes, trailer);
    base::store_be(trailer + 8, static_cast<uint32_t>(entries));
    base::store_be(trailer + kTrailerBytes - 4,
                   base::crc32c(result.bytes().first(result.size() - 4)));
    return result;
}

void fuzz(base::Bytes input) {
    if (input.size() < sizeof(uint32_t)) return;
    const auto covered_bytes = base::load_be<uint32_t>(input.data());
    const base::Bytes file = input.subspan(sizeof(uint32_t));
    read_offset_index(file, covered_bytes);
    read_time_index(file, covered_bytes);
    if (file.size() < kTrailerBytes) return;
    const base::Buffer no_offsets = encode_index(OffsetIndex(), covered_bytes);
    CHECK(base::load_be<uint32_t>(no_offsets.data() + kCoveredPosition) == covered_bytes);
    read_offset_index(mended(file, no_offsets, 8).bytes(), covered_bytes);
    read_time_index(mended(file, encode_index(TimeIndex(), covered_bytes), 12).bytes(),
                    covered_bytes);
}

}  // namespace
}  // namespace polylog::log

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::log::fuzz({reinterpret_cast<const std::byte*>(data), size});
    return 0;
}
