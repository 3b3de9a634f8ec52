#include <gtest/gtest.h>

#include "test/support/kafka_message_kinds.h"

// Goal: what is written is read back, for every message at every version. Method: content from a
// seed, compared as JSON (all fields but the contents of bytes) and by writing it again (all
// bytes).
namespace polylog::kafka {
namespace {

constexpr uint64_t kSeeds = 12;

TEST(RoundTrip, KeepsAnyContentOfEveryMessageAtEveryVersion) {
    testing::for_each_version([](const testing::MessageKind& kind, int16_t version) {
        for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
            SCOPED_TRACE(title(kind, version) + " seed " + std::to_string(seed));
            const testing::Encoded written = kind.any(seed, version);
            const auto read = kind.reread(written.bytes, version);
            ASSERT_TRUE(read) << read.error().message();
            EXPECT_EQ(read->json, written.json);
            EXPECT_EQ(read->bytes.text(), written.bytes.text());
            EXPECT_EQ(read->trailing_bytes, 0u);
        }
    });
}

TEST(RoundTrip, WritesUntouchedMessagesInTheFewestBytesThatAReaderExpects) {
    testing::for_each_version([](const testing::MessageKind& kind, int16_t version) {
        SCOPED_TRACE(title(kind, version));
        const testing::Encoded written = kind.initial(version);
        EXPECT_EQ(written.bytes.size(), kind.minimum_bytes(version));
        const auto read = kind.reread(written.bytes, version);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->bytes.text(), written.bytes.text());
    });
}

TEST(RoundTrip, RefusesVersionsThatTheMessageDoesNotHave) {
    for (const testing::MessageKind& kind : testing::message_kinds()) {
        const base::Slice bytes = kind.initial(kind.api.max).bytes;
        for (const int version : {kind.api.min - 1, kind.api.max + 1, -1, 32767}) {
            const auto read = kind.reread(bytes, static_cast<int16_t>(version));
            ASSERT_FALSE(read) << title(kind, static_cast<int16_t>(version));
            EXPECT_EQ(read.error(), base::ErrorCode::unsupported_version);
        }
    }
}

}  // namespace
}  // namespace polylog::kafka
