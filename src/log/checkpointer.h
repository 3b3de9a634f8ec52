#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/mutex.h"
#include "io/scope.h"
#include "io/signal.h"
#include "io/task.h"
#include "log/checkpoint_format.h"

namespace polylog::log {

struct StorageContext;
class StoredLog;

// Takes a storage's checkpoints: writes every log to its segments up to a cut through the
// write-ahead logs, and then lets go of what lies before the cut. Appends go on meanwhile. Lives on
// its storage's shard.
class Checkpointer {
public:
    explicit Checkpointer(StorageContext& context) : context_(context) {}

    // Takes checkpoints when they are asked for, until stop() or destruction. `last` is the one
    // that recovery began with.
    void start(CheckpointHeader last);
    // Returns when none is under way any more.
    io::Task<void> stop();
    // Takes a checkpoint soon: one that begins after this call.
    void request();
    // The same, unless one is under way: a write-ahead log is filling up.
    void ring_fills();

    enum class Kind : uint8_t {
        running,
        clean_stop,  // the write-ahead logs are closed; segments are left as
                     // docs/formats/segment.md says
    };
    io::Task<base::Result<void>> take(Kind kind);

private:
    struct Captured {
        std::shared_ptr<StoredLog> log;
        model::Offset end;
        bool switching = false;
        std::shared_ptr<const std::string> record;
    };
    struct Round;

    io::Task<void> run();
    io::Task<base::Result<void>> write(Kind kind);
    std::vector<Captured> capture();
    io::Task<base::Result<void>> cuts_committed(CheckpointHeader header);
    io::Task<base::Result<void>> settle_all(std::vector<Captured> captured, Kind kind);
    io::Task<void> settle_some(Round& round);
    static io::Task<base::Result<void>> settle(Captured captured, Kind kind);
    io::Task<base::Result<void>> sync_directories();

    StorageContext& context_;
    CheckpointHeader last_;
    io::Mutex taking_;
    // A directory could not be synced: what is in it after a power cut is unknown, and asking again
    // could get a false yes. Nothing is released any more; the next start replays.
    std::optional<base::Error> failed_;
    bool requested_ = false;
    io::Signal wanted_;
    io::TaskScope scope_;  // last, so that it goes first
};

}  // namespace polylog::log
