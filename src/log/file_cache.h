#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/disk.h"
#include "io/task.h"

namespace polylog::log {

// Keeps a bounded number of files open: those used last. A storage has two places for an open file
// in every segment, but only so many descriptors. Lives on its storage's shard.
class FileCache {
public:
    using Hook = boost::intrusive::list_base_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
    // The place of one open file; closed when it is destroyed.
    class Entry : public Hook {
    public:
        // Whoever still uses the file keeps it open until it is done.
        void close();
        bool is_open() const { return file_ != nullptr; }

    private:
        friend class FileCache;
        std::shared_ptr<io::File> file_;
    };

    FileCache(io::Disk& disk, size_t limit) : disk_(disk), limit_(limit) {}

    // The file, opened if it is not. `entry` must stay alive until the task is done. Errors: as
    // Disk::open.
    io::Task<base::Result<std::shared_ptr<io::File>>> open(Entry& entry, std::string path,
                                                           io::OpenOptions options);
    size_t open_files() const { return used_.size(); }

private:
    io::Disk& disk_;
    const size_t limit_;
    // The least recently used first.
    boost::intrusive::list<Entry, boost::intrusive::constant_time_size<false>> used_;
};

}  // namespace polylog::log
