#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "meta/controller.h"
#include "meta/journal_store.h"
#include "test/log/partition_rig.h"

// Goal: a request for many topics costs what its topics cost, however many there are already.
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

}  // namespace
}  // namespace polylog::meta
