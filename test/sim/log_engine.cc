#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "io/signal.h"
#include "log/storage.h"
#include "model/record.h"
#include "test/log/batches.h"
#include "test/sim/flawed_disk.h"
#include "test/sim/log_model.h"
#include "test/sim/scenario.h"

// A storage with a dozen logs under a random workload: appends, reads, searches by time,
// truncations, deletions from the front, checkpoints, changes of durability, logs that come and go;
// on a disk that fills up and fails, in a machine that is killed and loses its power at any
// operation of the disk.
//
// The checker: each log is at any time what a plain list of batches is (LogModel); after every
// start it is what it was durably, plus at most what was asked for after that, in order; a start
// fails only when the disk does; and when all is well again everything is accepted, closed cleanly
// and found unchanged.
namespace polylog::sim {
namespace {

using base::ErrorCode;
using base::Result;
using io::Task;
using log::Log;
using log::Storage;
using model::Offset;
using model::TopicPartition;
using Kind = ModelOperation::Kind;

constexpr int kLogs = 12;
constexpr int kWorkers = 4;

struct Setup {
    DiskFlaw flaw = DiskFlaw::none;
    bool acknowledges_early = false;  // takes what is appended for durable
    bool disk_fails = true;
};

// A log as the world outside knows it.
struct Subject {
    LogModel model;
    bool os_durability = false;
    bool was_os = false;   // at some time since it was last compared
    bool busy = false;     // something is under way that must be alone
    uint64_t version = 0;  // changes when batches are taken back
};

struct Ledger {
    Ledger(World& in_world, Setup chosen)
        : world(in_world), setup(chosen), stream(in_world.random("workload")) {
        for (int32_t i = 0; i < kLogs; ++i) {
            base::Uuid topic;
            topic.bytes.fill(static_cast<uint8_t>(1 + i / 3));
            subjects.try_emplace({.topic = {topic}, .partition = {i % 3}});
        }
        choose_options();
    }
    void choose_options();

    World& world;
    const Setup setup;
    RandomStream stream;
    log::StorageOptions options;
    int32_t segment_bytes = 0;
    std::map<TopicPartition, Subject> subjects;
    uint64_t next_value = 0;
    int64_t clock_ms = 1'000'000;
    bool power_was_cut = false;  // since the logs were last compared
    bool working = false;        // recovered and compared
    bool quiet = false;          // workers do nothing
    bool all_is_well = false;    // no more faults
    uint64_t starts = 0;
    uint64_t durable_appends = 0;
};

void Ledger::choose_options() {
    const auto one_of = [this](std::initializer_list<size_t> sizes) {
        return *(sizes.begin() + stream.below(sizes.size()));
    };
    constexpr size_t k = 1 << 10;
    options.data_directory_id.bytes.fill(0x22);
    options.wal.file_bytes = one_of({64 * k, 128 * k, 512 * k});
    options.wal.files_max = static_cast<uint32_t>(one_of({3, 4, 8}));
    options.wal.slab_bytes = one_of({8 * k, 16 * k, 64 * k});
    options.wal.write_bytes_max = one_of({16 * k, 256 * k});
    options.tail_cache_bytes = one_of({32 * k, 128 * k, 512 * k});
    options.unflushed_bytes_max = one_of({32 * k, 128 * k, 512 * k});
    options.flush_piece_bytes = one_of({4 * k, 16 * k, 64 * k});
    options.read_ahead_bytes = one_of({4 * k, 16 * k, 128 * k});
    options.disk_reserve_bytes = one_of({0, 64 * k});
    options.open_files_max = one_of({2, 8, 64});
    options.cached_indexes_max = one_of({1, 4, 16});
    options.upkeep.retention_interval = std::chrono::seconds(1);
    segment_bytes = static_cast<int32_t>(one_of({4 * k, 20 * k, 100 * k}));
}

std::vector<ModelBatch> split(const log::ReadBatches& read) {
    std::vector<ModelBatch> batches;
    for (const base::Slice& slice : read.batches) {
        for (base::Bytes rest = slice.bytes(); !rest.empty();) {
            const model::BatchView batch(rest);
            batches.push_back(
                {.base = batch.base_offset().value,
                 .last = batch.last_offset().value,
                 .bytes = std::string(base::as_text(rest.first(batch.size_bytes())))});
            rest = rest.subspan(batch.size_bytes());
        }
    }
    return batches;
}

// The program on the node, from boot to crash.
class Engine {
public:
    Engine(Node& node, std::shared_ptr<Ledger> ledger)
        : node_(node),
          ledger_(std::move(ledger)),
          shard_(node.shard(0), ledger_->setup.flaw),
          stream_(ledger_->stream.split("life", ledger_->starts++)) {
        scope_.spawn(run());
    }

