#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "log/wal_format.h"

// Any bytes are read as the headers and entries of a write-ahead log without overrun, and what was
// understood is the same after it has been written again.
namespace polylog::log {
namespace {

using HeaderBytes = std::array<std::byte, kWalGroupHeaderBytes>;

void read_file_header(base::Bytes bytes) {
    const auto header = decode_file_header(bytes);
    if (!header) return;
    HeaderBytes written;
    encode_file_header(*header, written);
    const auto again = decode_file_header(written);
    CHECK(again && again->data_directory_id == header->data_directory_id);
    CHECK(again->first_sequence == header->first_sequence);
    CHECK(again->file_bytes == header->file_bytes && again->lap == header->lap);
}

void read_group_header(base::Bytes bytes) {
    const auto header = decode_group_header(bytes);
    if (!header) return;
    CHECK(header->padded_bytes() >= kWalGroupHeaderBytes + size_t{header->payload_bytes});
    CHECK(header->padded_bytes() % kWalBlockBytes == 0);
    HeaderBytes written;
    encode_group_header(*header, written);
    const auto again = decode_group_header(written);
    CHECK(again && again->sequence == header->sequence && again->lap == header->lap);
    CHECK(again->durable_upto == header->durable_upto);
    CHECK(again->data_directory_id == header->data_directory_id);
    CHECK(again->payload_bytes == header->payload_bytes);
    CHECK(again->payload_crc == header->payload_crc && again->entry_count == header->entry_count);
}

void read_entries(base::Bytes rest) {
    const base::Bytes all = rest;
    while (const auto entry = take_entry(rest)) {
        const base::Bytes payload = entry->payload;
        CHECK(payload.data() >= all.data() + kWalEntryHeaderBytes);
        CHECK(payload.data() + payload.size() <= rest.data());

        std::vector<std::byte> written(wal_entry_bytes(payload.size()));
        std::ranges::copy(payload, written.begin() + kWalEntryHeaderBytes);
        encode_entry_header(entry->header, static_cast<uint32_t>(payload.size()), written);
        base::Bytes written_rest(written);
        const auto again = take_entry(written_rest);
        CHECK(again && written_rest.empty() && again->header.kind == entry->header.kind);
        CHECK(again->header.log == entry->header.log);
        CHECK(again->header.offset == entry->header.offset);
        CHECK(std::ranges::equal(again->payload, payload));
    }
}

// The header with its magic, version and checksum put right; they are those of `model`.
HeaderBytes mended(base::Bytes bytes, const HeaderBytes& model, size_t model_bytes) {
    HeaderBytes header;
    std::copy_n(bytes.begin(), header.size(), header.begin());
    std::copy_n(model.begin(), 4, header.begin());
    std::copy_n(model.begin() + 8, model_bytes, header.begin() + 8);
    base::store_le(header.data() + 4, base::crc32c(base::Bytes(header).subspan(8)));
    return header;
}

void fuzz(base::Bytes bytes) {
    read_file_header(bytes);
    read_group_header(bytes);
    read_entries(bytes);
    if (bytes.size() < kWalGroupHeaderBytes) return;
    constexpr size_t kVersionBytes = 4;
    HeaderBytes model;
    encode_file_header({}, model);
    const HeaderBytes file = mended(bytes, model, kVersionBytes);
    CHECK(decode_file_header(file));
    read_file_header(file);
    encode_group_header({}, model);
    const HeaderBytes group = mended(bytes, model, 0);
    CHECK(decode_group_header(group) && !decode_file_header(group));
    read_group_header(group);
}

}  // namespace
}  // namespace polylog::log

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::log::fuzz({reinterpret_cast<const std::byte*>(data), size});
    return 0;
}
