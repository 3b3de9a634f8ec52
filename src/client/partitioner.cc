#include "client/partitioner.h"

#include "base/check.h"
#include "base/hash.h"

namespace polylog::client {

Partitioner::Partitioner(int32_t partition_count, io::Random& random)
    : partition_count_(partition_count), random_(random), sticky_(0) {
    CHECK(partition_count > 0);
    sticky_ = static_cast<int32_t>(random_.below(static_cast<uint64_t>(partition_count)));
}

int32_t Partitioner::partition_of(std::optional<base::Bytes> key) const {
    return key ? partition_of_key(*key, partition_count_) : sticky_;
}

void Partitioner::batch_left(int32_t partition) {
    const auto count = static_cast<uint64_t>(partition_count_);
    if (partition != sticky_ || count == 1) return;
    // Any of the others, each with the same chance.
    const uint64_t step = 1 + random_.below(count - 1);
    sticky_ = static_cast<int32_t>((static_cast<uint64_t>(sticky_) + step) % count);
}

int32_t partition_of_key(base::Bytes key, int32_t partition_count) {
    constexpr int32_t kWithoutSign = 0x7fffffff;
    return (base::murmur2(key) & kWithoutSign) % partition_count;
}

}  // namespace polylog::client
