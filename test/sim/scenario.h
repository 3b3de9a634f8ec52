#pragma once

#include <string_view>
#include <vector>

#include "io/sim/world.h"

namespace polylog::sim {

// A story that plays in a simulated world: it makes nodes and programs, lets faults loose on them,
// and calls World::fail when a promise is broken. It must depend on nothing but the world, and so
// on the seed.
struct Scenario {
    std::string_view name;
    std::string_view promise;  // what holds in every run, as a sentence
    void (*run)(World& world) = nullptr;
    // The program has an error on purpose: some seed among the first `caught_within` must find it.
    // Shows that the scenario's checker bites. 0: no error is known.
    uint64_t caught_within = 0;
};

// To be called once per scenario, before main: `const bool registered = register_scenario({...});`
bool register_scenario(Scenario scenario);
// By name.
std::vector<Scenario> scenarios();

}  // namespace polylog::sim
