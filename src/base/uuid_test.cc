#include "base/uuid.h"

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

constexpr uint64_t kHigh = 0x0123456789ABCDEF;
constexpr uint64_t kLow = 0xFEDCBA9876543210;

TEST(Uuid, FromRandomBitsIsVersion4OfTheRfc) {
    const Uuid uuid = Uuid::from_random(kHigh, kLow);
    EXPECT_EQ(uuid.to_hex(), "01234567-89ab-4def-bedc-ba9876543210");
    EXPECT_FALSE(uuid.is_nil());
    EXPECT_EQ(Uuid().to_hex(), "00000000-0000-0000-0000-000000000000");
    EXPECT_TRUE(Uuid().is_nil());
}

TEST(Uuid, ReadsBackItsBase64Form) {
    const Uuid uuid = Uuid::from_random(kHigh, kLow);
    EXPECT_EQ(uuid.to_base64(), "ASNFZ4mrTe--3LqYdlQyEA");
    EXPECT_EQ(Uuid::from_base64(uuid.to_base64()), uuid);
    EXPECT_EQ(Uuid().to_base64(), "AAAAAAAAAAAAAAAAAAAAAA");
}

TEST(Uuid, RefusesEveryOtherText) {
    for (const std::string_view text :
         {"", "ASNFZ4mrTe--3LqYdlQyE", "ASNFZ4mrTe--3LqYdlQyEAA", "ASNFZ4mrTe--3LqYdlQyEB",
          "ASNFZ4mrTe++3LqYdlQyEA",
          "ASNFZ4mrTe--3LqYdlQyEA==", "01234567-89ab-4def-bedc-ba9876543210"}) {
        EXPECT_FALSE(Uuid::from_base64(text)) << text;
    }
}

TEST(Uuid, NeverStartsWithADashInBase64) {
    for (uint64_t first_byte = 0; first_byte < 256; ++first_byte) {
        EXPECT_NE(Uuid::from_random(first_byte << 56, 0).to_base64().front(), '-');
    }
}

}  // namespace
}  // namespace polylog::base
