#include "log/storage_context.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "log/stored_log.h"
#include "log/write_behind.h"

namespace polylog::log {

StorageContext::StorageContext(io::Shard& storage_shard, StorageOptions storage_options)
    : shard(storage_shard),
      options(std::move(storage_options)),
      upkeep(options.upkeep),
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

// Some more go than must, so that this is rarely done.
void StorageContext::bound_producers() {
    if (producers <= options.producers_max) return;
    struct Idle {
        int64_t last_timestamp_ms;
        StoredLog* log;
        model::ProducerId id;
    };
    std::vector<Idle> all;
    all.reserve(producers);
    for (const auto& [id, log] : logs) {
        for (const auto& [producer_id, producer] : log->state().producers.producers()) {
            all.push_back({producer.last_timestamp_ms, log.get(), producer_id});
        }
    }
    const size_t kept = options.producers_max - options.producers_max / 16;
    if (all.size() <= kept) return;
    const auto first_kept = all.begin() + static_cast<ptrdiff_t>(all.size() - kept);
    std::ranges::nth_element(all, first_kept, {}, &Idle::last_timestamp_ms);
    for (auto each = all.begin(); each != first_kept; ++each) {
        static_cast<Log&>(*each->log).producers().forget(each->id);
        each->log->account();
    }
    statistics.producers_evicted += static_cast<uint64_t>(first_kept - all.begin());
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
