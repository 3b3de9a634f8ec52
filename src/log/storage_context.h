#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "io/shard.h"
#include "log/deletion.h"
#include "log/disk_budget.h"
#include "log/file_cache.h"
#include "log/index_cache.h"
#include "log/journal.h"
#include "log/staging.h"
#include "log/statistics.h"
#include "log/storage.h"
#include "log/tail_cache.h"
#include "model/compression.h"

namespace polylog::log {

class Checkpointer;
class StoredLog;
class WriteBehind;
using StoredLogs = std::map<model::TopicPartition, std::shared_ptr<StoredLog>>;

// "wal/<storage index>": the storage's write-ahead logs and checkpoint.
std::string storage_directory(uint32_t storage_index);
// Which write-ahead log the batches of a topic go to.
WalMode mode_of(const model::TopicConfig& config);
// How one of the storage's write-ahead logs is opened or replayed.
WalOptions ring_options(const StorageOptions& options, WalMode mode);

// What all logs of a storage share. Lives on its shard, longer than any log or task of the storage.
struct StorageContext {
    StorageContext(io::Shard& storage_shard, StorageOptions storage_options);

    io::Disk& disk() { return shard.env().disk; }
    // Null during recovery, which comes before they are opened.
    Journal* journal(WalMode mode) { return journals[static_cast<size_t>(mode)].get(); }
    // Forgets the longest idle producers when all logs remember too many.
    void bound_producers();
    // Takes the log out of everything; whoever still works on it holds a reference.
    void forget(StoredLog& log);

    io::Shard& shard;
    const StorageOptions options;
    Upkeep upkeep;
    Statistics statistics;
    DiskBudget budget;
    FileCache files;
    IndexCache indexes;
    TailCache tails;
    Staging staging;
    model::Decompressor decompressor;
    // Files may hold what was appended after a truncation that replay has not come to yet.
    bool replaying = false;
    // A crash took what one write-ahead log knew of these logs' deletion, while the other one has
    // it: it is told before such a log is created again. By WalMode.
    std::array<std::set<model::TopicPartition>, 2> unnoted_drops;
    uint64_t unflushed_bytes = 0;  // of all logs
    uint64_t producers = 0;        // remembered by all logs
    // Names in them have changed since they were synced.
    std::set<std::string> unsynced_directories;
    std::array<std::unique_ptr<Journal>, 2> journals;  // by WalMode
    StoredLogs logs;
    std::map<model::TopicPartition, std::shared_ptr<Deletion>> deletions;  // under way
    // The storage's other parts, for the logs to tell of what they need.
    WriteBehind* write_behind = nullptr;
    Checkpointer* checkpointer = nullptr;
    std::function<void(StoredLog&)> mode_wanted;  // its configuration asks for another durability
};

}  // namespace polylog::log
