#include "log/storage_context.h"

#include <fmt/core.h>

#include "log/stored_log.h"
#include "log/write_behind.h"

namespace polylog::log {

StorageContext::StorageContext(io::Shard& storage_shard, StorageOptions storage_options)
    : shard(storage_shard),
      options(std::move(storage_options)),
      budget(options.disk_reserve_bytes),
      files(disk(), options.open_files_max),
      indexes(options.cached_indexes_max),
      tails(options.tail_cache_bytes),
      staging((options.flush_piece_bytes + io::kDirectAlignment - 1) / io::kDirectAlignment *
              io::kDirectAlignment) {}

void StorageContext::forget(StoredLog& log) {
    const auto keep = log.shared_from_this();
    logs.erase(log.state().id);
    tails.forget(log);
    write_behind->forget(log);
    for (const auto& each : journals) {
        if (each) each->forget(log);
    }
    log.forget();
}

std::string storage_directory(uint32_t storage_index) {
    return fmt::format("wal/{}", storage_index);
}

WalMode mode_of(const model::TopicConfig& config) {
    return config.durability == model::Durability::fsync ? WalMode::durable : WalMode::buffered;
}

WalOptions ring_options(const StorageOptions& options, WalMode mode) {
    WalOptions ring = options.wal;
    ring.directory = fmt::format("{}/{}", storage_directory(options.storage_index),
                                 mode == WalMode::durable ? "fsync" : "os");
    ring.data_directory_id = options.data_directory_id;
    ring.mode = mode;
    return ring;
}

}  // namespace polylog::log
