#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/shard.h"
#include "log/log.h"
#include "log/write_ahead_log.h"

namespace polylog::log {

struct StorageOptions {
    base::Uuid data_directory_id;
    uint32_t storage_index = 0;          // which of the data directory's write-ahead logs; one per shard
    WalOptions wal;                      // directory and id are filled in
    size_t tail_cache_bytes = size_t{128} << 20;   // batches kept in memory for tailing readers
    size_t unflushed_bytes_max = size_t{64} << 20; // written behind at the latest when so much waits
    size_t flush_piece_bytes = size_t{1} << 20;    // a log is written behind in pieces of this size
    size_t read_ahead_bytes = size_t{1} << 20;
    uint64_t disk_reserve_bytes = uint64_t{256} << 20; // appends are refused when less than this is free
    base::Duration retention_interval{};           // how often old segments are looked for; 0 = 5 minutes
};

// What recovery did, for the start-up log line and the tests.
struct RecoveryReport {
    bool clean = false;                  // the last stop was clean: nothing was replayed
    uint64_t groups_replayed = 0;
    uint64_t bytes_replayed = 0;
    uint64_t logs = 0;
    std::vector<std::string> damaged_logs;  // "orders-3: segment … is shorter than what was synced"
};

// All logs of one shard: their write-ahead logs (one for `fsync` topics, one for `os` topics, made when
// first needed), checkpoint, write-behind, retention and recovery. Everything of a shard that is stored goes
// through here. Lives on that shard.
//
// Clean stop: close() flushes, truncates active segments to their size and writes the checkpoint; the next
// open() reads only the checkpoint. After a crash open() replays the write-ahead logs from the checkpoint;
// time is bounded by the ring, not by the data.
class Storage {
public:
    // Recovers what is there; an empty directory is a new storage. Errors: damaged (the write-ahead log lost
    // something acknowledged; says what, where, and what an operator can do), corrupt, io_failed, disk_full.
    static io::Task<base::Result<std::unique_ptr<Storage>>> open(io::Shard& shard, StorageOptions options);
    virtual ~Storage() = default;

    virtual const RecoveryReport& recovery() const = 0;
    // Null when there is no such log here.
    virtual Log* find(const model::TopicPartition& id) = 0;
    virtual std::vector<Log*> logs() = 0;
    // A new empty log; it is durable with the first group that commits after this call, and owns no file
    // until something is flushed. The topic's name only makes its directory readable.
    virtual base::Result<Log*> create(model::TopicPartition id, std::string topic_name,
                                      std::shared_ptr<const model::TopicConfig> config) = 0;
    // Forgets the log at once (the pointer dies) and deletes its files; done when both are durable.
    virtual io::Task<base::Result<void>> drop(model::TopicPartition id) = 0;
    // Applies retention to every log now (also done on a timer).
    virtual io::Task<void> apply_retention() = 0;
    // Flushes every log, syncs, writes the checkpoint and releases the write-ahead log.
    virtual io::Task<base::Result<void>> checkpoint() = 0;
    virtual io::Task<base::Result<void>> close() = 0;

    struct Usage {
        WriteAheadLog::Usage wal;
        uint64_t tail_cache_bytes = 0;
        uint64_t unflushed_bytes = 0;
        bool accepts_appends = true;     // false: disk full, or a write-ahead log failed
    };
    virtual Usage usage() const = 0;
};

}  // namespace polylog::log
