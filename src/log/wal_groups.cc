#include "log/wal_groups.h"

#include <algorithm>
#include <cstring>

#include "log/wal_format.h"

namespace polylog::log {

using base::Buffer;
using base::MutableBytes;

uint64_t WalGroups::Group::padded_bytes() const {
    return round_up_to_block(kWalGroupHeaderBytes + payload_bytes);
}

WalGroups::WalGroups(size_t slab_bytes, uint64_t group_bytes_max, WalSequence last)
    : slab_bytes_(slab_bytes), group_bytes_max_(group_bytes_max) {
    open_.sequence = {last.value + 1};
}

WalPlace WalGroups::append(const WalEntryHeader& header, base::Bytes payload) {
    const size_t entry_bytes = wal_entry_bytes(payload.size());
    if (!open_bytes_with(entry_bytes)) open_group(entry_bytes);

    std::byte* entry = open_.slab.writable_data() + open_.begin + kWalGroupHeaderBytes +
                       open_.payload_bytes;
    std::byte* copy = entry + kWalEntryHeaderBytes;
    if (!payload.empty()) std::memcpy(copy, payload.data(), payload.size());
    encode_entry_header(header, static_cast<uint32_t>(payload.size()),
                        MutableBytes(entry, entry_bytes));
    open_.payload_bytes += static_cast<uint32_t>(entry_bytes);
    ++open_.entry_count;

    const MutableBytes writable(copy, payload.size());
    return {.group = open_.sequence,
            .payload = base::Slice(open_.slab, writable),
            .writable = writable};
}

std::optional<uint64_t> WalGroups::open_bytes_with(size_t entry_bytes) const {
    if (!open_.slab) return std::nullopt;
    const size_t size_bytes = kWalGroupHeaderBytes + open_.payload_bytes + entry_bytes;
    const uint64_t padded_bytes = round_up_to_block(size_bytes);
    const bool fits = open_.begin + size_bytes <= open_.slab.size();
    if (!fits || padded_bytes > group_bytes_max_) return std::nullopt;
    return padded_bytes;
}

// Closes the open group and begins the next one where an entry of this size fits.
void WalGroups::open_group(size_t entry_bytes) {
    close_open();
    const size_t needed = round_up_to_block(kWalGroupHeaderBytes + entry_bytes);
    if (!slab_ || slab_used_ + needed > slab_.size()) {
        if (slab_) retired_.push_back(std::move(slab_));
        slab_ = acquire_slab(std::max(needed, slab_bytes_));
        slab_used_ = 0;
    }
    open_.slab = slab_;
    open_.begin = slab_used_;
}

void WalGroups::close_open() {
    if (open_.entry_count == 0) return;
    const uint64_t padded = open_.padded_bytes();
    const size_t used = kWalGroupHeaderBytes + open_.payload_bytes;
    std::memset(open_.slab.writable_data() + open_.begin + used, 0, padded - used);
    slab_used_ = open_.begin + padded;
    closed_bytes_ += padded;
    const WalSequence next{open_.sequence.value + 1};
    closed_.push_back(std::exchange(open_, Group{.sequence = next}));
}

void WalGroups::add_seal() {
    CHECK(open_.entry_count == 0);
    open_group(0);
    std::memset(open_.slab.writable_data() + open_.begin, 0, kWalBlockBytes);
    slab_used_ = open_.begin + kWalBlockBytes;
    closed_bytes_ += kWalBlockBytes;
    const WalSequence next{open_.sequence.value + 1};
    closed_.push_back(std::exchange(open_, Group{.sequence = next}));
}

WalGroups::Group WalGroups::take() {
    Group group = std::move(closed_.front());
    closed_.pop_front();
    closed_bytes_ -= group.padded_bytes();
    return group;
}

Buffer WalGroups::acquire_slab(size_t size_bytes) {
    // The tail cache lets go of slabs in the order they were filled, so the oldest is the one to
    // look at.
    if (size_bytes == slab_bytes_ && !retired_.empty() && retired_.front().unique()) {
        Buffer slab = std::move(retired_.front());
        retired_.pop_front();
        if (slab.size() == slab_bytes_) return slab;
    }
    return Buffer::allocate(size_bytes, kWalBlockBytes);
}

}  // namespace polylog::log
