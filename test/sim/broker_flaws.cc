#include "test/sim/broker_flaws.h"

#include <algorithm>
#include <map>
#include <utility>

#include "broker/internal_topics.h"
#include "log/producer_state.h"
#include "model/record.h"

namespace polylog::sim {

using base::Result;
using io::Task;
using log::Log;
using log::Storage;
using model::Offset;
using model::TopicPartition;

namespace {

constexpr uint64_t kWakeUpsPerLostOne = 20;
constexpr uint64_t kReadsPerLateOne = 20;

// The batch that holds the offset, and everything before it, are left out of an answer.
void skip_first_batch(log::ReadBatches& read) {
    base::Slice& first = read.batches.front();
    const size_t size_bytes = model::BatchView(first.bytes()).size_bytes();
    read.size_bytes -= size_bytes;
    first = first.part(size_bytes, first.size() - size_bytes);
    if (first.empty()) read.batches.erase(read.batches.begin());
}

// Makes the first record of a batch one about another group, if it is a group's offset.
void rename_group(base::MutableBytes batch) {
    const model::BatchView view(batch);
    model::RecordReader records(view, view.records());
    const auto record = records.next();
    // Its key is a version, 0 or 1, and the length of the group's name, then the name
    // (docs/formats/consumer-offsets.md). The scenarios' own records have no keys.
    constexpr size_t kNameAt = 4;
    if (!record || !record->key || record->key->size() <= kNameAt) return;
    if (base::load_be<int16_t>(record->key->data()) > 1) return;
    batch[static_cast<size_t>(record->key->data() - batch.data()) + kNameAt] = std::byte{'?'};
}

class FlawedLog : public Log {
public:
    FlawedLog(io::Shard& shard, Log& log, BrokerFlaw flaw)
        : shard_(shard), log_(log), flaw_(flaw) {}

    const TopicPartition& id() const override { return log_.id(); }
    Result<Appended> append(base::Bytes batch, model::LeaderEpoch epoch) override {
        auto appended = log_.append(batch, epoch);
        if (appended && flaw_ == BrokerFlaw::early_acknowledgement) tell();
        return appended;
    }
    Result<Appended> append_replica(base::Bytes batch) override {
        return log_.append_replica(batch);
    }
    Task<Result<void>> truncate(Offset end) override { return log_.truncate(end); }
    Task<Result<void>> advance_start(Offset start) override { return log_.advance_start(start); }

    std::optional<log::ReadBatches> read_tail(const log::ReadRange& range) override {
        auto read = log_.read_tail(range);
        if (read) spoil(*read);
        return read;
    }
    Task<Result<log::ReadBatches>> read(log::ReadRange range) override {
        CO_TRY(auto read, co_await log_.read(range));
        spoil(read);
        co_return read;
    }
    Task<Result<std::optional<log::TimestampedOffset>>> find_by_time(int64_t timestamp_ms,
                                                                     Offset upto) override {
        return log_.find_by_time(timestamp_ms, upto);
    }
    Task<Result<std::optional<log::TimestampedOffset>>> find_max_timestamp(Offset upto) override {
        return log_.find_max_timestamp(upto);
    }
    Positions positions() const override {
        Positions positions = log_.positions();
        if (flaw_ == BrokerFlaw::early_acknowledgement) positions.durable_end = positions.end;
        return positions;
    }
    Offset high_watermark() const override {
        return high_watermark_.value_or(log_.high_watermark());
    }
    void set_high_watermark(Offset high_watermark) override {
        if (flaw_ == BrokerFlaw::early_acknowledgement) high_watermark_ = high_watermark;
        log_.set_high_watermark(std::min(high_watermark, log_.positions().durable_end));
    }
    log::ProducerState& producers() override {
        if (flaw_ == BrokerFlaw::deduplication_off) return producers_;
        if (flaw_ != BrokerFlaw::stale_epoch_accepted) return log_.producers();
        producers_ = {};
        for (const auto& [producer, state] : log_.producers().producers()) {
            if (state.epoch.value == 0) producers_.restore(producer, state);
        }
        return producers_;
    }
    log::EpochHistory& epochs() override { return log_.epochs(); }
    void configure(std::shared_ptr<const model::TopicConfig> config) override {
        log_.configure(std::move(config));
    }
    void on_durable(std::move_only_function<void()> listener) override {
        listener_ = std::move(listener);
        if (!listener_) return log_.on_durable({});
        log_.on_durable([this] {
            const bool is_lost = flaw_ == BrokerFlaw::lost_waiter &&
                                 shard_.env().random.below(kWakeUpsPerLostOne) == 0;
            if (!is_lost) tell();
        });
    }
    std::optional<base::Error> offline() const override { return log_.offline(); }

private:
    void tell() {
        if (listener_) listener_();
    }
    void spoil(log::ReadBatches& read) {
        if (read.batches.empty()) return;
        if (flaw_ == BrokerFlaw::index_off_by_one &&
            shard_.env().random.below(kReadsPerLateOne) == 0) {
            skip_first_batch(read);
        }
        if (flaw_ == BrokerFlaw::forgotten_offset) forget_last(read.batches.back());
    }
    static void forget_last(base::Slice& batches) {
        base::Buffer copy = base::Buffer::copy_of(batches.bytes());
        for (size_t at = 0; at < copy.size();) {
            const model::BatchView batch(copy.bytes().subspan(at));
            const size_t size_bytes = batch.size_bytes();
            if (at + size_bytes == copy.size()) rename_group(copy.writable().subspan(at));
            at += size_bytes;
        }
        batches = base::Slice(std::move(copy));
    }

