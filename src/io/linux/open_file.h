#pragma once

#include <atomic>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <string>

#include "io/linux/blocking_pool.h"
#include "io/linux/file_descriptor.h"

namespace polylog::io {

// An open file as shared by its LinuxFile and the operations in flight on it; closed with the last
// of them, on a blocking thread, because closing a removed file frees its blocks there and then.
class OpenFile : public boost::intrusive_ref_counter<OpenFile, boost::thread_safe_counter> {
public:
    using Ref = boost::intrusive_ptr<OpenFile>;

    // Takes over the descriptor of a file opened with `data_sync` as given; `direct` as it is in
    // force.
    OpenFile(FileDescriptor fd, std::string path, bool direct, bool data_sync, BlockingPool& pool)
        : fd_(std::move(fd)),
          path_(std::move(path)),
          data_sync_(data_sync),
          direct_(direct),
          pool_(pool) {}
    ~OpenFile();

    int fd() const { return fd_.get(); }
    const std::string& path() const { return path_; }
    bool data_sync() const { return data_sync_; }

    // True while reads and writes bypass the page cache.
    bool direct() const { return direct_.load(std::memory_order_relaxed); }
    // For a file system that accepts O_DIRECT on opening and refuses it on use. O_DSYNC stays in
    // force.
    void go_through_page_cache();

private:
    FileDescriptor fd_;
    const std::string path_;
    const bool data_sync_;
    std::atomic<bool> direct_;
    BlockingPool& pool_;
};

}  // namespace polylog::io
