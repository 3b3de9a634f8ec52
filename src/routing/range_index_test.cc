#include "routing/range_index.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::routing {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<uint32_t> found(const RangeIndex& index, int value) {
    std::vector<uint32_t> numbers;
    index.find_ranges_with(Decimal::from_integer(value),
                           [&](uint32_t number) { numbers.push_back(number); });
    return numbers;
}

NumericRange range(int lowest, int highest) {
    return {Decimal::from_integer(lowest), Decimal::from_integer(highest)};
}

TEST(RangeIndex, FindsEveryRangeWithTheValue) {
    const RangeIndex index({{range(1, 3), 0},
                            {range(2, 2), 1},
                            {range(3, 9), 2},
                            {{.highest = Decimal::from_integer(2)}, 3},
                            {{.lowest = Decimal::from_integer(3)}, 4},
                            {range(5, 4), 5}});
    EXPECT_THAT(found(index, 2), UnorderedElementsAre(0, 1, 3));
    EXPECT_THAT(found(index, 3), UnorderedElementsAre(0, 2, 4));
    EXPECT_THAT(found(index, 5), UnorderedElementsAre(2, 4));
    EXPECT_THAT(found(index, -7), UnorderedElementsAre(3));
    EXPECT_THAT(found(RangeIndex(), 1), IsEmpty());
}

TEST(RangeIndex, AgreesWithLookingAtEveryRange) {
    std::mt19937 random(7);
    const auto below = [&](int bound) {
        return static_cast<int>(random() % static_cast<unsigned>(bound));
    };
    for (int set = 0; set < 50; ++set) {
        std::vector<RangeIndex::Entry> entries;
        for (uint32_t number = 0; number < static_cast<uint32_t>(set); ++number) {
            const int lowest = below(30);
            entries.push_back({range(lowest, lowest + below(12)), number});
        }
        const RangeIndex index(entries);
        for (int value = -1; value < 45; ++value) {
            std::vector<uint32_t> expected;
            for (const auto& [each, number] : entries) {
                const Decimal decimal = Decimal::from_integer(value);
                if (each.lowest <= decimal && decimal <= each.highest) expected.push_back(number);
            }
            EXPECT_THAT(found(index, value), testing::UnorderedElementsAreArray(expected));
        }
    }
}

}  // namespace
}  // namespace polylog::routing