    io::Shard& shard_;
    Log& log_;
    const BrokerFlaw flaw_;
    std::move_only_function<void()> listener_;
    std::optional<Offset> high_watermark_;
    log::ProducerState producers_;  // what the broker is shown instead of the log's own
};

class FlawedStorage : public Storage {
public:
    FlawedStorage(io::Shard& shard, std::unique_ptr<Storage> storage, BrokerFlaw flaw)
        : shard_(shard), storage_(std::move(storage)), flaw_(flaw) {}

    const log::RecoveryReport& recovery() const override { return storage_->recovery(); }
    Log* find(const TopicPartition& id) override { return around(storage_->find(id)); }
    std::vector<Log*> logs() override {
        std::vector<Log*> logs = storage_->logs();
        for (Log*& log : logs) log = around(log);
        return logs;
    }
    Result<Log*> create(TopicPartition id, std::string topic_name,
                        std::shared_ptr<const model::TopicConfig> config) override {
        TRY(Log* const log, storage_->create(id, std::move(topic_name), std::move(config)));
        return around(log);
    }
    Task<Result<void>> drop(TopicPartition id) override {
        if (flaw_ == BrokerFlaw::leftover_of_a_deletion && id.partition.value == 0)
            co_return Result<void>();
        auto dropped = co_await storage_->drop(id);
        if (dropped) logs_.erase(id);
        co_return dropped;
    }
    void configure(log::Upkeep upkeep) override { storage_->configure(upkeep); }
    Task<void> apply_retention() override { return storage_->apply_retention(); }
    Task<Result<void>> checkpoint() override { return storage_->checkpoint(); }
    Task<Result<void>> close() override { return storage_->close(); }
    Usage usage() const override { return storage_->usage(); }
    const log::Statistics& statistics() const override { return storage_->statistics(); }

private:
    // The log of the metadata stays as it is: without it nothing starts.
    Log* around(Log* log) {
        if (!log || log->id().topic == broker::kMetadataTopicId) return log;
        auto& flawed = logs_[log->id()];
        if (!flawed) flawed = std::make_unique<FlawedLog>(shard_, *log, flaw_);
        return flawed.get();
    }

    io::Shard& shard_;
    std::unique_ptr<Storage> storage_;
    const BrokerFlaw flaw_;
    std::map<TopicPartition, std::unique_ptr<FlawedLog>> logs_;
};

// coroutine-safe: the shard outlives its storage
Task<Result<std::unique_ptr<Storage>>> open_flawed(io::Shard& shard, log::StorageOptions options,
                                                   BrokerFlaw flaw) {
    CO_TRY(auto storage, co_await Storage::open(shard, std::move(options)));
    co_return std::make_unique<FlawedStorage>(shard, std::move(storage), flaw);
}

}  // namespace

broker::OpenStorage open_with(BrokerFlaw flaw) {
    if (flaw == BrokerFlaw::none) return &Storage::open;
    return [flaw](io::Shard& shard, log::StorageOptions options) {
        return open_flawed(shard, std::move(options), flaw);
    };
}

}  // namespace polylog::sim
