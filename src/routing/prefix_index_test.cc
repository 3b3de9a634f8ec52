#include "routing/prefix_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<uint32_t> found(const PrefixIndex& index, std::string_view value) {
    std::vector<uint32_t> numbers;
    index.find_prefixes_of(value, [&](uint32_t number) { numbers.push_back(number); });
    return numbers;
}

TEST(PrefixIndex, FindsEveryTextThatBeginsTheValue) {
    const PrefixIndex index(
        {{"", {0}}, {"a", {1}}, {"ab", {2, 3}}, {"abd", {4}}, {"b", {5}}, {"\xFF", {6}}});
    EXPECT_THAT(found(index, "abc"), UnorderedElementsAre(0, 1, 2, 3));
    EXPECT_THAT(found(index, "abd"), UnorderedElementsAre(0, 1, 2, 3, 4));
    EXPECT_THAT(found(index, "ac"), UnorderedElementsAre(0, 1));
    EXPECT_THAT(found(index, "c"), ElementsAre(0));
    EXPECT_THAT(found(index, ""), ElementsAre(0));
    EXPECT_THAT(found(index, "\xFF\xFF"), UnorderedElementsAre(0, 6));
}

TEST(PrefixIndex, FindsAPrefixWithOtherTextsBetweenItAndTheValue) {
    const PrefixIndex index({{"a", {1}}, {"ab", {2}}, {"abc", {3}}, {"ad", {4}}});
    EXPECT_THAT(found(index, "ac"), ElementsAre(1));
    EXPECT_THAT(found(index, "abz"), UnorderedElementsAre(1, 2));
    EXPECT_THAT(found(index, "Z"), IsEmpty());
    EXPECT_THAT(found(PrefixIndex(), "a"), IsEmpty());
}

}  // namespace
}  // namespace polylog::routing
