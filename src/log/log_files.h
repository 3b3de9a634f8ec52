#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/disk.h"
#include "io/task.h"
#include "log/log_state.h"

namespace polylog::log {

struct StorageContext;

// How much of a log a flush writes.
enum class FlushDemand : uint8_t {
    whole_blocks,  // leaves a last part smaller than a block in memory: cheapest
    everything,    // the last block too, filled up with zeros
};

// The files of one log: docs/formats/segment.md. Everything in here that changes files runs under
// its log's lock, one at a time; reading does not. Errors of writing leave the log's state as it
// was: the caller decides whether to try again (disk_full) or to take the log offline. Lives on its
// storage's shard.
class LogFiles {
public:
    LogFiles(LogState& state, StorageContext& context);

    const std::string& directory() const { return directory_; }
    // Writes committed batches below `upto` to their segments; finishes segments that have become
    // full.
    io::Task<base::Result<void>> flush(model::Offset upto, FlushDemand demand);
    // Makes durable what has been written.
    io::Task<base::Result<void>> sync();
    // Leaves the directory as a clean stop does: every segment cut to its size, with its indexes.
    io::Task<base::Result<void>> finish_all();
    // After a truncation that is durable: deletes the files of the segments that went, cuts the
    // active one.
    io::Task<base::Result<void>> cut(std::vector<SegmentList::Pointer> removed);
    // Deletes the files of segments that went from the front.
    io::Task<base::Result<void>> remove(std::vector<SegmentList::Pointer> removed);
    // Deletes everything.
    io::Task<base::Result<void>> remove_all();
    // Errors: damaged, when the last segment's file is shorter than what had been synced.
    io::Task<base::Result<void>> check_length();
    // After replay: deletes files that are no segment's, and what lies behind the last segment's
    // end.
    io::Task<base::Result<void>> tidy();

    // For reading; checks that the file is as long as it was written. Errors: damaged, io_failed.
    io::Task<base::Result<std::shared_ptr<io::File>>> reader(SegmentList::Pointer segment);
    std::string path(const Segment& segment) const;
    // Completes the segment's indexes: from their files, or from the batches' headers.
    io::Task<base::Result<void>> load_indexes(SegmentList::Pointer segment);
    // Makes new ones from the headers of all batches.
    io::Task<base::Result<void>> rebuild_indexes(SegmentList::Pointer segment);

private:
    io::Task<base::Result<std::shared_ptr<io::File>>> writer(SegmentList::Pointer segment);
    io::Task<base::Result<void>> check_size(std::shared_ptr<io::File> file,
                                            SegmentList::Pointer segment);
    io::Task<base::Result<void>> make_directory();
    io::Task<base::Result<bool>> write_piece(SegmentList::Pointer segment, model::Offset upto,
                                             FlushDemand demand);
    io::Task<base::Result<base::Buffer>> fill(SegmentList::Pointer segment,
                                              std::shared_ptr<io::File> file, uint32_t until);
    io::Task<base::Result<void>> reserve(SegmentList::Pointer segment,
                                         std::shared_ptr<io::File> file, uint32_t until);
    io::Task<base::Result<void>> finish_full_segments();
    io::Task<base::Result<void>> finish(SegmentList::Pointer segment);
    io::Task<base::Result<void>> write_file(std::string path, base::Buffer contents);
    io::Task<base::Result<base::Slice>> read_file(std::string path);
    io::Task<base::Result<void>> remove_if_there(std::string path);
    io::Task<base::Result<void>> remove_topic_directory();
    io::Task<base::Result<void>> remove_segment_files(model::Offset base);

    LogState& state_;
    StorageContext& context_;
    const std::string directory_;
    bool directory_made_ = false;
};

}  // namespace polylog::log
