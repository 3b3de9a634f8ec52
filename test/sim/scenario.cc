#include "test/sim/scenario.h"

#include <map>

#include "base/check.h"

namespace polylog::sim {

namespace {

std::map<std::string_view, Scenario>& registry() {
    static std::map<std::string_view, Scenario> scenarios_by_name;
    return scenarios_by_name;
}

}  // namespace

bool register_scenario(Scenario scenario) {
    const bool is_new = registry().emplace(scenario.name, scenario).second;
    CHECK(is_new && scenario.run != nullptr);
    return true;
}

std::vector<Scenario> scenarios() {
    std::vector<Scenario> all;
    for (const auto& [name, scenario] : registry()) all.push_back(scenario);
    return all;
}

}  // namespace polylog::sim
