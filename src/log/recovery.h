#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/result.h"
#include "io/task.h"
#include "log/checkpoint_format.h"
#include "log/storage.h"
#include "log/storage_context.h"
#include "log/stored_log.h"

namespace polylog::log {

// Brings a storage's logs back: from the checkpoint, and what the write-ahead logs have behind it.
// Used once, before the storage accepts anything; write-behind runs, so that memory stays bounded.
//
// The ring for `fsync` topics is replayed first. Batches are applied only from the write-ahead log
// that the replayed log belongs to. What takes something away (truncate, advance_start, drop) is
// noted in the first one for all logs, so that a power cut cannot undo what has been done to files.
class Recovery {
public:
    explicit Recovery(StorageContext& context) : context_(context) {}

    io::Task<base::Result<RecoveryReport>> run();
    // What the checkpoint says; empty when there was none.
    const CheckpointHeader& checkpoint() const { return checkpoint_; }
    // The last group of each write-ahead log; new ones continue behind it.
    WalSequence last(WalMode mode) const { return last_[static_cast<size_t>(mode)]; }

private:
    using LogPointer = std::shared_ptr<StoredLog>;

    io::Task<base::Result<void>> load_checkpoint();
    io::Task<base::Result<void>> replay(WalMode mode, WalReplay range);
    io::Task<base::Result<void>> sync_ring(WalMode mode);
    io::Task<base::Result<void>> apply(WalMode mode, WalEntryHeader entry, base::Slice payload);
    void create(WalMode mode, const WalEntryHeader& entry, const base::Slice& payload);
    io::Task<base::Result<void>> append(LogPointer log, WalEntryHeader entry, base::Slice payload);
    io::Task<base::Result<void>> truncate(WalMode mode, LogPointer log, model::Offset end);
    io::Task<base::Result<StoredLog::Cut>> find_cut(LogPointer log, model::Offset end);
    io::Task<base::Result<void>> advance_start(LogPointer log, model::Offset start);
    io::Task<base::Result<void>> drop(LogPointer log);
    io::Task<base::Result<void>> finish_drops();
    io::Task<void> touch(LogPointer log);
    io::Task<base::Result<void>> finish();
    io::Task<void> tidy(LogPointer log);
    io::Task<void> check_all_lengths();
    io::Task<void> check_some_lengths(std::vector<LogPointer>& left);
    enum class Consequence : uint8_t {
        goes_on,   // what is replayed goes into another segment; nothing is lost
        is_pinned  // what is replayed cannot be placed: the write-ahead log must keep it
    };
    void damaged(StoredLog& log, const base::Error& why, Consequence consequence);

    // Segments of a log whose files are not what they should be. A truncation or deletion that
    // replay has yet to come to may explain it; what is left at the end is damage.
    struct Doubt {
        base::Error why;
        std::vector<SegmentList::Pointer> segments;
    };
    void doubt(StoredLog& log, SegmentList::Pointer segment, const base::Error& why);

    StorageContext& context_;
    RecoveryReport report_;
    CheckpointHeader checkpoint_;
    std::array<WalSequence, 2> last_;
    std::array<bool, 2> ring_synced_{};
    std::set<model::TopicPartition> touched_;  // something was replayed into them
    std::map<model::TopicPartition, Doubt> doubts_;
    std::map<model::TopicPartition, model::Offset> starts_;  // of `os` logs, to be moved at the end
    // How often `os` logs were dropped that only the other write-ahead log knows to have been
    // there; below 0 when only their own has the deletion.
    std::map<model::TopicPartition, int> drops_;
};

}  // namespace polylog::log
