#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "io/mutex.h"
#include "log/journal.h"
#include "log/log.h"
#include "log/log_files.h"
#include "log/log_reader.h"
#include "log/log_state.h"

namespace polylog::log {

struct StorageContext;

// Where a journal last noted a log, so that a log is noted once per group; see Journal::touch.
struct JournalMark {
    WalMode mode = WalMode::durable;
    WalSequence group;
    uint64_t number = 0;
};

// A log of a storage: its state, its files and its place among the storage's other parts. Held by
// reference count: whatever still works on a log that is dropped ends without it. Lives on its
// storage's shard.
class StoredLog final : public Log, public std::enable_shared_from_this<StoredLog> {
public:
    StoredLog(StorageContext& context, LogState state);
    ~StoredLog() override;

    LogState& state() { return state_; }
    const LogState& state() const { return state_; }
    LogFiles& files() { return files_; }
    // "orders-3", for messages.
    std::string name() const;
    // Held while files change, and from the moment a batch is taken back until that is durable.
    io::Mutex& files_lock() { return files_lock_; }
    void committed(WalMode by, model::Offset upto);
    // Writes what is committed below `upto`. On any error but a retriable one (is_retriable) the
    // log goes offline, and what it could not write stays in the write-ahead log.
    io::Task<base::Result<void>> flush(model::Offset upto, FlushDemand demand);
    // Makes durable what was flushed; errors as flush.
    io::Task<base::Result<void>> sync();
    // Who tells the operator.
    enum class Told : uint8_t { here, by_caller };
    // From now on everything fails with that.
    void take_offline(base::Error why, Told told = Told::here);
    // Notes a change that takes something away. Errors: disk_full, io_failed.
    struct Noted {
        std::optional<WalSequence> durable;
        std::optional<WalSequence> buffered;
    };
    base::Result<Noted> note(WalEntryKind kind, model::Offset offset);
    io::Task<base::Result<void>> committed(Noted noted);
    // Where a truncation to some offset takes effect, and what is left of the segment there.
    struct Cut {
        LogReader::Located place;
        LogState::Timestamps left;
    };
    io::Task<base::Result<Cut>> find_cut(model::Offset end);
    // Takes batches back; returns the segments whose files go once that is durable.
    std::vector<SegmentList::Pointer> cut(const Cut& cut);
    // As it stands in a checkpoint taken now; the same one as long as nothing changes.
    std::shared_ptr<const std::string> encoded_record();
    // A checkpoint contains what was appended before the durability changed.
    void end_switch();
    // Keeps the storage's account after the state has changed.
    void account();
    // The log is no longer one of its storage's; tasks that work on it end by themselves.
    void forget();

    JournalMark journal_mark;
    bool flush_queued = false;  // for WriteBehind
    bool flushing = false;
    bool flush_failed = false;  // until the next start
    bool dropped = false;

private:
    // As Log.
    const model::TopicPartition& id() const override { return state_.id; }
    base::Result<Appended> append(base::Bytes batch, model::LeaderEpoch epoch) override;
    base::Result<Appended> append_replica(base::Bytes batch) override;
    io::Task<base::Result<void>> truncate(model::Offset end) override;
    io::Task<base::Result<void>> advance_start(model::Offset start) override;
    std::optional<ReadBatches> read_tail(const ReadRange& range) override;
    io::Task<base::Result<ReadBatches>> read(ReadRange range) override;
    io::Task<base::Result<std::optional<TimestampedOffset>>> find_by_time(
        int64_t timestamp_ms, model::Offset upto) override;
    io::Task<base::Result<std::optional<TimestampedOffset>>> find_max_timestamp(
        model::Offset upto) override;
    Positions positions() const override;
    model::Offset high_watermark() const override { return state_.high_watermark; }
    void set_high_watermark(model::Offset high_watermark) override;
    ProducerState& producers() override;
    EpochHistory& epochs() override;
    void configure(std::shared_ptr<const model::TopicConfig> config) override;
    void on_durable(std::move_only_function<void()> listener) override;
    std::optional<base::Error> offline() const override { return state_.offline; }

    // Leaves the batch's own leader epoch where none is given.
    base::Result<Appended> add(base::Bytes batch, std::optional<model::LeaderEpoch> epoch);
    base::Result<void> note_start(Journal& journal);
    io::Task<io::Mutex::Guard> lock_for_change();
    io::Task<base::Result<void>> durable_up_to(model::Offset offset);
    base::Result<void> check_online() const;
    base::Result<void> check_readable(model::Offset from) const;
    StorageContext& context_;
    LogState state_;
    LogFiles files_;
    LogReader reader_;
    io::Mutex files_lock_;
    std::shared_ptr<const std::string> encoded_record_;
    uint64_t accounted_unflushed_ = 0;
    uint64_t accounted_producers_ = 0;
    io::Signal switch_ended_;
    std::move_only_function<void()> on_durable_;
};

}  // namespace polylog::log
