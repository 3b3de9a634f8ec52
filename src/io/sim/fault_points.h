#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "io/sim/random_stream.h"

namespace polylog::sim {

// Decides when the fault points of the code under test fire (io/fault.h). A point is enabled or not
// for a whole run, by seed and name alone; an enabled one fires now and then. The two-step choice
// makes some runs hammer one rare path and others none.
class FaultPoints {
public:
    struct Odds {
        double enabled = 0.25;  // of the points, per seed
        double fires = 0.25;    // of an enabled point's visits
    };
    struct Point {
        double probability = 0;
        uint64_t visits = 0;
        uint64_t fired = 0;
    };

    FaultPoints(RandomStream stream, Odds odds) : stream_(stream), odds_(odds) {}

    bool fires(std::string_view name);
    // Overrides the seed's choice for one point: 0 never, 1 at every visit.
    void set(std::string_view name, double probability) { find(name).probability = probability; }
    // Every point visited or set so far: which rare paths a run has covered.
    const std::map<std::string, Point, std::less<>>& points() const { return points_; }

private:
    Point& find(std::string_view name);

    RandomStream stream_;
    Odds odds_;
    std::map<std::string, Point, std::less<>> points_;
};

}  // namespace polylog::sim
