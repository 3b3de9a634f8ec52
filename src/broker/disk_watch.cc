#include "broker/disk_watch.h"

#include "base/logging.h"
#include "io/signal.h"

namespace polylog::broker {

using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("broker");

// How often the disk is looked at, normally and while something is refused.
constexpr base::Duration kInterval = std::chrono::seconds(1);
constexpr base::Duration kShortInterval = std::chrono::milliseconds(100);

bool is_filled(const io::DiskSpace& space, uint32_t percent) {
    return space.available_bytes <= space.total_bytes / 100 * (100 - percent);
}

void log_change(DiskStage stage, const io::DiskSpace& space) {
    const base::Logger::Fields fields{{"available_bytes", space.available_bytes},
                                      {"total_bytes", space.total_bytes}};
    switch (stage) {
    case DiskStage::normal:
        kLogger.info("disk_has_room", "records are accepted again", fields);
        break;
    case DiskStage::refuse_records:
        kLogger.warn("disk_fills", "new records are refused; free some space, or delete records",
                     fields);
        break;
    case DiskStage::read_only:
        kLogger.error("disk_read_only", "only reads and deletes are served; free some space",
                      fields);
        break;
    }
}

}  // namespace

DiskStage disk_stage(const io::DiskSpace& space, const base::Limits& limits) {
    // 0: a file system that does not say.
    if (space.total_bytes == 0 || space.available_bytes >= limits.disk_scarce_bytes) {
        return DiskStage::normal;
    }
    if (is_filled(space, limits.disk_read_only_percent)) return DiskStage::read_only;
    if (is_filled(space, limits.disk_refuse_produce_percent)) return DiskStage::refuse_records;
    return DiskStage::normal;
}

Task<Result<void>> DiskWatch::start() {
    CO_TRY_VOID(co_await look());
    scope_.spawn(watch());
    co_return {};
}

Task<Result<void>> DiskWatch::look() {
    CO_TRY(space_, co_await shard_.env().disk.space());
    const DiskStage stage = disk_stage(space_, limits_);
    if (stage == stage_.load(std::memory_order_relaxed)) co_return {};
    stage_.store(stage, std::memory_order_relaxed);
    log_change(stage, space_);
    co_return {};
}

Task<void> DiskWatch::watch() {
    for (;;) {
        co_await io::sleep_for(stage() == DiskStage::normal ? kInterval : kShortInterval);
        if (const auto looked = co_await look(); !looked) {
            kLogger.warn("disk_unknown", "the disk's free space cannot be asked for",
                         {{"err", looked.error()}});
        }
    }
}

}  // namespace polylog::broker
