#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/sim/run_task.h"
#include "io/sim/world.h"
#include "log/storage.h"
#include "test/log/batches.h"

namespace polylog::log::testing {

// A storage on one simulated machine, driven from outside: it can be killed, lose its power and be
// opened again. Small by default, so that rings turn and segments fill quickly.
class StorageRig {
public:
    explicit StorageRig(uint64_t seed = 1, sim::NodeOptions machine = quick_machine())
        : world_(seed), node_(world_.add_node(std::move(machine))) {
        options.data_directory_id.bytes.fill(0x11);
        options.wal.file_bytes = 256 << 10;
        options.wal.files_max = 6;
        options.wal.slab_bytes = 16 << 10;
        options.tail_cache_bytes = 1 << 20;
        options.unflushed_bytes_max = 512 << 10;
        options.flush_piece_bytes = 16 << 10;
        options.read_ahead_bytes = 64 << 10;
        options.disk_reserve_bytes = 0;
    }

    // Without the rare slow operations: tests of behaviour count operations, not time.
    static sim::NodeOptions quick_machine() {
        sim::NodeOptions machine;
        machine.disk.read.spike_probability = 0;
        machine.disk.write.spike_probability = 0;
        machine.disk.sync.spike_probability = 0;
        return machine;
    }

    sim::World& world() { return world_; }
    sim::Node& node() { return node_; }
    sim::SimDisk& disk() { return node_.disk(); }
    Storage& storage() { return *program_->storage; }
    bool is_open() const { return program_ && program_->storage; }

    // Boots the machine and opens the storage.
    base::Result<void> try_open() {
        node_.boot([this](sim::Node&) {
            auto program = std::make_shared<Program>();
            program_ = program.get();
            return program;
        });
        auto opened = wait(Storage::open(node_.shard(0), options));
        if (!opened) return base::fail(std::move(opened).error());
        program_->storage = std::move(*opened);
        return {};
    }
    void open() {
        const auto opened = try_open();
        ASSERT_TRUE(opened) << opened.error().message();
    }
    void crash(sim::Crash kind) {
        node_.crash(kind);
        program_ = nullptr;
    }
    void reopen_after(sim::Crash kind) {
        crash(kind);
        open();
    }
    // A clean stop; the machine stays up.
    base::Result<void> close() { return wait(storage().close()); }
    void reopen_cleanly() {
        const auto closed = close();
        ASSERT_TRUE(closed) << closed.error().message();
        reopen_after(sim::Crash::kill);
    }

    // Runs the world until the task is done.
    template <class T>
    T wait(io::Task<T> task) {
        auto result = sim::run_task(node_, std::move(task), std::chrono::seconds(600));
        EXPECT_TRUE(result.has_value()) << world_.failure().value_or("the task did not end");
        if (!result) std::abort();
        return std::move(*result);
    }
    // Runs `work` as code of the shard.
    template <class F>
    auto on_shard(F work) {
        using R = decltype(work());
        std::optional<R> result;
        node_.shard(0).run([&] { result.emplace(work()); });
        return std::move(*result);
    }
    void run_for(base::Duration duration) { world_.run_for(duration); }

    static model::TopicPartition id(int32_t partition = 0, uint8_t topic = 7) {
        base::Uuid uuid;
        uuid.bytes.fill(topic);
        return {.topic = {uuid}, .partition = {partition}};
    }
    static model::TopicConfig config() {
        model::TopicConfig config;
        config.segment_bytes = 128 << 10;
        return config;
    }
    Log& create(model::TopicPartition log, model::TopicConfig topic_config = config()) {
        auto shared = std::make_shared<const model::TopicConfig>(std::move(topic_config));
        auto created = on_shard([&] { return storage().create(log, "orders", std::move(shared)); });
        EXPECT_TRUE(created) << created.error().message();
        return **created;
    }
    Log& log(model::TopicPartition log = id()) {
        Log* found = storage().find(log);
        EXPECT_NE(found, nullptr);
        return *found;
    }

    base::Result<Log::Appended> try_append(Log& log, const BatchShape& shape,
                                           model::LeaderEpoch epoch = {0}) {
        const base::Buffer batch = make_batch(shape);
        return on_shard([&] { return log.append(batch.bytes(), epoch); });
    }
    model::Offset append(Log& log, const BatchShape& shape, model::LeaderEpoch epoch = {0}) {
        const auto appended = try_append(log, shape, epoch);
        EXPECT_TRUE(appended) << appended.error().message();
        return appended ? appended->first : model::Offset{-1};
    }
    // Until everything appended is durable.
    void settle(Log& log) {
        const auto is_durable = [&] {
            return log.offline() || log.positions().durable_end == log.positions().end;
        };
        EXPECT_TRUE(world_.run_until(is_durable, std::chrono::seconds(60)));
        EXPECT_FALSE(log.offline()) << log.offline()->message();
    }
    base::Result<ReadBatches> read(Log& log, model::Offset from, size_t max_bytes = 1 << 30) {
        return wait(log.read({.from = from, .upto = log.positions().end, .max_bytes = max_bytes}));
    }
    // All of the log's batches from `from` on, one by one.
    std::vector<std::string> read_all(Log& log, model::Offset from) {
        std::vector<std::string> batches;
        while (from < log.positions().end) {
            const auto some = read(log, from, 100 << 10);
            EXPECT_TRUE(some) << some.error().message();
            if (!some || some->batches.empty()) break;
            for (const base::Slice& slice : some->batches) {
                for (base::Bytes rest = slice.bytes(); !rest.empty();) {
                    const model::BatchView batch(rest);
                    const base::Bytes bytes = rest.first(batch.size_bytes());
                    batches.emplace_back(base::as_text(bytes));
                    from = batch.next_offset();
                    rest = rest.subspan(batch.size_bytes());
                }
            }
        }
        return batches;
    }
    std::vector<std::string> read_all(Log& log) { return read_all(log, log.positions().start); }

    StorageOptions options;

private:
    struct Program {
        std::unique_ptr<Storage> storage;
    };

    sim::World world_;
    sim::Node& node_;
    Program* program_ = nullptr;  // owned by the node; gone with its crash
};

}  // namespace polylog::log::testing
