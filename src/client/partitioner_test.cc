#include "client/partitioner.h"

#include <gtest/gtest.h>

#include <set>

namespace polylog::client {
namespace {

class FixedRandom final : public io::Random {
public:
    uint64_t next() override { return next_++; }

private:
    uint64_t next_ = 0;
};

// Hashes from the Kafka clients' own test of Utils.murmur2.
TEST(Partitioner, PlacesKeysWhereKafkaClientsDo) {
    constexpr int32_t kPartitions = 1000;
    const auto expected = [](int64_t hash) {
        return static_cast<int32_t>((hash & 0x7fffffff) % kPartitions);
    };
    EXPECT_EQ(partition_of_key(base::as_bytes("21"), kPartitions), expected(-973932308));
    EXPECT_EQ(partition_of_key(base::as_bytes("foobar"), kPartitions), expected(-790332482));
    EXPECT_EQ(partition_of_key(base::as_bytes("a-little-bit-long-string"), kPartitions),
              expected(-985981536));
    EXPECT_EQ(partition_of_key(base::as_bytes("abc"), kPartitions), expected(479470107));
}

TEST(Partitioner, KeepsKeylessRecordsTogetherUntilTheirBatchLeaves) {
    FixedRandom random;
    Partitioner partitioner(3, random);
    const int32_t first = partitioner.partition_of(std::nullopt);
    EXPECT_EQ(partitioner.partition_of(std::nullopt), first);
    partitioner.batch_left((first + 1) % 3);
    EXPECT_EQ(partitioner.partition_of(std::nullopt), first);
    partitioner.batch_left(first);
    EXPECT_NE(partitioner.partition_of(std::nullopt), first);
}

TEST(Partitioner, ReachesEveryPartition) {
    FixedRandom random;
    Partitioner partitioner(4, random);
    std::set<int32_t> reached;
    for (int i = 0; i < 100; ++i) {
        const int32_t partition = partitioner.partition_of(std::nullopt);
        reached.insert(partition);
        partitioner.batch_left(partition);
    }
    EXPECT_EQ(reached.size(), 4u);
}

TEST(Partitioner, ServesATopicWithOnePartition) {
    FixedRandom random;
    Partitioner partitioner(1, random);
    partitioner.batch_left(0);
    EXPECT_EQ(partitioner.partition_of(std::nullopt), 0);
}

}  // namespace
}  // namespace polylog::client