    Storage& storage() { return *storage_; }

private:
    Task<void> run();
    Task<bool> compare();
    Task<Result<ModelState>> look_at(TopicPartition id);
    LogModel::Kept kept(const Subject& subject) const;
    Task<void> work();
    Task<void> step(TopicPartition id, Subject& subject);
    void create(TopicPartition id, Subject& subject);
    void append(TopicPartition id, Subject& subject);
    Task<void> change(TopicPartition id, Subject& subject, Kind kind);
    Task<void> read(TopicPartition id, Subject& subject);
    Task<void> find_by_time(TopicPartition id, Subject& subject);
    void configure(TopicPartition id, Subject& subject);
    void adopt(TopicPartition id, Subject& subject);
    std::shared_ptr<const model::TopicConfig> config_of(const Subject& subject) const;

    void wrong(TopicPartition id, std::string_view what) {
        node_.world().fail(
            fmt::format("log {}-{} {}", id.topic.value.bytes[0], id.partition.value, what));
    }
    // Whatever has failed: another start must bring it back.
    void die() {
        node_.world().after({}, [&node = node_, crashes = node_.disk().crashes()] {
            if (node.disk().crashes() != crashes) return;
            node.crash(Crash::kill);
            node.restart();
        });
    }

    Node& node_;
    const std::shared_ptr<Ledger> ledger_;
    FlawedShard shard_;
    RandomStream stream_;
    std::unique_ptr<Storage> storage_;
    io::TaskScope scope_;
};

std::shared_ptr<const model::TopicConfig> Engine::config_of(const Subject& subject) const {
    auto config = std::make_shared<model::TopicConfig>();
    config->segment_bytes = ledger_->segment_bytes;
    config->delete_expired = false;
    config->durability = subject.os_durability ? model::Durability::os : model::Durability::fsync;
    return config;
}

Task<void> Engine::run() {
    auto opened = co_await Storage::open(shard_, ledger_->options);
    if (!opened) {
        const bool excused = ledger_->setup.disk_fails && (opened.error() == ErrorCode::io_failed ||
                                                           opened.error() == ErrorCode::disk_full ||
                                                           opened.error() == ErrorCode::throttled);
        if (!excused) node_.world().fail("does not start: " + opened.error().message());
        co_await io::sleep_for(std::chrono::milliseconds(50));
        die();
        co_return;
    }
    storage_ = std::move(*opened);
    if (!storage_->recovery().damaged_logs.empty()) {
        if (!ledger_->setup.disk_fails) {
            node_.world().fail("damaged: " + storage_->recovery().damaged_logs.front());
        }
        die();
        co_return;
    }
    if (!co_await compare()) co_return;
    for (auto& [id, subject] : ledger_->subjects) {
        if (subject.model.now().exists) adopt(id, subject);
    }
    ledger_->working = true;
    for (int i = 0; i < kWorkers; ++i) scope_.spawn(work());
}

// Everything that is there against everything that must be.
Task<bool> Engine::compare() {
    for (auto& [id, subject] : ledger_->subjects) {
        auto found = co_await look_at(id);
        if (!found) {
            const bool excused = ledger_->setup.disk_fails &&
                                 (found.error() == ErrorCode::io_failed ||
                                  found.error() == ErrorCode::throttled ||
                                  found.error() == ErrorCode::partition_offline);
            if (excused) {
                die();
            } else {
                wrong(id, "cannot be read: " + found.error().message());
            }
            co_return false;
        }
        if (const auto trouble = subject.model.recovered(*found, kept(subject)))
            wrong(id, *trouble);
        subject.busy = false;
    }
    // A comparison that was interrupted counts for those it reached; the next one takes all of them
    // again.
    for (auto& [id, subject] : ledger_->subjects) subject.was_os = subject.os_durability;
    ledger_->power_was_cut = false;
    co_return true;
}

LogModel::Kept Engine::kept(const Subject& subject) const {
    if (!subject.was_os) return LogModel::Kept::in_order;
    return ledger_->power_was_cut ? LogModel::Kept::any_part : LogModel::Kept::front_apart;
}

Task<Result<ModelState>> Engine::look_at(TopicPartition id) {
    ModelState found;
    Log* log = storage_->find(id);
    if (!log) co_return found;
    if (log->offline()) co_return base::fail(ErrorCode::io_failed);
    const Log::Positions positions = log->positions();
    found = {.exists = true, .start = positions.start.value, .end = positions.end.value};
    for (Offset next = positions.start; next < positions.end;) {
        CO_TRY(const log::ReadBatches read,
               co_await log->read({.from = next, .upto = positions.end, .max_bytes = 32 << 10}));
        if (read.batches.empty()) co_return base::fail(ErrorCode::internal, "ends too early");
        for (ModelBatch& batch : split(read)) {
            next = {batch.last + 1};
            found.batches.push_back(std::move(batch));
        }
    }
    co_return found;
}

void Engine::adopt(TopicPartition id, Subject& subject) {
    Log& log = *storage_->find(id);
    log.configure(config_of(subject));
    log.on_durable([this, &log, &subject] {
        if (log.offline()) return die();
        subject.model.acknowledge_upto(log.positions().durable_end.value);
    });
}

Task<void> Engine::work() {
    for (;;) {
        const auto pause = stream_.chance(0.5) ? base::Duration(0) : std::chrono::milliseconds(3);
        co_await io::sleep_for(stream_.between({}, pause));
        if (ledger_->quiet) continue;
        auto subject = ledger_->subjects.begin();
        std::advance(subject, stream_.below(ledger_->subjects.size()));
        if (subject->second.busy) continue;
        co_await step(subject->first, subject->second);
    }
}

Task<void> Engine::step(TopicPartition id, Subject& subject) {
    if (!subject.model.now().exists) {
        create(id, subject);
        co_return;
    }
    const uint64_t dice = stream_.below(1000);
    if (dice < 700) {
        append(id, subject);
    } else if (dice < 850) {
        co_await read(id, subject);
    } else if (dice < 900) {
        co_await find_by_time(id, subject);
    } else if (dice < 930) {
        co_await change(id, subject, Kind::truncate);
    } else if (dice < 970) {
        co_await change(id, subject, Kind::advance_start);
    } else if (dice < 975) {
        co_await change(id, subject, Kind::drop);
    } else if (dice < 980) {
        configure(id, subject);
    } else if (dice < 985) {
        const auto taken = co_await storage_->checkpoint();
        const bool passes = !taken && (taken.error() == ErrorCode::disk_full ||
                                       taken.error() == ErrorCode::throttled);
        if (!taken && !passes) die();
    } else {
        for (int i = 0; i < 20; ++i) append(id, subject);
    }
}

void Engine::create(TopicPartition id, Subject& subject) {
    subject.os_durability = stream_.chance(0.3);
    const auto created = storage_->create(id, "topic", config_of(subject));
    if (!created) {
        if (created.error() == ErrorCode::io_failed) die();
        return;
    }
    subject.was_os = subject.was_os || subject.os_durability;
    ++subject.version;
    subject.model.begin({.kind = Kind::create});
    adopt(id, subject);
}

void Engine::append(TopicPartition id, Subject& subject) {
    Log* log = storage_->find(id);
    if (!log || subject.busy) return;
    const size_t size_max = stream_.chance(0.02) ? 60'000 : 3'000;
    ledger_->clock_ms += static_cast<int64_t>(stream_.below(20));
    const auto records = static_cast<int32_t>(1 + stream_.below(5));
    const base::Buffer batch = log::testing::make_batch(
        {.records = records,
         .timestamp_ms = ledger_->clock_ms - static_cast<int64_t>(stream_.below(50)),
         .timestamp_step_ms = static_cast<int64_t>(stream_.below(7)) - 3,
         .value = fmt::format("{:0{}}", ++ledger_->next_value,
                              10 + stream_.below(size_max / static_cast<size_t>(records)))});
    const auto appended = log->append(batch.bytes(), {0});
    if (!appended) {
        if (appended.error() == ErrorCode::partition_offline) die();
        return;
    }
    base::Buffer stored = base::Buffer::copy_of(batch.bytes());
    model::assign_base_offset(stored.writable(), appended->first);
    if (appended->first.value != subject.model.now().end)
        wrong(id, "gave an offset twice or left one out");
    subject.model.begin({.kind = Kind::append,
                         .batch = {.base = appended->first.value,
                                   .last = appended->last.value,
                                   .bytes = std::string(base::as_text(stored.bytes()))}});
    ++ledger_->durable_appends;
    if (ledger_->setup.acknowledges_early) subject.model.acknowledge_upto(appended->last.value + 1);
}

// Something that takes batches away. Alone, so that the order of things is known.
Task<void> Engine::change(TopicPartition id, Subject& subject, Kind kind) {
    const ModelState& now = subject.model.now();
    const auto span = static_cast<uint64_t>(now.end - now.start + 1);
    const int64_t near = std::min<int64_t>(static_cast<int64_t>(stream_.below(span)), 10);
    const int64_t offset = kind == Kind::truncate && stream_.chance(0.7)
                               ? now.end - near
                               : now.start + static_cast<int64_t>(stream_.below(span));
    ModelState after = now;
    after.apply({.kind = kind, .offset = offset});
    const bool changes = !after.same_as(now);
    subject.busy = true;
    ++subject.version;
    const uint64_t number = subject.model.begin({.kind = kind, .offset = offset});
    Result<void> done;
    Log* log = storage_->find(id);
    switch (kind) {
    case Kind::truncate: done = co_await log->truncate({offset}); break;
    case Kind::advance_start: done = co_await log->advance_start({offset}); break;
    default: done = co_await storage_->drop(id);
    }
    if (done) {
        // What changes nothing says nothing about what came before it.
        if (changes) subject.model.acknowledge(number);
        subject.busy = false;
    } else if (done.error() == ErrorCode::disk_full && storage_->find(id)) {
        subject.model.retract(number);
        subject.busy = false;
    } else {
        die();  // it may have happened or not
    }
}

Task<void> Engine::read(TopicPartition id, Subject& subject) {
    Log* log = storage_->find(id);
    const ModelState& now = subject.model.now();
    const int64_t from = now.start + static_cast<int64_t>(stream_.below(
                                         static_cast<uint64_t>(now.end - now.start + 1)));
    const int64_t upto = stream_.chance(0.7) ? now.end
                                             : from + static_cast<int64_t>(stream_.below(10));
    const log::ReadRange range{.from = {from},
                               .upto = {std::min(upto, now.end)},
                               .max_bytes = stream_.below(20'000)};
    const uint64_t version = subject.version;
    auto tail = log->read_tail(range);
    Result<log::ReadBatches> read = tail ? std::move(*tail)
                                         : Result<log::ReadBatches>(log::ReadBatches{});
    if (!tail) read = co_await log->read(range);
    if (subject.version != version) co_return;
    if (!read) {
        if (read.error() == ErrorCode::corrupt) wrong(id, "is corrupt: " + read.error().message());
        if (read.error() == ErrorCode::offset_out_of_range) wrong(id, "denies its own offsets");
        die();
        co_return;
    }
    const auto begin = std::ranges::lower_bound(now.batches, from, {}, &ModelBatch::last);
    auto expected = begin;
    size_t size_bytes = 0;
    for (; expected != now.batches.end() && expected->last < range.upto.value; ++expected) {
        if (expected != begin && size_bytes + expected->bytes.size() > range.max_bytes) break;
        size_bytes += expected->bytes.size();
    }
    // Fewer than asked for are right where a file ends, but never none.
    const std::vector<ModelBatch> batches = split(*read);
    const auto count = static_cast<size_t>(expected - begin);
    const bool right = batches.size() <= count && batches.empty() == (count == 0) &&
                       std::equal(batches.begin(), batches.end(), begin);
    if (!right)
        wrong(id, fmt::format("reads {} batches at {} instead of {}", batches.size(), from, count));
}

Task<void> Engine::find_by_time(TopicPartition id, Subject& subject) {
    Log* log = storage_->find(id);
    const int64_t wanted_ms = ledger_->clock_ms - static_cast<int64_t>(stream_.below(5'000));
    const bool greatest = stream_.chance(0.3);
    const uint64_t version = subject.version;
    const ModelState now = subject.model.now();
    const auto found = greatest ? co_await log->find_max_timestamp({now.end})
                                : co_await log->find_by_time(wanted_ms, {now.end});
    if (subject.version != version) co_return;
    if (!found) {
        if (found.error() == ErrorCode::corrupt)
            wrong(id, "is corrupt: " + found.error().message());
        die();
        co_return;
    }
    std::optional<log::TimestampedOffset> expected;
    for (const ModelBatch& batch : now.batches) {
        const model::BatchView view(base::as_bytes(batch.bytes));
        for (model::RecordReader reader(view, view.records()); reader.has_next();) {
            const auto record = reader.next();
            if (record->offset.value < now.start) continue;
            const bool better = greatest
                                    ? !expected || record->timestamp_ms > expected->timestamp_ms
                                    : !expected && record->timestamp_ms >= wanted_ms;
            if (better) expected = {record->offset, record->timestamp_ms, view.leader_epoch()};
        }
    }
    if (*found != expected) {
        wrong(id, fmt::format("finds offset {} for time {} instead of {}",
                              *found ? (*found)->offset.value : -1, wanted_ms,
                              expected ? expected->offset.value : -1));
    }
}

void Engine::configure(TopicPartition id, Subject& subject) {
    subject.os_durability = !subject.os_durability;
    subject.was_os = true;
    storage_->find(id)->configure(config_of(subject));
}

// The world around it

void crash_at_random_boundaries(Node& node, std::shared_ptr<Ledger> ledger, RandomStream stream) {
    const uint64_t k = 1 + stream.below(600);
    const Boundary side = stream.chance(0.5) ? Boundary::before : Boundary::after;
    const Crash kind = stream.chance(0.5) ? Crash::kill : Crash::power_cut;
    node.disk().at_boundary(k, side, [&node, ledger, stream, kind] {
        if (ledger->all_is_well) return;
        node.crash(kind);
        if (kind == Crash::power_cut) ledger->power_was_cut = true;
        node.world().after(std::chrono::milliseconds(1), [&node, ledger, stream] {
            if (!node.is_running()) node.restart();
            crash_at_random_boundaries(node, ledger, stream);
        });
    });
}

// Lets the disk run full now and then, for a while.
void fill_disk_now_and_then(Node& node, std::shared_ptr<Ledger> ledger, RandomStream stream) {
    const base::Duration pause = stream.between(std::chrono::milliseconds(100),
                                                std::chrono::seconds(3));
    node.world().after(pause, [&node, ledger, stream]() mutable {
        if (ledger->all_is_well) return;
        FileSystem& files = node.disk().files();
        const io::DiskSpace space = files.space();
        const bool is_full = space.total_bytes < (uint64_t{1} << 40);
        const uint64_t used = space.total_bytes - space.available_bytes;
        files.set_capacity(is_full ? uint64_t{1} << 40 : used + stream.below(512 << 10));
        fill_disk_now_and_then(node, ledger, stream);
    });
}

Task<void> close_cleanly(Storage& storage, std::shared_ptr<Result<void>> result) {
    *result = co_await storage.close();
}

void run_log_engine(World& world, Setup setup) {
    const auto ledger = std::make_shared<Ledger>(world, setup);
    Node& node = world.add_node();
    DiskSettings& disk = node.disk().settings();
    const RandomStream faults = world.random("faults");
    RandomStream choice = faults;
    if (setup.disk_fails && choice.chance(0.5)) {
        disk.write_error = disk.short_write = disk.sync_error = disk.read_error = 0.0002;
    }
    if (setup.disk_fails && choice.chance(0.3)) disk.out_of_descriptors = 0.05;
    const auto engine = std::make_shared<std::weak_ptr<Engine>>();
    node.boot([ledger, engine](Node& booted) {
        auto made = std::make_shared<Engine>(booted, ledger);
        *engine = made;
        return made;
    });
    crash_at_random_boundaries(node, ledger, faults.split("crashes"));
    if (setup.disk_fails && choice.chance(0.5)) {
        fill_disk_now_and_then(node, ledger, faults.split("capacity"));
    }
    if (!world.run_for(std::chrono::seconds(2))) return;

    // All is well from here on.
    ledger->all_is_well = ledger->quiet = true;
    disk.write_error = disk.short_write = disk.sync_error = disk.read_error = 0;
    disk.out_of_descriptors = 0;
    node.disk().files().set_capacity(uint64_t{1} << 40);
    node.crash(Crash::power_cut);
    ledger->power_was_cut = true;
    ledger->working = false;
    node.restart();
    const auto is_working = [&] { return ledger->working; };
    if (!world.run_until(is_working, std::chrono::seconds(30)))
        return world.fail("does not come back");
    const uint64_t before = ledger->durable_appends;
    ledger->quiet = false;
    if (!world.run_for(std::chrono::seconds(1))) return;
    ledger->quiet = true;
    if (ledger->durable_appends == before)
        return world.fail("accepts nothing although all is well");
    if (!world.run_for(std::chrono::milliseconds(500))) return;

    const auto closed = std::make_shared<Result<void>>(base::fail(ErrorCode::timed_out));
    node.spawn(close_cleanly(engine->lock()->storage(), closed));
    world.run_until([&] { return closed->has_value(); }, std::chrono::seconds(30));
    if (!*closed) return world.fail("does not close: " + closed->error().message());
    node.crash(Crash::power_cut);
    ledger->working = false;
    node.restart();
    if (!world.run_until(is_working, std::chrono::seconds(30)))
        return world.fail("does not start again");
    if (!engine->lock()->storage().recovery().clean)
        world.fail("a clean stop is not a clean start");
}

const bool registered =
    register_scenario(
        {.name = "log_engine",
         .promise = "a storage keeps every log as a list of batches, whatever happens to it",
         .run = [](World& world) { run_log_engine(world, {}); }}) &&
    register_scenario(
        {.name = "log_engine_on_a_sound_disk",
         .promise = "crashes alone damage nothing",
         .run = [](World& world) { run_log_engine(world, {.disk_fails = false}); }}) &&
    register_scenario(
        {.name = "log_engine_acknowledging_early",
         .promise = "the checker finds appends that were not durable",
         .run = [](World& world) { run_log_engine(world, {.acknowledges_early = true}); },
         .caught_within = 5}) &&
    register_scenario(
        {.name = "log_engine_ignoring_syncs",
         .promise = "the checker finds segments that were not synced",
         .run =
             [](World& world) {
                 run_log_engine(world, {.flaw = DiskFlaw::ignores_syncs, .disk_fails = false});
             },
         .caught_within = 5}) &&
    register_scenario({.name = "log_engine_ignoring_directory_syncs",
                       .promise = "the checker finds names that were not synced",
                       .run =
                           [](World& world) {
                               run_log_engine(world, {.flaw = DiskFlaw::ignores_directory_syncs,
                                                      .disk_fails = false});
                           },
                       .caught_within = 5}) &&
    register_scenario(
        {.name = "log_engine_with_a_lazy_wal",
         .promise = "the checker finds a write-ahead log that is not synced",
         .run =
             [](World& world) {
                 run_log_engine(world, {.flaw = DiskFlaw::wal_is_not_synced, .disk_fails = false});
             },
         .caught_within = 5}) &&
    register_scenario({.name = "log_engine_losing_writes",
                       .promise = "the checker finds segment writes that were never made",
                       .run =
                           [](World& world) {
                               run_log_engine(world, {.flaw = DiskFlaw::loses_segment_writes,
                                                      .disk_fails = false});
                           },
                       .caught_within = 5}) &&
    register_scenario(
        {.name = "log_engine_writing_one_block_off",
         .promise = "the checker finds segment writes in the wrong place",
         .run =
             [](World& world) {
                 run_log_engine(world, {.flaw = DiskFlaw::zeroes_old_blocks, .disk_fails = false});
             },
         .caught_within = 5});

}  // namespace
}  // namespace polylog::sim
