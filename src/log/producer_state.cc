#include "log/producer_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <span>

namespace polylog::log {

using base::ErrorCode;
using base::fail;
using base::Result;
using model::BatchView;
using model::Offset;

namespace {

// Sequence numbers run from 0 to INT32_MAX and start again at 0.
constexpr uint32_t kSequenceMask = INT32_MAX;

int32_t add(int32_t sequence, int32_t delta) {
    return static_cast<int32_t>((static_cast<uint32_t>(sequence) + static_cast<uint32_t>(delta)) &
                                kSequenceMask);
}

// `a` was given out before `b`; of two numbers half the circle or more apart the nearer way round
// counts.
bool before(int32_t a, int32_t b) {
    const uint32_t distance = (static_cast<uint32_t>(b) - static_cast<uint32_t>(a)) & kSequenceMask;
    return distance != 0 && distance <= kSequenceMask / 2;
}

int32_t last_sequence(const BatchView& batch) {
    return add(batch.base_sequence(), batch.last_offset_delta());
}

// A transaction marker carries a producer, but no sequence.
bool has_sequence(const BatchView& batch) {
    return batch.base_sequence() >= 0;
}

std::span<const ProducerState::BatchRecord> remembered(const ProducerState::Producer& producer) {
    return std::span(producer.batches).first(producer.batch_count);
}

}  // namespace

Result<std::optional<ProducerState::BatchRecord>> ProducerState::check(
    const BatchView& batch) const {
    if (!batch.has_producer()) return std::nullopt;
    const auto known = producers_.find(batch.producer_id());
    if (known == producers_.end()) return std::nullopt;
    const Producer& producer = known->second;
    if (batch.producer_epoch() < producer.epoch) {
        return fail(ErrorCode::stale_producer_epoch,
                    fmt::format("producer {} has epoch {}, the batch {}", batch.producer_id().value,
                                producer.epoch.value, batch.producer_epoch().value));
    }
    if (!has_sequence(batch)) return std::nullopt;

    const int32_t first = batch.base_sequence();
    const int32_t last = last_sequence(batch);
    const bool new_epoch = batch.producer_epoch() > producer.epoch;
    const auto batches = new_epoch ? std::span<const BatchRecord>() : remembered(producer);
    for (const BatchRecord& record : batches) {
        if (record.first_sequence == first && record.last_sequence == last) return record;
    }
    const int32_t expected = batches.empty() ? 0 : add(batches.back().last_sequence, 1);
    if (first == expected) return std::nullopt;
    if (!batches.empty() && before(last, batches.front().first_sequence)) {
        return fail(ErrorCode::duplicate_sequence,
                    fmt::format("producer {} sent {}..{} again", batch.producer_id().value, first,
                                last));
    }
    return fail(ErrorCode::out_of_order_sequence,
                fmt::format("producer {} sent {}, {} is next", batch.producer_id().value, first,
                            expected));
}

void ProducerState::remember(const BatchView& batch) {
    if (!batch.has_producer()) return;
    Producer& producer = producers_[batch.producer_id()];
    if (batch.producer_epoch() < producer.epoch) return;
    if (batch.producer_epoch() > producer.epoch) producer = {.epoch = batch.producer_epoch()};
    producer.last_timestamp_ms = std::max(producer.last_timestamp_ms, batch.max_timestamp_ms());
    if (!has_sequence(batch)) return;

    const auto batches = remembered(producer);
    if (!batches.empty() && batch.base_offset() <= batches.back().first_offset) return;
    if (producer.batch_count == kBatchesRemembered) {
        std::ranges::rotate(producer.batches, producer.batches.begin() + 1);
        --producer.batch_count;
    }
    producer.batches[producer.batch_count++] = {.first_sequence = batch.base_sequence(),
                                                .last_sequence = last_sequence(batch),
                                                .first_offset = batch.base_offset(),
                                                .last_offset = batch.last_offset(),
                                                .timestamp_ms = batch.max_timestamp_ms()};
}

void ProducerState::truncate(Offset end) {
    for (auto entry = producers_.begin(); entry != producers_.end();) {
        Producer& producer = entry->second;
        const bool had_batches = producer.batch_count > 0;
        while (producer.batch_count > 0 &&
               producer.batches[producer.batch_count - 1].last_offset >= end) {
            producer.batches[--producer.batch_count] = {};
        }
        entry = had_batches && producer.batch_count == 0 ? producers_.erase(entry)
                                                         : std::next(entry);
    }
}

void ProducerState::expire(int64_t now_ms, int64_t expiry_ms) {
    std::erase_if(producers_, [oldest_ms = now_ms - expiry_ms](const auto& entry) {
        return entry.second.last_timestamp_ms < oldest_ms;
    });
}

}  // namespace polylog::log
