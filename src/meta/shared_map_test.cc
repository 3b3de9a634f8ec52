#include "meta/shared_map.h"

#include <gtest/gtest.h>

#include "model/ids.h"

namespace polylog::meta {
namespace {

using model::TopicId;

using Map = SharedMap<TopicId, int>;

TopicId id_of(uint32_t number) {
    return {base::Uuid::from_random(number * 0x9E3779B97F4A7C15ull, number)};
}
std::shared_ptr<const int> value(int number) {
    return std::make_shared<const int>(number);
}
Map filled(int count) {
    Map map;
    for (int i = 0; i < count; ++i) map.put(id_of(static_cast<uint32_t>(i)), value(i));
    return map;
}

TEST(SharedMap, FindsWhatWasPutAndNotWhatWasRemoved) {
    Map map = filled(1'000);
    EXPECT_EQ(map.size(), 1'000u);
    map.put(id_of(7), value(70));
    map.remove(id_of(8));
    map.remove(id_of(8));
    EXPECT_EQ(map.size(), 999u);
    EXPECT_EQ(*map.find(id_of(7)), 70);
    EXPECT_EQ(map.find(id_of(8)), nullptr);
    EXPECT_EQ(*map.find(id_of(9)), 9);
    EXPECT_EQ(map.find(id_of(2'000)), nullptr);
}

TEST(SharedMap, ACopyDoesNotSeeWhatBecomesOfTheOriginal) {
    Map map = filled(100);
    const Map copy = map;
    for (uint32_t i = 0; i < 100; ++i) map.remove(id_of(i));
    EXPECT_EQ(map.size(), 0u);
    EXPECT_EQ(copy.size(), 100u);
    for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(*copy.find(id_of(i)), static_cast<int>(i));
}

TEST(SharedMap, PagesGoThroughAllOnceInTheOrderOfIds) {
    const Map map = filled(500);
    std::vector<int> seen;
    TopicId after{};
    for (auto page = map.page(after, 7); !page.empty(); page = map.page(after, 7)) {
        ASSERT_LE(page.size(), 7u);
        for (const auto& number : page) {
            const TopicId id = id_of(static_cast<uint32_t>(*number));
            ASSERT_GT(id, after);
            after = id;
            seen.push_back(*number);
        }
    }
    EXPECT_EQ(seen.size(), 500u);
    size_t visited = 0;
    map.for_each([&](int number) { EXPECT_EQ(number, seen[visited++]); });
    EXPECT_EQ(visited, 500u);
}

}  // namespace
}  // namespace polylog::meta
