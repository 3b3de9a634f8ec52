#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/shard.h"
#include "log/log.h"
#include "log/statistics.h"
#include "log/write_ahead_log.h"

namespace polylog::log {

// What a storage does by itself, now and then.
struct Upkeep {
    // How often retention is applied.
    base::Duration retention_interval = std::chrono::minutes(5);
    // Idempotent producers are forgotten when they have been silent for so long.
    base::Duration producer_expiry = std::chrono::hours(24);
    bool operator==(const Upkeep&) const = default;
};

struct StorageOptions {
    base::Uuid data_directory_id;
    // Which of the data directory's storages; one per shard.
    uint32_t storage_index = 0;
    // Of both write-ahead logs; directory, id and mode are filled in.
    WalOptions wal;
    // Batches kept in memory for tailing readers.
    size_t tail_cache_bytes = size_t{128} << 20;
    // When so much is in no segment yet, it is written there; at twice as much appends are refused.
    size_t unflushed_bytes_max = size_t{64} << 20;
    // A busy log is written behind in pieces of this size.
    size_t flush_piece_bytes = size_t{1} << 20;
    size_t read_ahead_bytes = size_t{1} << 20;
    // Appends are refused when the disk has less than this left.
    uint64_t disk_reserve_bytes = uint64_t{256} << 20;
    size_t open_files_max = 1024;
    // Full segments whose indexes are kept in memory; at most 800 KiB each.
    size_t cached_indexes_max = 32;
    // Idempotent producers remembered, about 300 bytes each; one counts in every log it writes to.
    // Beyond it the longest idle are forgotten.
    size_t producers_max = 200'000;
    Upkeep upkeep;  // until configure()
};

// What recovery did, for the start-up log line and the tests.
struct RecoveryReport {
    bool clean = false;  // the last stop was clean: nothing was replayed
    uint64_t entries_replayed = 0;
    uint64_t bytes_replayed = 0;  // of batches
    uint64_t logs = 0;
    // Nothing was lost or left to repair: the last stop was clean, or there was nothing yet.
    bool was_in_order() const { return clean || (logs == 0 && entries_replayed == 0); }

    std::vector<std::string> damaged_logs;  // "orders-3: ...log is 100 bytes long, but 200 had ..."
};

// All logs of one shard: their write-ahead logs (one for `fsync` topics, one for `os` topics, whose
// files are made when first needed), checkpoint, write-behind, retention and recovery. Everything
// of a shard that is stored goes through here. Lives on that shard.
//
// Clean stop: close() flushes, truncates active segments to their size and writes the checkpoint;
// the next open() reads only the checkpoint. After a crash open() replays the write-ahead logs from
// the checkpoint; time is bounded by the ring, not by the data.
class Storage {
public:
    // Recovers what is there; an empty directory is a new storage. Errors: damaged (the write-ahead
    // log lost something acknowledged; says what, where, and what an operator can do), corrupt,
    // io_failed, disk_full.
    static io::Task<base::Result<std::unique_ptr<Storage>>> open(io::Shard& shard,
                                                                 StorageOptions options);
    virtual ~Storage() = default;

    virtual const RecoveryReport& recovery() const = 0;
    // Null when there is no such log here.
    virtual Log* find(const model::TopicPartition& id) = 0;
    // In the order of topic id and partition.
    virtual std::vector<Log*> logs() = 0;
    // A new empty log; it is durable with the first group that commits after this call, and owns no
    // file until something is flushed. The topic's name only makes its directory readable. Errors:
    // topic_exists, invalid_name (longer than 64 KiB), disk_full, io_failed.
    virtual base::Result<Log*> create(model::TopicPartition id, std::string topic_name,
                                      std::shared_ptr<const model::TopicConfig> config) = 0;
    // Forgets the log at once (the pointer dies) and deletes its files; done when both are durable.
    // Errors: not_found, disk_full and io_failed, with which the log stays.
    virtual io::Task<base::Result<void>> drop(model::TopicPartition id) = 0;
    // New intervals count from the last time on.
    virtual void configure(Upkeep upkeep) = 0;
    // Applies retention to every log now (also done on a timer), and forgets silent producers.
    virtual io::Task<void> apply_retention() = 0;
    // Flushes every log, syncs, writes the checkpoint and releases the write-ahead log. Errors:
    // disk_full (it will be tried again), io_failed, partition_offline (a log could not be written:
    // its data stay in the write-ahead log until it is dropped, or a restart replays them).
    virtual io::Task<base::Result<void>> checkpoint() = 0;
    // A clean stop; nothing may be called afterwards. On an error the next open() replays instead.
    virtual io::Task<base::Result<void>> close() = 0;

    struct Usage {
        WriteAheadLog::Usage durable_wal;
        WriteAheadLog::Usage buffered_wal;
        uint64_t tail_cache_bytes = 0;
        uint64_t unflushed_bytes = 0;
        uint64_t open_files = 0;
        uint64_t producers = 0;       // remembered; see StorageOptions::producers_max
        bool accepts_appends = true;  // false: disk or memory full, or a write-ahead log failed
    };
    virtual Usage usage() const = 0;
    virtual const Statistics& statistics() const = 0;
};

}  // namespace polylog::log
