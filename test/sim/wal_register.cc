#include <fmt/core.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "test/sim/scenario.h"

// One number, kept in a log file: the smallest program that has to get durability right. Each new
// value is appended and synced before it is acknowledged; when the log is long, a new one with the
// last value alone takes its place by rename. A start reads the longest valid prefix and always
// begins a new log, because what it read may be in the page cache only.
//
// The checker: what a start finds is never less than what was acknowledged, nor a value never
// written.
namespace polylog::sim {
namespace {

using base::Bytes;
using base::ErrorCode;
using base::Result;
using base::Slice;
using io::Task;

// Errors made on purpose.
struct Flaws {
    bool skips_sync = false;            // acknowledges what is in the page cache
    bool skips_directory_sync = false;  // trusts a rename that a power cut can undo
    bool repeats_failed_sync = false;   // believes the second answer
};

// What the world outside knows, whatever becomes of the program.
struct Ledger {
    uint64_t issued = 0;
    uint64_t acknowledged = 0;
    uint64_t starts = 0;
};

constexpr size_t kRecordBytes = 16;  // value, its complement's low half, checksum of both
constexpr uint64_t kLogBytesMax = 40 * kRecordBytes;

Slice encode(uint64_t value) {
    base::Buffer buffer = base::Buffer::allocate(kRecordBytes);
    std::byte* at = buffer.writable_data();
    base::store_le<uint64_t>(at, value);
    base::store_le<uint32_t>(at + 8, ~static_cast<uint32_t>(value));
    base::store_le<uint32_t>(at + 12, base::crc32c(buffer.bytes().first(12)));
    return Slice(std::move(buffer));
}

// The last value of the longest prefix of valid, rising records.
uint64_t last_value(Bytes log) {
    std::optional<uint64_t> last;
    for (; log.size() >= kRecordBytes; log = log.subspan(kRecordBytes)) {
        const auto value = base::load_le<uint64_t>(log.data());
        const bool valid = base::load_le<uint32_t>(log.data() + 12) == base::crc32c(log.first(12));
        if (!valid || value <= last) break;
        last = value;
    }
    return last.value_or(0);
}

class Register {
public:
    Register(Node& node, std::shared_ptr<Ledger> ledger, Flaws flaws)
        : node_(node), ledger_(std::move(ledger)), flaws_(flaws) {
        scope_.spawn(run());
    }

private:
    Task<void> run() {
        Result<void> result = co_await recover();
        while (result) {
            const uint64_t value = ++ledger_->issued;
            result = co_await append(value);
            if (result) ledger_->acknowledged = value;
        }
        // Storage that has failed is not to be trusted again by this process.
        node_.world().after({}, [&node = node_] {
            node.crash(Crash::kill);
            node.restart();
        });
    }

    Task<Result<void>> recover() {
        CO_TRY(const uint64_t found, co_await read_last_value());
        ++ledger_->starts;
        if (found < ledger_->acknowledged || found > ledger_->issued) {
            node_.world().fail(fmt::format("acknowledged {}, issued {}, but found {}",
                                           ledger_->acknowledged, ledger_->issued, found));
        }
        co_return co_await begin_log(found);
    }

    Task<Result<uint64_t>> read_last_value() {
        auto log = co_await disk().open("register.log", {});
        if (!log && log.error() == ErrorCode::not_found) co_return uint64_t{0};
        CO_TRY(auto file, std::move(log));
        CO_TRY(const uint64_t size, co_await file->size());
        CO_TRY(const Slice bytes, co_await file->read(0, base::Buffer::allocate(size)));
        co_return last_value(bytes.bytes());
    }

    Task<Result<void>> begin_log(uint64_t value) {
        CO_TRY(log_, co_await disk().open("register.tmp",
                                          {.write = true, .create = true, .truncate = true}));
        log_bytes_ = 0;
        CO_TRY_VOID(co_await write_record(value));
        CO_TRY_VOID(co_await disk().rename("register.tmp", "register.log"));
        if (!flaws_.skips_directory_sync) CO_TRY_VOID(co_await disk().sync_directory("."));
        co_return {};
    }

    Task<Result<void>> append(uint64_t value) {
        if (log_bytes_ >= kLogBytesMax) co_return co_await begin_log(value);
        co_return co_await write_record(value);
    }

    Task<Result<void>> write_record(uint64_t value) {
        std::vector<Slice> pieces{encode(value)};
        CO_TRY_VOID(co_await log_->write(log_bytes_, std::move(pieces)));
        log_bytes_ += kRecordBytes;
        if (flaws_.skips_sync) co_return {};
        Result<void> synced = co_await log_->sync();
        if (!synced && flaws_.repeats_failed_sync) synced = co_await log_->sync();
        co_return synced;
    }

    io::Disk& disk() { return io::Shard::current().env().disk; }

    Node& node_;
    const std::shared_ptr<Ledger> ledger_;
    const Flaws flaws_;
    std::unique_ptr<io::File> log_;
    uint64_t log_bytes_ = 0;
    io::TaskScope scope_;
};

// Cuts the power again and again, at random boundaries of the disk's operations, half of the time
// in the middle of one.
void cut_power_at_random_boundaries(Node& node, RandomStream stream) {
    const uint64_t k = 1 + stream.below(200);
    const Boundary side = stream.chance(0.5) ? Boundary::before : Boundary::after;
    node.disk().at_boundary(k, side, [&node, stream] {
        node.crash(Crash::power_cut);
        node.world().after(std::chrono::milliseconds(1), [&node, stream] {
            if (!node.is_running()) node.restart();
            cut_power_at_random_boundaries(node, stream);
        });
    });
}

void run_register(World& world, Flaws flaws) {
    const auto ledger = std::make_shared<Ledger>();
    Node& node = world.add_node();
    node.disk().settings().write_error = 0.001;
    node.disk().settings().short_write = 0.001;
    node.disk().settings().sync_error = 0.005;
    node.boot([=](Node& booted) { return std::make_shared<Register>(booted, ledger, flaws); });
    cut_power_at_random_boundaries(node, world.random("power cuts"));
    world.run_for(std::chrono::seconds(10));
    if (ledger->starts < 2 || ledger->acknowledged == 0)
        world.fail("the register made no progress");
}

const bool
    registered = register_scenario(
                     {.name = "wal_register",
                      .promise = "an acknowledged value survives power cuts and failing disks",
                      .run = [](World& world) { run_register(world, {}); }}) &&
                 register_scenario(
                     {.name = "wal_register_without_sync",
                      .promise = "the checker finds acknowledgements before a sync",
                      .run = [](World& world) { run_register(world, {.skips_sync = true}); },
                      .caught_within = 50}) &&
                 register_scenario(
                     {.name = "wal_register_without_directory_sync",
                      .promise = "the checker finds a rename that was not made durable",
                      .run =
                          [](World& world) { run_register(world, {.skips_directory_sync = true}); },
                      .caught_within = 50}) &&
                 register_scenario(
                     {.name = "wal_register_repeating_sync",
                      .promise = "the checker finds a failed sync that was taken for a passing one",
                      .run =
                          [](World& world) { run_register(world, {.repeats_failed_sync = true}); },
                      .caught_within = 200});

}  // namespace
}  // namespace polylog::sim
