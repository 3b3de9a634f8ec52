#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "model/record_batch.h"

namespace polylog::log {

// What a log remembers of its idempotent producers, so that a batch sent twice is stored once.
// Part of the log: rebuilt by replay, saved with the checkpoint, cut together with the log.
class ProducerState {
public:
    // Kafka keeps five batches per producer and partition, which is why clients allow five requests
    // in flight when idempotence is on.
    static constexpr size_t kBatchesRemembered = 5;

    struct BatchRecord {
        int32_t first_sequence = -1;
        int32_t last_sequence = -1;
        model::Offset first_offset;
        model::Offset last_offset;
        int64_t timestamp_ms = -1;
    };
    struct Producer {
        model::ProducerEpoch epoch{-1};
        uint8_t batch_count = 0;                              // how many of `batches` are in use
        std::array<BatchRecord, kBatchesRemembered> batches;  // oldest first
        int64_t last_timestamp_ms = -1;                       // for expiry
    };

    // Judges a batch before it is appended: nothing = append it; a record = it is already stored
    // there, answer with its original offsets. Batches without a producer always pass. Errors:
    // out_of_order_sequence, duplicate_sequence (older than what is remembered),
    // stale_producer_epoch. An unknown producer may start at any sequence (its state may have
    // expired).
    base::Result<std::optional<BatchRecord>> check(const model::BatchView& batch) const;
    // Remembers an appended batch (after its offsets are assigned). Again for one already
    // remembered: no-op.
    void remember(const model::BatchView& batch);
    // Forgets what lies at or above `end`. What lies before a log's start stays, as in Kafka:
    // deleting records must not make retries of them look new.
    void truncate(model::Offset end);
    void forget(model::ProducerId id) { producers_.erase(id); }
    // Forgets producers whose last batch is older than now - expiry.
    void expire(int64_t now_ms, int64_t expiry_ms);

    const std::map<model::ProducerId, Producer>& producers() const { return producers_; }
    void restore(model::ProducerId id, const Producer& producer) {
        producers_.insert_or_assign(id, producer);
    }

private:
    std::map<model::ProducerId, Producer> producers_;
};

}  // namespace polylog::log
