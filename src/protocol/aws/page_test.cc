#include "protocol/aws/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

using ::testing::ElementsAre;

const std::vector<std::string> kNames = {"c", "a", "e", "b", "d"};

TEST(Page, FollowsTheOneItsTokenIsFrom) {
    const auto first = page_of(kNames, std::nullopt, 2);
    EXPECT_THAT(first->names, ElementsAre("a", "b"));
    const auto second = page_of(kNames, first->next_token, 2);
    EXPECT_THAT(second->names, ElementsAre("c", "d"));
    const auto third = page_of(kNames, second->next_token, 2);
    EXPECT_THAT(third->names, ElementsAre("e"));
    EXPECT_EQ(third->next_token, std::nullopt);
    EXPECT_EQ(page_of(kNames, std::nullopt, 5)->next_token, std::nullopt);
}

TEST(Page, IsRightWhenNamesComeAndGoBetweenPages) {
    const auto first = page_of(kNames, std::nullopt, 2);
    EXPECT_THAT(page_of({"a", "aa", "c", "d"}, first->next_token, 9)->names, ElementsAre("c", "d"));
    EXPECT_TRUE(page_of({}, first->next_token, 9)->names.empty());
}

TEST(Page, RefusesTokensThatItDidNotWrite) {
    EXPECT_EQ(page_of(kNames, "!", 2).error().kind, FaultKind::invalid_parameter_value);
    EXPECT_EQ(page_of(kNames, "", 2).error().kind, FaultKind::invalid_parameter_value);
}

}  // namespace
}  // namespace polylog::aws
