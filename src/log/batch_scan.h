#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/slice.h"
#include "io/disk.h"
#include "io/task.h"
#include "model/record_batch.h"

namespace polylog::log {

// Walks the batches in a part of a segment's file, header by header, reading ahead in large pieces.
// What lies between a header and the next that is not asked for is skipped, not read. Nothing is
// trusted: a batch must have the shape of one, begin where the one before it ended, and lie inside
// the part.
class BatchScan {
public:
    // The file's bytes from `position` up to `end`, where batches begin; `next` is the offset of
    // the first.
    struct Part {
        uint32_t position = 0;
        uint32_t end = 0;
        model::Offset next;
    };
    // `path` is for error messages.
    BatchScan(std::shared_ptr<io::File> file, std::string path, Part part, size_t piece_bytes);

    // The next batch's header (its records may not be in memory); nothing at the end. The view
    // lives until the next call. Errors: corrupt, io_failed.
    io::Task<base::Result<std::optional<model::BatchView>>> next();
    // The whole of the batch that next() returned last, with its checksum verified; pieces of one
    // read share memory. Errors: corrupt, io_failed.
    io::Task<base::Result<base::Slice>> whole();
    // Where the batch that next() returned last begins.
    uint32_t position() const { return position_; }
    // The batch that next() returned last will be returned again.
    void step_back();

private:
    io::Task<base::Result<base::Bytes>> bytes_at(uint32_t position, size_t size_bytes);
    base::Error corrupt(std::string_view what) const;

    std::shared_ptr<io::File> file_;
    std::string path_;
    uint32_t end_;
    size_t piece_bytes_;
    model::Offset offset_;  // of the current batch
    model::Offset next_offset_;
    uint32_t position_;  // of the current batch
    uint32_t next_position_;
    uint32_t window_begin_ = 0;
    base::Slice window_;  // the file's bytes from window_begin_ on
};

}  // namespace polylog::log
