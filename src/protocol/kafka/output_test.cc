#include "protocol/kafka/output.h"

#include <gtest/gtest.h>

#include <string>

namespace polylog::kafka {
namespace {

std::string text_of(const std::vector<base::Slice>& pieces) {
    std::string text;
    for (const base::Slice& piece : pieces) text += piece.text();
    return text;
}

TEST(Output, SharesLargeSlicesAndCopiesSmallOnes) {
    const base::Slice small = base::Slice::copy_of(std::string(Output::kShareFromBytes - 1, 's'));
    const base::Slice large = base::Slice::copy_of(std::string(Output::kShareFromBytes, 'l'));
    Output output;
    output.append(base::as_bytes("<"));
    output.append(small);
    output.append(large);
    output.append(base::as_bytes(">"));
    EXPECT_TRUE(small.buffer().unique());
    EXPECT_FALSE(large.buffer().unique());

    const std::string expected = "<" + std::string(small.text()) + std::string(large.text()) + ">";
    EXPECT_EQ(output.size_bytes(), expected.size());
    EXPECT_EQ(output.joined().text(), expected);
    const std::vector<base::Slice> pieces = output.take();
    EXPECT_EQ(text_of(pieces), expected);
    EXPECT_EQ(pieces[pieces.size() - 2].data(), large.data());
}

TEST(Output, KeepsReservedBytesInPlaceWhileItGrows) {
    Output output;
    std::byte* reserved = output.extend(1);
    std::string expected = "!";
    for (int i = 0; i < 100'000; ++i) {
        output.append_be(static_cast<int8_t>('a' + i % 26));
        expected += static_cast<char>('a' + i % 26);
    }
    *reserved = std::byte{'!'};
    const std::vector<base::Slice> pieces = output.take();
    EXPECT_EQ(text_of(pieces), expected);
    EXPECT_LT(pieces.size(), 12u);
}

TEST(Output, TakesOneContiguousPieceLargerThanAnyChunk) {
    const std::string text(1'000'000, 'x');
    Output output;
    output.append(base::as_bytes("a"));
    output.append(base::as_bytes(text));
    EXPECT_EQ(output.take().size(), 2u);
}

TEST(Output, IsEmptyAfterItsPiecesAreTaken) {
    Output output;
    EXPECT_TRUE(output.take().empty());
    output.append(base::as_bytes("once"));
    EXPECT_EQ(text_of(output.take()), "once");
    EXPECT_EQ(output.size_bytes(), 0u);
    EXPECT_TRUE(output.take().empty());
    output.append(base::as_bytes("again"));
    EXPECT_EQ(output.joined().text(), "again");
}

}  // namespace
}  // namespace polylog::kafka
