#include "cmd/verbs/options.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace polylog::cmd {
namespace {

TEST(Options, ReadsBrokerAddresses) {
    const auto brokers = parse_brokers("kafka://a:1,b,[::1]:9094,10.0.0.1:9093/");
    ASSERT_TRUE(brokers.has_value()) << brokers.error().message();
    EXPECT_EQ(*brokers, (std::vector<io::Endpoint>{
                            {"a", 1}, {"b", 9092}, {"::1", 9094}, {"10.0.0.1", 9093}}));
}

TEST(Options, RefusesWhatIsNoAddress) {
    for (const std::string_view text :
         {"", ",", ":9092", "a:", "a:0", "a:99999", "a:x", "[::1", "[::1]x"}) {
        EXPECT_FALSE(parse_brokers(text).has_value()) << text;
    }
}

TEST(Options, GivesAShortNameToTheCommandThatClaimsIt) {
    const auto options = with_client_options({{.names = "-o,--offset", .value_name = "RANGE"}});
    EXPECT_EQ(options[0].names, "-o,--offset");
    const auto output = std::ranges::find(options, "output", &Option::name);
    ASSERT_NE(output, options.end());
    EXPECT_EQ(output->names, "--output");
}

}  // namespace
}  // namespace polylog::cmd
