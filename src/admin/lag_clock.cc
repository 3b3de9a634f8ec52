#include "admin/lag_clock.h"

#include <utility>

#include "model/record.h"
#include "model/record_batch.h"

namespace polylog::admin {

using io::Task;
using model::Offset;

void LagClock::begin() {
    before_ = std::exchange(known_, {});
    reads_ = 0;
}

Task<std::optional<int64_t>> LagClock::time_of(broker::Broker& broker,
                                               model::TopicPartition partition, Offset offset) {
    const Place place{partition, offset};
    if (const auto known = known_.find(place); known != known_.end()) co_return known->second;
    std::optional<int64_t> time;
    if (const auto before = before_.find(place); before != before_.end()) {
        time = before->second;
    } else if (reads_++ < kReadsMax) {
        broker::Fetch fetch{.max_bytes = 1, .min_bytes = 0};
        fetch.parts.push_back({.partition = partition, .from = offset, .max_bytes = 1});
        const auto answers = co_await broker.streams().fetch(std::move(fetch));
        const auto& batches = answers.front().read.batches;
        if (!batches.empty()) time = find(batches.front().bytes(), offset);
    }
    if (time) known_.emplace(place, *time);
    co_return time;
}

// A batch that its log gives is sound, but what is in it came from a client.
std::optional<int64_t> LagClock::find(base::Bytes batch, Offset offset) {
    const auto parsed = model::parse_batch(batch);
    if (!parsed) return std::nullopt;
    if (parsed->timestamp_type() == model::TimestampType::append_time)
        return parsed->max_timestamp_ms();
    if (offset <= parsed->base_offset()) return parsed->base_timestamp_ms();
    const auto codec = static_cast<model::Compression>(parsed->compression_bits());
    const auto records = decompressor_.decompress(codec, parsed->records());
    if (!records) return std::nullopt;
    model::RecordReader reader(*parsed, *records);
    while (reader.has_next()) {
        const auto record = reader.next();
        if (!record) return std::nullopt;
        if (record->offset >= offset) return record->timestamp_ms;
    }
    return std::nullopt;
}

}  // namespace polylog::admin
