#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "io/linux/blocking_pool.h"
#include "io/linux/file_descriptor.h"
#include "io/task.h"

namespace polylog::cmd {

// Text that comes line by line, from a file or from whoever types or pipes into standard input.
// Waiting for it does not hold up the shard: reads happen on a thread of the pool.
class LineReader {
public:
    // "-" is standard input. Error: not_found, naming the path.
    static base::Result<LineReader> open(io::BlockingPool& pool, const std::string& path);

    // The next line without its line break; nothing at the end. Errors: io_failed;
    // message_too_large for a line above kLineBytesMax.
    io::Task<base::Result<std::optional<std::string>>> next();
    // What is left, as it is. Errors: as next().
    io::Task<base::Result<std::string>> rest();
    // Whether next() has a whole line at hand and will not wait.
    bool has_line() const { return text_.find('\n', position_) != std::string::npos; }

private:
    // Far above what brokers take as one record.
    static constexpr size_t kLineBytesMax = size_t{256} << 20;
    static constexpr size_t kReadBytes = size_t{64} << 10;

    LineReader(io::BlockingPool& pool, int fd, io::FileDescriptor owned)
        : pool_(&pool), fd_(fd), owned_(std::move(owned)) {}
    io::Task<base::Result<void>> fill();

    io::BlockingPool* pool_;
    int fd_;
    io::FileDescriptor owned_;  // empty for standard input
    std::string text_;
    size_t position_ = 0;  // of the next line in text_
    bool at_end_ = false;
};

}  // namespace polylog::cmd
