#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "meta/controller.h"
#include "meta/journal_store.h"
#include "test/log/partition_rig.h"

// Goal: a request for many topics costs what its topics cost, however many there are already, and
// subscriptions cost copies of the image nothing.
// Method: work is counted and not timed: whatever looks at a topic's name or makes one allocates,
// so the allocations of the whole test binary are counted.
namespace {

std::atomic<uint64_t> allocations = 0;

}  // namespace

void* operator new(size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    std::abort();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}

namespace polylog::meta {
namespace {

using replication::testing::PartitionRig;

io::Task<void> ignore(ImagePtr, std::vector<model::TopicId>) {
    co_return;
}

class PlanningRig : public PartitionRig {
public:
    void start() {
        controller_ = std::make_unique<Controller>(
            node().shard(0), model::NodeId{1}, limits_,
            std::make_unique<JournalStore>(node().shard(0), shared()), model::ConfigMap{},
            [](ImagePtr image, std::vector<model::TopicId> changed) {
                return ignore(std::move(image), std::move(changed));
            });
        ASSERT_TRUE(wait(on_shard([&] { return controller_->start(true); })));
    }
    // What it takes to plan so many topics of one partition. Only the first 10,000 may be made.
    uint64_t cost_of(int count) {
        std::vector<NewTopic> topics;
        for (int i = 0; i < count; ++i) {
            topics.push_back({.name = "a.topic.with.a.long.name." + std::to_string(10'000'000 + i),
                              .partition_count = 1});
        }
        const uint64_t before = allocations;
        const auto planned = wait(
            on_shard([&] { return controller_->create_topics(std::move(topics), true); }));
        EXPECT_EQ(planned.size(), static_cast<size_t>(count));
        EXPECT_TRUE(planned.front()) << planned.front().error().message();
        return allocations - before;
    }

private:
    const base::Limits limits_;
    std::unique_ptr<Controller> controller_;
};

TEST(Controller, PlansTwentyThousandTopicsOfOneRequestInLinearTime) {
    PlanningRig rig;
    rig.start();
    const uint64_t for_some = rig.cost_of(1'000);
    const uint64_t for_many = rig.cost_of(20'000);
    EXPECT_LT(for_many, 25 * for_some);
}

// An image of 100 topics with so many subscriptions each.
MetadataImage image_with(uint32_t subscriptions_per_topic) {
    MetadataImage image;
    uint64_t number = 0;
    for (uint64_t i = 0; i < 100; ++i) {
        auto topic = std::make_shared<Topic>();
        topic->id = {base::Uuid::from_random(i * 0x9E3779B97F4A7C15ull, i)};
        topic->name = "topic." + std::to_string(1'000 + i);
        image.put(topic);
        for (uint32_t j = 0; j < subscriptions_per_topic; ++j) {
            auto subscription = std::make_shared<routing::Subscription>();
            subscription->number = {++number};
            subscription->id = {base::Uuid::from_random(number * 0x9E3779B97F4A7C15ull, number)};
            subscription->topic = topic->id;
            image.put(std::move(subscription));
        }
    }
    return image;
}

uint64_t cost_of_copying(const MetadataImage& image) {
    const uint64_t before = allocations;
    const MetadataImage copy = image;
    return allocations - before;
}

TEST(MetadataImage, ACopyCostsTheSameWithManySubscriptionsAsWithNone) {
    const MetadataImage without = image_with(0);
    MetadataImage with = image_with(200);
    ASSERT_TRUE(with.compile_subscriptions());
    ASSERT_EQ(with.subscriptions().size(), 20'000u);
    EXPECT_EQ(cost_of_copying(with), cost_of_copying(without));
}

}  // namespace
}  // namespace polylog::meta
