#include "coordinator/consumer_protocol.h"

#include <gtest/gtest.h>

#include "test/coordinator/hex_bytes.h"

namespace polylog::coordinator {
namespace {

std::optional<std::set<std::string>> topics_in(std::string_view hex) {
    return subscribed_topics(testing::from_hex(hex).bytes());
}

TEST(ConsumerProtocol, TopicsBeginEveryVersionOfASubscription) {
    using Topics = std::set<std::string>;
    const std::string body = "00000002 0001 61 0002 6263";
    for (const char* version : {"0000", "0001", "0003", "0009"}) {
        EXPECT_EQ(topics_in(version + body + "ffffffff"), (Topics{"a", "bc"}));
        EXPECT_EQ(topics_in(version + body), (Topics{"a", "bc"}));
    }
    EXPECT_EQ(topics_in("0000 00000000"), Topics{});
    EXPECT_EQ(topics_in("0000 00000002 0001 61 0001 61"), Topics{"a"});
}

TEST(ConsumerProtocol, AnythingElseIsNoSubscription) {
    for (const char* hex : {"", "00", "0000", "0000 000000", "ffff 00000000", "0000 ffffffff",
                            "0000 7fffffff", "0000 00000001", "0000 00000001 0002 61",
                            "0000 00000001 ffff", "0000 00000001 8000 61", "6d"}) {
        EXPECT_FALSE(topics_in(hex)) << hex;
    }
}

}  // namespace
}  // namespace polylog::coordinator
