#include "queue/status_map.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace polylog::queue {

using model::Offset;

namespace {

// Bits [first, last] of a word.
constexpr uint64_t mask_of(uint32_t first, uint32_t last) {
    return (~uint64_t{0} << first) & (~uint64_t{0} >> (63 - last));
}

}  // namespace

void StatusMap::restart(Offset start) {
    start_ = end_ = start;
    first_ = start.value / kChunkOffsets;
    slots_.clear();
    summary_.clear();
    first_summary_ = first_ / 64;
    ready_count_ = 0;
}

uint32_t StatusMap::ready_in(int64_t chunk_index) const {
    const Slot& slot = slot_of(chunk_index);
    if (slot.chunk) return slot.chunk->ready_count;
    return slot.uniform == Status::ready ? kChunkOffsets : 0;
}

void StatusMap::mark_ready_chunk(int64_t chunk_index) {
    const auto word = static_cast<size_t>(chunk_index / 64 - first_summary_);
    const uint64_t bit = uint64_t{1} << (chunk_index % 64);
    if (summary_.size() <= word) summary_.resize(word + 1);
    summary_[word] = ready_in(chunk_index) > 0 ? summary_[word] | bit : summary_[word] & ~bit;
}

std::optional<int64_t> StatusMap::ready_chunk_from(int64_t chunk_index) const {
    auto word = static_cast<size_t>(chunk_index / 64 - first_summary_);
    uint64_t mask = ~uint64_t{0} << (chunk_index % 64);
    for (; word < summary_.size(); ++word) {
        const uint64_t found = summary_[word] & mask;
        if (found != 0) {
            return (first_summary_ + static_cast<int64_t>(word)) * 64 + std::countr_zero(found);
        }
        mask = ~uint64_t{0};
    }
    return std::nullopt;
}

std::optional<Offset> StatusMap::first_ready(Offset from) const {
    from = std::max(from, start_);
    if (from >= end_ || ready_count_ == 0) return std::nullopt;
    const int64_t from_chunk = from.value / kChunkOffsets;
    auto chunk_index = ready_chunk_from(from_chunk);
    while (chunk_index) {
        const int64_t base = *chunk_index * kChunkOffsets;
        const auto position = *chunk_index == from_chunk ? static_cast<uint32_t>(from.value - base)
                                                         : 0;
        const Slot& slot = slot_of(*chunk_index);
        if (!slot.chunk) return Offset{base + position};
        uint64_t mask = ~uint64_t{0} << (position % 64);
        for (size_t word = position / 64; word < kChunkWords; ++word) {
            const uint64_t found = slot.chunk->ready[word] & mask;
            if (found != 0) {
                return Offset{base + static_cast<int64_t>(word) * 64 + std::countr_zero(found)};
            }
            mask = ~uint64_t{0};
        }
        chunk_index = ready_chunk_from(*chunk_index + 1);
    }
    return std::nullopt;
}

Status StatusMap::at(Offset offset) const {
    if (offset < start_) return Status::settled;
    CHECK(offset < end_);
    const Slot& slot = slot_of(offset.value / kChunkOffsets);
    if (!slot.chunk) return slot.uniform;
    const auto position = static_cast<size_t>(offset.value % kChunkOffsets);
    const uint64_t bit = uint64_t{1} << (position % 64);
    if ((slot.chunk->settled[position / 64] & bit) != 0) return Status::settled;
    return (slot.chunk->ready[position / 64] & bit) != 0 ? Status::ready : Status::held;
}

