#include <gtest/gtest.h>

#include <string>

#include "protocol/kafka/codec.h"
#include "protocol/kafka/minimum_size.h"
#include "test/support/kafka_messages.h"

// Goal: what is written is read back, for every message at every version. Method: content from a
// seed, compared as JSON (all fields but the contents of bytes) and by encoding it again (all
// bytes).
namespace polylog::kafka {
namespace {

constexpr uint64_t kSeeds = 12;

template <class Message>
void expect_round_trip(const Message& message, int16_t version) {
    Output first;
    ASSERT_TRUE(encode(message, version, first));
    const base::Slice bytes = first.joined();
    const auto back = decode<Message>(bytes, version);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->trailing_bytes, 0u);
    EXPECT_EQ(to_json(back->message, version), to_json(message, version));
    Output second;
    ASSERT_TRUE(encode(back->message, version, second));
    EXPECT_EQ(second.joined().text(), bytes.text());
}

TEST(RoundTrip, KeepsAnyContentOfEveryMessageAtEveryVersion) {
    testing::for_each_version([]<class Message>(int16_t version) {
        for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
            SCOPED_TRACE(std::string(Message::api.name) + " v" + std::to_string(version) +
                         " seed " + std::to_string(seed));
            testing::Filler filler(seed, version, Message::api.flexible(version));
            expect_round_trip(filler.message<Message>(), version);
        }
    });
}

TEST(RoundTrip, WritesEveryDefaultMessageInTheFewestBytes) {
    testing::for_each_version([]<class Message>(int16_t version) {
        SCOPED_TRACE(std::string(Message::api.name) + " v" + std::to_string(version));
        Output output;
        ASSERT_TRUE(encode(Message{}, version, output));
        EXPECT_EQ(output.size_bytes(),
                  MinimumSize::of<Message>(version, Message::api.flexible(version)));
        EXPECT_TRUE(decode<Message>(output.joined(), version));
    });
}

}  // namespace
}  // namespace polylog::kafka
