#include "cmd/verbs/line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using io::Task;

Result<LineReader> LineReader::open(io::BlockingPool& pool, const std::string& path) {
    if (path == "-") return LineReader(pool, STDIN_FILENO, io::FileDescriptor());
    io::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        return base::fail(ErrorCode::not_found, fmt::format("{}: {}", path, std::strerror(errno)));
    }
    const int fd = file.get();
    return LineReader(pool, fd, std::move(file));
}

Task<Result<void>> LineReader::fill() {
    if (text_.size() - position_ > kLineBytesMax) {
        co_return base::fail(ErrorCode::message_too_large,
                             fmt::format("a line of the input is longer than {} bytes",
                                         kLineBytesMax));
    }
    auto work = [fd = fd_] {
        std::string bytes(kReadBytes, '\0');
        const ssize_t size_bytes = ::read(fd, bytes.data(), bytes.size());
        bytes.resize(size_bytes < 0 ? 0 : static_cast<size_t>(size_bytes));
        return std::pair(size_bytes < 0 ? errno : 0, std::move(bytes));
    };
    const auto [failure, bytes] = co_await pool_->run(std::move(work));
    if (failure == EINTR) co_return Result<void>();
    if (failure != 0) {
        co_return base::fail(ErrorCode::io_failed,
                             fmt::format("the input: {}", std::strerror(failure)));
    }
    at_end_ = bytes.empty();
    text_.erase(0, position_);
    position_ = 0;
    text_ += bytes;
    co_return Result<void>();
}

Task<Result<std::optional<std::string>>> LineReader::next() {
    while (!has_line() && !at_end_) CO_TRY_VOID(co_await fill());
    const size_t line_break = text_.find('\n', position_);
    if (line_break == std::string::npos && position_ == text_.size()) co_return std::nullopt;
    const size_t end = std::min(line_break, text_.size());
    std::string line = text_.substr(position_, end - position_);
    position_ = std::min(end + 1, text_.size());
    co_return line;
}

Task<Result<std::string>> LineReader::rest() {
    while (!at_end_) CO_TRY_VOID(co_await fill());
    std::string text = text_.substr(position_);
    position_ = text_.size();
    co_return text;
}

}  // namespace polylog::cmd
