#include "test/queue/delivery_walk.h"
#include "test/sim/scenario.h"

// Random walks of a queue's delivery state beside a plain map of offsets, with restarts from
// snapshots and from the settlement log, parts of it applied twice.
namespace polylog::sim {
namespace {

void walk(World& world, double forgets) {
    RandomStream stream = world.random("delivery");
    for (const int64_t stride : {3, 40, 5'000}) {
        const queue::DeliveryWalk::Plan plan{.steps = 5'000,
                                             .stride = stride,
                                             .forgets = forgets,
                                             .checks_often = stride < 100};
        const auto failure = queue::DeliveryWalk(stream.split("walk",
                                                              static_cast<uint64_t>(stride)),
                                                 plan)
                                 .run();
        if (failure) return world.fail(*failure);
    }
}

const bool registered = register_scenario(
                            {.name = "delivery_state",
                             .promise = "a queue's state is a map of offsets, also after restarts",
                             .run = [](World& world) { walk(world, 0); }}) &&
                        register_scenario(
                            {.name = "delivery_state_losing_settlements",
                             .promise = "the checker finds settlements that were not logged",
                             .run = [](World& world) { walk(world, 0.01); },
                             .caught_within = 5});

}  // namespace
}  // namespace polylog::sim
