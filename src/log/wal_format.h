#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/slice.h"
#include "base/uuid.h"
#include "log/wal_entry.h"
#include "log/write_ahead_log.h"

// The bytes of the write-ahead log: docs/formats/write-ahead-log.md. Pure functions over memory.
namespace polylog::log {

constexpr size_t kWalBlockBytes = 4096;
constexpr size_t kWalFileHeaderBytes = 64;  // of the first block; the rest of it is zero
// Of every file: its header, and a block for the mark that the next file has begun.
constexpr size_t kWalFileOverheadBytes = 2 * kWalBlockBytes;
constexpr size_t kWalGroupHeaderBytes = 64;
constexpr size_t kWalEntryHeaderBytes = 40;

constexpr uint64_t round_up_to_block(uint64_t bytes) {
    return (bytes + kWalBlockBytes - 1) / kWalBlockBytes * kWalBlockBytes;
}
// An entry's whole length in its group: header, payload, padding to 8 bytes.
constexpr size_t wal_entry_bytes(size_t payload_bytes) {
    return (kWalEntryHeaderBytes + payload_bytes + 7) / 8 * 8;
}

struct WalFileHeader {
    base::Uuid data_directory_id;
    WalSequence first_sequence;
    uint64_t file_bytes = 0;
    uint64_t lap = 0;
};
// `into` is at least kWalFileHeaderBytes.
void encode_file_header(const WalFileHeader& header, base::MutableBytes into);
// Nothing unless magic, checksum and version are right.
std::optional<WalFileHeader> decode_file_header(base::Bytes bytes);

// The sequence of the mark at the end of a file: no group ever has it.
constexpr WalSequence kWalFinished{UINT64_MAX};

struct WalGroupHeader {
    WalSequence sequence;
    WalSequence durable_upto;
    base::Uuid data_directory_id;
    uint32_t payload_bytes = 0;
    uint32_t payload_crc = 0;
    uint32_t entry_count = 0;
    uint64_t lap = 0;

    // The group's length on disk.
    uint64_t padded_bytes() const {
        return round_up_to_block(kWalGroupHeaderBytes + payload_bytes);
    }
};
void encode_group_header(const WalGroupHeader& header, base::MutableBytes into);
// Nothing unless magic and header checksum are right.
std::optional<WalGroupHeader> decode_group_header(base::Bytes bytes);

// `into` is wal_entry_bytes(payload_bytes) long; writes the header and the padding behind the
// payload.
void encode_entry_header(const WalEntryHeader& header, uint32_t payload_bytes,
                         base::MutableBytes into);

struct WalEntry {
    WalEntryHeader header;
    base::Bytes payload;
};
// Takes the first entry off `entries`. Nothing when what is there is not an entry.
std::optional<WalEntry> take_entry(base::Bytes& entries);

}  // namespace polylog::log
