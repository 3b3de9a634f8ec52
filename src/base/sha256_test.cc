#include "base/sha256.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace polylog::base {
namespace {

TEST(Sha256, IsThatOfTheStandard) {  // FIPS 180-4 example, one block
    const auto digest = sha256(as_bytes("abc"));
    EXPECT_EQ(hex_encode(std::as_bytes(std::span(digest))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, BytesAreEqualWhenAllOfThemAre) {
    EXPECT_TRUE(equal_in_constant_time(as_bytes("token"), as_bytes("token")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("token"), as_bytes("tokem")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("token"), as_bytes("toke")));
}

}  // namespace
}  // namespace polylog::base
