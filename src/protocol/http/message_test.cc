#include "protocol/http/message.h"

#include <gtest/gtest.h>

namespace polylog::http {
namespace {

TEST(PercentDecode, TurnsEscapesBackAndLeavesBrokenOnes) {
    EXPECT_EQ(percent_decode("a%20b+c%2B"), "a b c+");
    EXPECT_EQ(percent_decode("%"), "%");
    EXPECT_EQ(percent_decode("%4"), "%4");
    EXPECT_EQ(percent_decode("%zz"), "%zz");
    EXPECT_EQ(percent_decode(""), "");
}

TEST(Request, FindsParametersWithAndWithoutValues) {
    const Request request{.query = "verbose&a=1&=x&a=2"};
    EXPECT_EQ(request.parameter("verbose"), "");
    EXPECT_EQ(request.parameter("a"), "1");
    EXPECT_EQ(request.parameter(""), "x");
    EXPECT_EQ(request.parameter("b"), std::nullopt);
}

}  // namespace
}  // namespace polylog::http
