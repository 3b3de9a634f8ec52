#include "log/log_state.h"

#include <algorithm>

namespace polylog::log {

using base::Slice;
using model::BatchView;
using model::Offset;
using Removed = std::vector<SegmentList::Pointer>;

namespace {

// Until the topic's own configuration is known: replay begins segments where it would have.
std::shared_ptr<const model::TopicConfig> config_of(const LogRecord& record) {
    auto config = std::make_shared<model::TopicConfig>();
    config->segment_bytes = record.segment_bytes;
    config->durability = record.mode == WalMode::durable ? model::Durability::fsync
                                                         : model::Durability::os;
    return config;
}

}  // namespace

LogState::LogState(model::TopicPartition log_id, std::string name, WalMode log_mode,
                   std::shared_ptr<const model::TopicConfig> topic_config)
    : id(log_id),
      topic_name(std::move(name)),
      config(std::move(topic_config)),
      mode(log_mode),
      segments(Offset{0}),
      tail(Offset{0}) {}

LogState::LogState(LogRecord record)
    : id(record.id),
      topic_name(std::move(record.topic_name)),
      config(config_of(record)),
      mode(record.mode),
      start(record.start),
      end(record.end),
      durable_end(record.end),
      flushed_end(record.end),
      high_watermark(record.high_watermark),
      segments(record.segments, record.end),
      tail(record.end),
      changed(false) {
    epochs.restore(std::move(record.epochs));
    for (const auto& [producer_id, producer] : record.producers) {
        producers.restore(producer_id, producer);
    }
}

LogRecord LogState::record() const {
    LogRecord record{.id = id,
                     .topic_name = topic_name,
                     .mode = mode,
                     .start = start,
                     .end = end,
                     .high_watermark = high_watermark,
                     .segment_bytes = config->segment_bytes,
                     .epochs = epochs.entries()};
    for (const SegmentList::Pointer& segment : segments.all()) {
        if (segment->size_bytes > 0) record.segments.push_back(segment->record());
    }
    record.producers.assign(producers.producers().begin(), producers.producers().end());
    return record;
}

void LogState::add(Slice bytes, SlabNumber slab) {
    const BatchView batch(bytes.bytes());
    CHECK(batch.base_offset() == end);
    if (batch.leader_epoch().value >= 0) epochs.begin(batch.leader_epoch(), end);
    producers.remember(batch);
    const uint32_t position = segments.add(batch, *config);
    unflushed_bytes += batch.size_bytes();
    end = batch.next_offset();
    tail.push({.base = batch.base_offset(),
               .last = batch.last_offset(),
               .bytes = std::move(bytes),
               .slab = slab,
               .position = position});
    changed = true;
}

bool LogState::commit(WalMode by, Offset upto) {
    upto = std::min(upto, end);
    if (switch_ && by != switch_->from) {
        switch_->committed_end = std::max(switch_->committed_end, upto);
        return false;
    }
    if (upto <= durable_end) return false;
    durable_end = upto;
    return true;
}

Offset LogState::writable_end() const {
    if (!switch_ || durable_end < switch_->at) return durable_end;
    return std::max(durable_end, switch_->committed_end);
}

void LogState::begin_switch(WalMode to) {
    CHECK(!switch_ && to != mode);
    switch_ = {.from = mode, .at = end, .committed_end = {0}};
    mode = to;
    changed = true;
}

bool LogState::end_switch() {
    const Offset committed = writable_end();
    switch_.reset();
    if (committed <= durable_end) return false;
    durable_end = committed;
    return true;
}

Removed LogState::truncate(Offset new_end, uint32_t position, Timestamps left) {
    CHECK(new_end >= start && new_end <= end);
    Removed removed = segments.truncate(new_end, position);
    Segment& cut = *segments.active();
    cut.max_timestamp_ms = left.max_ms;
    cut.max_timestamp_offset = left.offset;
    tail.truncate(new_end);
    end = new_end;
    durable_end = std::min(durable_end, end);
    flushed_end = std::min(flushed_end, end);
    high_watermark = std::min(high_watermark, end);
    if (switch_) {
        switch_->at = std::min(switch_->at, end);
        switch_->committed_end = std::min(switch_->committed_end, end);
    }
    producers.truncate(end);
    epochs.truncate(end);
    recount_unflushed();
    changed = true;
    ++cuts;
    return removed;
}

Removed LogState::advance_start(Offset new_start) {
    if (new_start <= start) return {};
    if (new_start > end) return restart_at(new_start);
    start = new_start;
    high_watermark = std::max(high_watermark, start);
    Removed removed = segments.remove_before(start, end);
    const Offset kept = segments.all().front()->base;
    tail.forget_before(kept);
    flushed_end = std::max(flushed_end, kept);
    epochs.trim(start);
    recount_unflushed();
    changed = true;
    return removed;
}

Removed LogState::restart_at(Offset offset) {
    Removed removed = segments.all();
    segments = SegmentList(offset);
    tail.reset(offset);
    start = end = durable_end = flushed_end = high_watermark = offset;
    if (switch_) switch_->at = switch_->committed_end = offset;
    epochs.restore({});
    producers = {};
    recount_unflushed();
    changed = true;
    ++cuts;
    return removed;
}

void LogState::wrote(Segment& segment, uint32_t bytes) {
    CHECK(bytes >= segment.written_bytes && bytes <= segment.size_bytes);
    unflushed_bytes -= bytes - segment.written_bytes;
    segment.written_bytes = bytes;
    mark_unsynced(segment);
    const Offset segment_end = segments.end_of(segment, end);
    for (size_t i = tail.find(flushed_end); i < tail.size(); ++i) {
        const TailBatch& batch = tail[i];
        if (batch.base >= segment_end || batch.position + batch.bytes.size() > bytes) break;
        flushed_end = {batch.last.value + 1};
    }
}

void LogState::recount_unflushed() {
    unflushed_bytes = 0;
    for (const SegmentList::Pointer& segment : segments.all()) {
        unflushed_bytes += segment->size_bytes - segment->written_bytes;
    }
}

uint32_t LogState::file_end(const Segment& segment) const {
    if (tail.size() == 0 || segments.end_of(segment, end) <= tail.begin())
        return segment.size_bytes;
    return tail[0].base <= segment.base ? 0 : tail[0].position;
}

std::optional<SlabNumber> LogState::oldest_unflushed() const {
    if (flushed_end == end) return std::nullopt;
    return tail[tail.find(flushed_end)].slab;
}

}  // namespace polylog::log