StatusMap::Run StatusMap::run_from(Offset first) const {
    const Status status = at(first);
    Offset next = std::max(first, start_);
    while (next < end_) {
        const int64_t base = next.value / kChunkOffsets * kChunkOffsets;
        const Slot& slot = slot_of(next.value / kChunkOffsets);
        if (!slot.chunk) {
            if (slot.uniform != status) break;
            next.value = base + kChunkOffsets;
            continue;
        }
        const auto position = static_cast<uint32_t>(next.value - base);
        const uint64_t settled = slot.chunk->settled[position / 64];
        const uint64_t ready = slot.chunk->ready[position / 64];
        const uint64_t same = status == Status::settled ? settled
                              : status == Status::ready ? ready
                                                        : ~(settled | ready);
        const auto alike = static_cast<uint32_t>(std::countr_one(same >> (position % 64)));
        const uint32_t room = 64 - position % 64;
        next.value += std::min(alike, room);
        if (alike < room) break;
    }
    next = std::min(next, end_);
    return {{first, {next.value - 1}}, status};
}

uint64_t StatusMap::ready_count(Range range) const {
    range.first = std::max(range.first, start_);
    range.last = std::min(range.last, Offset{end_.value - 1});
    uint64_t count = 0;
    for (int64_t next = range.first.value; next <= range.last.value;) {
        const int64_t base = next / kChunkOffsets * kChunkOffsets;
        const int64_t last = std::min(range.last.value, base + kChunkOffsets - 1);
        const Slot& slot = slot_of(next / kChunkOffsets);
        if (last - next + 1 == kChunkOffsets) {
            count += ready_in(next / kChunkOffsets);
        } else if (!slot.chunk) {
            if (slot.uniform == Status::ready) count += static_cast<uint64_t>(last - next + 1);
        } else {
            const auto first_position = static_cast<uint32_t>(next - base);
            const auto last_position = static_cast<uint32_t>(last - base);
            for (uint32_t word = first_position / 64; word <= last_position / 64; ++word) {
                const uint64_t mask = mask_of(word == first_position / 64 ? first_position % 64 : 0,
                                              word == last_position / 64 ? last_position % 64 : 63);
                count += static_cast<uint64_t>(std::popcount(slot.chunk->ready[word] & mask));
            }
        }
        next = last + 1;
    }
    return count;
}

// The chunk with its bits spelled out.
StatusMap::Chunk& StatusMap::open(int64_t chunk_index) {
    Slot& slot = slot_of(chunk_index);
    if (!slot.chunk) {
        slot.chunk = std::make_unique<Chunk>();
        if (slot.uniform == Status::settled) {
            slot.chunk->settled.fill(~uint64_t{0});
            slot.chunk->settled_count = kChunkOffsets;
        } else if (slot.uniform == Status::ready) {
            slot.chunk->ready.fill(~uint64_t{0});
            slot.chunk->ready_count = kChunkOffsets;
        }
    }
    return *slot.chunk;
}

void StatusMap::set_word(Chunk& chunk, size_t word, uint64_t mask, Status status) {
    const auto settled_before = std::popcount(chunk.settled[word] & mask);
    const auto ready_before = std::popcount(chunk.ready[word] & mask);
    chunk.settled[word] &= ~mask;
    chunk.ready[word] &= ~mask;
    chunk.settled_count -= static_cast<uint32_t>(settled_before);
    chunk.ready_count -= static_cast<uint32_t>(ready_before);
    ready_count_ -= static_cast<uint64_t>(ready_before);
    const auto touched = static_cast<uint32_t>(std::popcount(mask));
    if (status == Status::settled) {
        chunk.settled[word] |= mask;
        chunk.settled_count += touched;
    } else if (status == Status::ready) {
        chunk.ready[word] |= mask;
        chunk.ready_count += touched;
        ready_count_ += touched;
    }
}

void StatusMap::set_whole(int64_t chunk_index, Status status) {
    ready_count_ -= ready_in(chunk_index);
    Slot& slot = slot_of(chunk_index);
    slot.chunk.reset();
    slot.uniform = status;
    ready_count_ += ready_in(chunk_index);
    mark_ready_chunk(chunk_index);
}

