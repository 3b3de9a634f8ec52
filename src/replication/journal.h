#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "io/shard.h"
#include "model/record.h"
#include "replication/partition.h"

namespace polylog::replication {

// A partition used as the durable memory of a state machine: every record is a put or a delete of
// one key, so replaying any suffix that begins with a rewritten state, twice or once, gives the
// same state. When the log has grown to several times the live state, its owner writes the whole
// state again at the end and what lies before is deleted: compaction without a cleaner. Lives on
// the partition's shard.
class Journal {
public:
    explicit Journal(std::shared_ptr<Partition> partition) : partition_(std::move(partition)) {}

    // Hands every record to `apply` in order, from the log's start to its end.
    // Errors: those of log::Log::read, and what apply returns.
    using Apply = std::move_only_function<base::Result<void>(const model::RecordView& record)>;
    io::Task<base::Result<void>> replay(Apply apply);

    // Appends one batch; its records are applied by the caller once this returns: durable and
    // replicated. In the order of the calls. A call that is dropped may have appended: callers who
    // must not miss that use io::run_to_end. Errors: those of Partition::append and replicated.
    io::Task<base::Result<void>> append(base::Buffer batch);

    // The log is larger than a rewritten state of `live_bytes` by so much that rewriting pays.
    bool wants_rewrite(uint64_t live_bytes) const;
    // Writes the whole state and deletes everything older. `capture` makes the batches at a moment
    // when no append is under way, so nothing falls between the state and what follows it.
    using Capture = std::move_only_function<std::vector<base::Buffer>()>;
    io::Task<base::Result<void>> rewrite(Capture capture);

private:
    class Counted;
    struct Span {
        model::Offset begin;
        model::Offset end;
    };
    io::Task<base::Result<Span>> append_captured(Capture capture);
    base::Result<model::Offset> append_all(std::vector<base::Buffer> batches);

    std::shared_ptr<Partition> partition_;
    uint32_t appending_ = 0;  // appends not yet answered
    uint32_t queued_ = 0;     // appends that wait for a capture
    uint32_t capturing_ = 0;  // rewrites that capture: new appends wait
    io::Signal changed_;      // of the three above
};

}  // namespace polylog::replication
