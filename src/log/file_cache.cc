#include "log/file_cache.h"

namespace polylog::log {

using base::Result;
using io::Task;

void FileCache::Entry::close() {
    file_.reset();
    if (is_linked()) unlink();
}

Task<Result<std::shared_ptr<io::File>>> FileCache::open(Entry& entry, std::string path,
                                                        io::OpenOptions options) {
    if (!entry.file_) {
        auto opened = co_await disk_.open(path, options);
        // Where descriptors are short, those of files that rest go first.
        while (!opened && opened.error() == base::ErrorCode::throttled && !used_.empty()) {
            used_.front().close();
            opened = co_await disk_.open(path, options);
        }
        CO_TRY(std::shared_ptr<io::File> file, std::move(opened));
        while (!used_.empty() && used_.size() >= limit_) used_.front().close();
        entry.file_ = std::move(file);
    }
    if (entry.is_linked()) entry.unlink();
    used_.push_back(entry);
    co_return entry.file_;
}

}  // namespace polylog::log
