#include "io/sim/fault_points.h"

namespace polylog::sim {

bool FaultPoints::fires(std::string_view name) {
    Point& point = find(name);
    ++point.visits;
    const bool fires = stream_.chance(point.probability);
    point.fired += fires;
    return fires;
}

FaultPoints::Point& FaultPoints::find(std::string_view name) {
    const auto found = points_.find(name);
    if (found != points_.end()) return found->second;
    RandomStream choice = stream_.split(name);
    const double probability = choice.chance(odds_.enabled) ? odds_.fires : 0;
    return points_.emplace(name, Point{.probability = probability}).first->second;
}

}  // namespace polylog::sim
