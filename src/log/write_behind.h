#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "base/error.h"
#include "io/scope.h"
#include "io/signal.h"
#include "io/task.h"
#include "log/log_files.h"
#include "model/topic_config.h"

namespace polylog::log {

class StoredLog;
struct StorageContext;

// Brings batches from memory into segments, behind the acknowledgement: large pieces of busy logs
// as soon as they are full, everything of the oldest slab when memory runs short. Also watches the
// disk's free space, and says when appends must be refused. Lives on its storage's shard.
class WriteBehind {
public:
    explicit WriteBehind(StorageContext& context);

    // The first look at the disk's free space; then the tasks run until stop() or destruction.
    io::Task<base::Result<void>> start();
    // Returns when no write is under way any more.
    io::Task<void> stop();

    // `log` has a new batch of that size.
    void appended(StoredLog& log, size_t size_bytes);
    // A write-ahead log has committed something: more may be written.
    void committed();
    // `log` is going away.
    void forget(const StoredLog& log);
    // Why appends to a log with this configuration are refused now: disk_full, or throttled when
    // the disk cannot keep up.
    std::optional<base::ErrorCode> refusal(const model::TopicConfig& config) const;
    // For replay: writes until memory is not short (any more), or nothing is left that could be
    // written. On a full disk what is replayed stays in memory; the ring bounds it.
    io::Task<void> relieve();

private:
    struct Job {
        std::shared_ptr<StoredLog> log;  // null: nothing to do
        FlushDemand demand{};
    };
    Job next();
    bool memory_is_short() const;
    io::Task<base::Result<uint64_t>> look_at_disk();
    io::Task<void> run(Job job);
    io::Task<void> work();
    io::Task<void> watch_disk();

    StorageContext& context_;
    std::deque<StoredLog*> busy_;  // with a whole piece to write, each once
    // Why segments cannot be written for now: disk_full or throttled (out of descriptors). Nothing
    // is written until that may have changed.
    std::optional<base::ErrorCode> stalled_;
    bool stopping_ = false;
    int under_way_ = 0;
    io::Signal wanted_;       // there may be something to do
    io::Signal progress_;     // a job is done
    io::TaskScope watching_;  // these two last, so that they go first
    io::TaskScope workers_;
};

}  // namespace polylog::log