// Positions [first, last] of one chunk.
void StatusMap::set_within(int64_t chunk_index, uint32_t first, uint32_t last, Status status) {
    if (last - first + 1 == kChunkOffsets) return set_whole(chunk_index, status);
    Slot& slot = slot_of(chunk_index);
    if (!slot.chunk && slot.uniform == status) return;
    Chunk& chunk = open(chunk_index);
    const bool had_ready = chunk.ready_count > 0;
    for (uint32_t word = first / 64; word <= last / 64; ++word) {
        set_word(chunk, word,
                 mask_of(word == first / 64 ? first % 64 : 0, word == last / 64 ? last % 64 : 63),
                 status);
    }
    if (chunk.settled_count == kChunkOffsets) return set_whole(chunk_index, Status::settled);
    if (had_ready != (chunk.ready_count > 0)) mark_ready_chunk(chunk_index);
}

void StatusMap::set(Range range, Status status) {
    CHECK(range.last < end_);
    range.first = std::max(range.first, start_);
    for (int64_t next = range.first.value; next <= range.last.value;) {
        const int64_t base = next / kChunkOffsets * kChunkOffsets;
        const int64_t last = std::min(range.last.value, base + kChunkOffsets - 1);
        set_within(next / kChunkOffsets, static_cast<uint32_t>(next - base),
                   static_cast<uint32_t>(last - base), status);
        next = last + 1;
    }
    if (status == Status::settled && range.first == start_) advance_start();
}

void StatusMap::extend(Offset end, Status status) {
    while (end_ < end) {
        const int64_t chunk_index = end_.value / kChunkOffsets;
        const int64_t base = chunk_index * kChunkOffsets;
        const Offset last{std::min(end.value, base + kChunkOffsets) - 1};
        if (chunk_index == first_ + static_cast<int64_t>(slots_.size())) {
            slots_.emplace_back();
            // Below start() everything is settled: only so can the first chunk become all settled.
            if (base < start_.value) {
                set_within(chunk_index, 0, static_cast<uint32_t>(start_.value - base - 1),
                           Status::settled);
            }
        }
        const Offset first = end_;
        end_ = {last.value + 1};
        if (status != Status::held) {
            set_within(chunk_index, static_cast<uint32_t>(first.value - base),
                       static_cast<uint32_t>(last.value - base), status);
        }
    }
    if (status == Status::settled) advance_start();
}

void StatusMap::advance_start() {
    if (start_ >= end_ || at(start_) != Status::settled) return;
    start_ = {run_from(start_).range.last.value + 1};
    while (!slots_.empty() && (first_ + 1) * kChunkOffsets <= start_.value) {
        slots_.pop_front();
        ++first_;
    }
    if (slots_.empty()) first_ = start_.value / kChunkOffsets;
    while (!summary_.empty() && first_summary_ < first_ / 64) {
        summary_.pop_front();
        ++first_summary_;
    }
    if (summary_.empty()) first_summary_ = first_ / 64;
}

void StatusMap::truncate(Offset end) {
    if (end >= end_) return;
    if (end <= start_) return restart(end);
    const int64_t chunk_index = end.value / kChunkOffsets;
    const int64_t keep = end.value % kChunkOffsets == 0 ? chunk_index : chunk_index + 1;
    while (first_ + static_cast<int64_t>(slots_.size()) > keep) {
        set_whole(first_ + static_cast<int64_t>(slots_.size()) - 1, Status::held);
        slots_.pop_back();
    }
    if (keep > chunk_index) {
        set_within(chunk_index, static_cast<uint32_t>(end.value % kChunkOffsets), kChunkOffsets - 1,
                   Status::held);
    }
    end_ = end;
}

size_t StatusMap::size_bytes() const {
    size_t size = slots_.size() * sizeof(Slot) + summary_.size() * sizeof(uint64_t);
    for (const Slot& slot : slots_) {
        if (slot.chunk) size += sizeof(Chunk);
    }
    return size;
}

}  // namespace polylog::queue
