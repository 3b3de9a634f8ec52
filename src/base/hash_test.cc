#include "base/hash.h"

#include <utility>

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

// The vectors that Kafka's own clients are tested with.
TEST(Murmur2, GivesWhatKafkasDefaultPartitionerGives) {
    const std::pair<std::string_view, int32_t> vectors[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (const auto& [key, hash] : vectors) EXPECT_EQ(murmur2(as_bytes(key)), hash) << key;
}

// Known values of XXH3 for the empty input (xxHash's specification).
TEST(Xxh3, GivesTheKnownValues) {
    EXPECT_EQ(xxh3_64({}), 0x2D06800538D394C2u);
    EXPECT_NE(xxh3_64(as_bytes("orders")), xxh3_64(as_bytes("orders"), 1));
    EXPECT_EQ(xxh3_64(as_bytes("orders")), xxh3_64(as_bytes("orders")));
}

}  // namespace
}  // namespace polylog::base
