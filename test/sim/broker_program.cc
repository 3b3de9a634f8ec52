#include "test/sim/broker_program.h"

#include <fmt/core.h>

#include <algorithm>

#include "broker/internal_topics.h"
#include "log/log_directory.h"

namespace polylog::sim {

using base::ErrorCode;
using io::Task;

namespace {

bool is_disk_trouble(ErrorCode code) {
    return code == ErrorCode::io_failed || code == ErrorCode::disk_full ||
           code == ErrorCode::partition_offline;
}

}  // namespace

BrokerSizes::BrokerSizes(RandomStream stream) {
    const auto one_of = [&stream](std::initializer_list<size_t> sizes) {
        return *(sizes.begin() + stream.below(sizes.size()));
    };
    constexpr size_t k = 1 << 10;
    storage.wal.file_bytes = one_of({64 * k, 128 * k, 256 * k});
    storage.wal.files_max = static_cast<uint32_t>(one_of({3, 4, 8}));
    storage.wal.slab_bytes = one_of({8 * k, 16 * k, 64 * k});
    storage.wal.write_bytes_max = one_of({16 * k, 256 * k});
    storage.tail_cache_bytes = one_of({16 * k, 64 * k, 512 * k});
    storage.unflushed_bytes_max = one_of({32 * k, 128 * k, 512 * k});
    storage.flush_piece_bytes = one_of({4 * k, 16 * k, 64 * k});
    storage.read_ahead_bytes = one_of({4 * k, 16 * k, 128 * k});
    storage.disk_reserve_bytes = one_of({0, 64 * k});
    storage.open_files_max = one_of({2, 8, 64});
    storage.cached_indexes_max = one_of({1, 4, 16});
    config = {{"log.retention.check.interval.ms", "500"},
              {"offsets.topic.num.partitions", "2"},
              {"group.initial.rebalance.delay.ms", "20"},
              {"group.min.session.timeout.ms", "100"}};
}

// Far more than any scenario needs.
constexpr uint64_t kMemoryBytes = uint64_t{1} << 30;

BrokerProgram::BrokerProgram(Node& node, std::shared_ptr<BrokerLedger> ledger,
                             const BrokerSizes& sizes)
    : node_(node),
      ledger_(std::move(ledger)),
      sizes_(sizes),
      memory_(kMemoryBytes, limits_),
      admission_(node.shard(0), limits_, memory_) {
    ++ledger_->starts;
    ledger_->serving = false;
    node_.spawn(serve());
}

Task<void> BrokerProgram::serve() {
    std::vector<io::Shard*> shards;
    for (uint32_t i = 0; i < node_.shard_count(); ++i) shards.push_back(&node_.shard(i));
    broker_ = std::make_unique<broker::Broker>(
        shards, broker::BrokerOptions{.node = {1},
                                      .static_config = sizes_.config,
                                      .storage = sizes_.storage,
                                      .limits = limits_,
                                      .memory = &memory_,
                                      .open_storage = open_with(ledger_->setup.flaw)});
    const auto started = co_await broker_->start();
    if (!started) {
        if (!ledger_->disk_harmed || !is_disk_trouble(started.error().code()))
            node_.world().fail("does not start: " + started.error().message());
        co_await io::sleep_for(std::chrono::milliseconds(50));
        co_return die();
    }
    const bool is_whole = std::ranges::all_of(broker_->recovery(), [](const auto& report) {
        return report.damaged_logs.empty();
    });
    if (!is_whole && ledger_->disk_harmed) co_return die();
    ledger_->judge("recovery", check_start());
    listeners_ = std::make_unique<kafka::Listeners>(shards, *broker_, admission_, limits_);
    const auto opened = co_await listeners_->open({.host = "", .port = kBrokerPort}, std::nullopt);
    if (!opened) node_.world().fail("does not listen: " + opened.error().message());
    ledger_->serving = true;
    ledger_->stopped_cleanly = false;
}

Complaint BrokerProgram::check_start() const {
    for (const log::RecoveryReport& report : broker_->recovery()) {
        if (!report.damaged_logs.empty()) return "damaged: " + report.damaged_logs.front();
        if (ledger_->stopped_cleanly && !report.clean) return "a clean stop was not noticed";
    }
    return std::nullopt;
}

// Somebody starts it again.
void BrokerProgram::die() {
    ledger_->serving = false;
    node_.world().after({}, [&node = node_, crashes = node_.disk().crashes()] {
        if (node.disk().crashes() != crashes) return;
        node.crash(Crash::kill);
        node.restart();
    });
}

Task<void> BrokerProgram::stop() {
    constexpr base::Duration kDrainTimeout = std::chrono::milliseconds(500);
    if (std::exchange(stopping_, true)) co_return;
    ledger_->serving = false;
    co_await listeners_->drain(io::Shard::current().now() + kDrainTimeout);
    const auto stopped = co_await broker_->stop();
    ledger_->stopped_cleanly = stopped.has_value();
    if (!stopped && !ledger_->disk_harmed)
        node_.world().fail("does not stop: " + stopped.error().message());
    die();
}

Task<Complaint> BrokerProgram::look_for_leftovers() {
    const meta::ImagePtr image = broker_->topics().image();
    for (const broker::StoredLog& log : co_await broker_->streams().stored_logs()) {
        if (!log.online) co_return "a log is offline";
        if (!image->find(log.partition.topic)) co_return "a partition of a deleted topic is left";
    }
    const auto directories = co_await node_.shard(0).env().disk.list(
        std::string(log::kTopicsDirectory));
    if (!directories) co_return std::nullopt;  // nothing has been written to segments
    for (const io::DirectoryEntry& directory : *directories) {
        const auto id = log::parse_topic_directory(directory.name);
        const bool known = id && (image->find(*id) || *id == broker::kMetadataTopicId);
        if (!known) co_return "a directory of a deleted topic is left: " + directory.name;
    }
    for (const auto& counts : (co_await listeners_->collect()).connections) {
        if (counts.open > 0) co_return fmt::format("{} connections are left", counts.open);
    }
    co_return std::nullopt;
}

Task<Complaint> BrokerProgram::look_at_memory() {
    // A batch that alone is larger than a bound may be held beside it.
    constexpr uint64_t kLargestBatch = uint64_t{64} << 10;
    const log::StorageOptions& bounds = sizes_.storage;
    for (const log::Storage::Usage& usage : co_await broker_->storage_usage()) {
        if (usage.tail_cache_bytes > bounds.tail_cache_bytes + kLargestBatch)
            co_return fmt::format("{} bytes in the tail cache", usage.tail_cache_bytes);
        if (usage.unflushed_bytes > 2 * bounds.unflushed_bytes_max + kLargestBatch)
            co_return fmt::format("{} bytes are not in segments", usage.unflushed_bytes);
        if (usage.open_files > bounds.open_files_max + broker_->topics().image()->topics.size())
            co_return fmt::format("{} open files", usage.open_files);
    }
    co_return std::nullopt;
}

}  // namespace polylog::sim
