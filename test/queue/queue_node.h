#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/shard.h"
#include "log/storage.h"
#include "queue/queue.h"
#include "replication/partition.h"

namespace polylog::queue::testing {

// A queue of one partition; its dead-letter queue, if it has one, is another of the same node.
struct QueueSpec {
    std::string name;
    model::TopicConfig config;
};

// The program of a simulated machine that keeps queues and does nothing else: storage, partitions
// of messages and settlements, queues.
class QueueNode {
public:
    // `boot` counts the machine's boots: each is a leader epoch.
    QueueNode(io::Shard& shard, std::vector<QueueSpec> specs, int32_t boot,
              log::StorageOptions options)
        : shard_(shard), specs_(std::move(specs)), boot_(boot), options_(std::move(options)) {}
    ~QueueNode() { close(); }
    QueueNode(const QueueNode&) = delete;
    QueueNode& operator=(const QueueNode&) = delete;

    // Opens the storage and reads the queues back.
    io::Task<base::Result<void>> start() {
        CO_TRY(storage_, co_await log::Storage::open(shard_, options_));
        for (uint8_t i = 0; i < specs_.size(); ++i) {
            CO_TRY(auto queue, make(i));
            queues_.push_back(std::move(queue));
        }
        // Dead-letter queues come last, and take letters as soon as others are loaded.
        for (size_t i = queues_.size(); i-- > 0;) {
            CO_TRY_VOID(co_await queues_[i]->load());
        }
        co_return {};
    }
    void close() {
        for (const auto& queue : queues_) queue->close();
        for (const auto& partition : partitions_) partition->close();
        queues_.clear();
        partitions_.clear();
    }

    std::shared_ptr<Queue> queue(size_t index = 0) { return queues_.at(index); }
    bool has_queue(size_t index) const { return index < queues_.size(); }
    replication::Partition& messages(size_t index = 0) { return *partitions_.at(2 * index); }
    replication::Partition& settlements(size_t index = 0) { return *partitions_.at(2 * index + 1); }
    log::Storage& storage() { return *storage_; }
    // While set, no queue takes dead letters.
    void refuse_dead_letters(bool refuse) { refusing_ = refuse; }
    uint64_t hand_offs_tried() const { return hand_offs_tried_; }

    static model::TopicPartition id(uint8_t index) {
        base::Uuid topic;
        topic.bytes.fill(static_cast<uint8_t>(0x40 + index));
        return {.topic = {topic}, .partition = {0}};
    }
    // Small and quick: rings turn, segments fill.
    static log::StorageOptions small_storage() {
        log::StorageOptions options;
        options.data_directory_id.bytes.fill(0x11);
        options.wal.file_bytes = 256 << 10;
        options.wal.files_max = 8;
        options.wal.slab_bytes = 16 << 10;
        options.tail_cache_bytes = 1 << 20;
        options.unflushed_bytes_max = 512 << 10;
        options.flush_piece_bytes = 16 << 10;
        options.read_ahead_bytes = 64 << 10;
        options.disk_reserve_bytes = 0;
        return options;
    }

private:
    base::Result<std::shared_ptr<replication::Partition>> open(model::TopicPartition id,
                                                               const QueueSpec& spec) {
        const auto config = std::make_shared<const model::TopicConfig>(spec.config);
        log::Log* log = storage_->find(id);
        if (!log) {
            TRY(log, storage_->create(id, spec.name, config));
        }
        replication::Leadership leadership{.leader_epoch = {boot_}, .in_sync_replicas = {{1}}};
        auto partition = std::make_shared<replication::Partition>(shard_, *log,
                                                                  std::move(leadership), config);
        partitions_.push_back(partition);
        return partition;
    }

    base::Result<std::shared_ptr<Queue>> make(uint8_t index) {
        const QueueSpec& spec = specs_[index];
        TRY(auto messages, open(id(index), spec));
        TRY(auto settlements, open(model::settlements_of(id(index)), spec));
        DeadLetters::Target target{.give_up =
                                       [this, index](std::vector<DeadLetter> letters) {
                                           return give_up(index, std::move(letters));
                                       },
                                   .forget =
                                       [this, index](std::vector<HandOff> hand_offs) {
                                           return forget(index, std::move(hand_offs));
                                       }};
        return std::make_shared<Queue>(Queue::Parts{.shard = shard_,
                                                    .messages = std::move(messages),
                                                    .settlements = std::move(settlements),
                                                    .id = id(index)},
                                       std::make_shared<const model::TopicConfig>(spec.config),
                                       std::move(target));
    }

    std::shared_ptr<Queue> dead_letter_queue(uint8_t index) {
        for (size_t i = 0; i < queues_.size(); ++i) {
            if (specs_[i].name == specs_[index].config.queue.dead_letter->queue) return queues_[i];
        }
        return nullptr;
    }

    io::Task<std::vector<base::Result<void>>> give_up(uint8_t index,
                                                      std::vector<DeadLetter> letters) {
        ++hand_offs_tried_;
        const auto target = dead_letter_queue(index);
        if (!target || refusing_) {
            co_return std::vector<base::Result<void>>(letters.size(),
                                                      base::fail(base::ErrorCode::unknown_topic));
        }
        std::vector<Send> sends;
        for (DeadLetter& letter : letters) {
            letter.message.dead_letter_source = specs_[index].name;
            sends.push_back({.message = std::move(letter.message),
                             .delay = base::Duration::zero(),
                             .hand_off = letter.hand_off});
        }
        std::vector<base::Result<void>> results;
        for (const auto& sent : co_await target->send(std::move(sends)))
            results.push_back(sent ? base::Result<void>() : base::fail(sent.error()));
        co_return results;
    }
    io::Task<void> forget(uint8_t index, std::vector<HandOff> hand_offs) {
        if (const auto target = dead_letter_queue(index)) target->forget_hand_offs(hand_offs);
        co_return;
    }

    io::Shard& shard_;
    const std::vector<QueueSpec> specs_;
    const int32_t boot_;
    const log::StorageOptions options_;
    std::unique_ptr<log::Storage> storage_;
    std::vector<std::shared_ptr<replication::Partition>> partitions_;
    std::vector<std::shared_ptr<Queue>> queues_;
    bool refusing_ = false;
    uint64_t hand_offs_tried_ = 0;
};

}  // namespace polylog::queue::testing
