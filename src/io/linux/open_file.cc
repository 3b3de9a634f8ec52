#include "io/linux/open_file.h"

#include <fcntl.h>

namespace polylog::io {

OpenFile::~OpenFile() {
    pool_.enqueue([fd = std::move(fd_)]() mutable { fd = {}; });
}

void OpenFile::go_through_page_cache() {
    direct_.store(false, std::memory_order_relaxed);
    const int flags = ::fcntl(fd(), F_GETFL);
    ::fcntl(fd(), F_SETFL, flags & ~O_DIRECT);
}

}  // namespace polylog::io
