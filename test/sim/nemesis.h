#pragma once

#include <functional>
#include <vector>

#include "io/sim/world.h"

namespace polylog::sim {

enum class Torment : uint8_t {
    kill,
    power_cut,
    pause,
    slow,
    cut,
    cut_one_way,
    reset,
    stall,
    jump_wall_clock
};

struct NemesisOptions {
    std::vector<Torment> torments{Torment::kill,  Torment::power_cut, Torment::pause,
                                  Torment::slow,  Torment::cut,       Torment::cut_one_way,
                                  Torment::reset, Torment::stall,     Torment::jump_wall_clock};
    base::Duration gap_max = std::chrono::seconds(5);    // between two torments
    base::Duration each_max = std::chrono::seconds(10);  // how long one lasts
};

// Does harm to nodes and the links between them at random times drawn from the seed, each harm for
// a while; then, when told, makes everything well again. Nodes that were crashed are restarted with
// their program.
class Nemesis {
public:
    Nemesis(World& world, std::vector<Node*> nodes, NemesisOptions options = {});
    Nemesis(const Nemesis&) = delete;
    Nemesis& operator=(const Nemesis&) = delete;

    // Runs the world with torments for that long, then heals. False once the run has failed.
    bool run_for(base::Duration duration);
    // Ends all harm: nodes run at their pace, links work, disks have no scripted faults. Faults
    // that the scenario itself set to strike by probability are its own to end.
    void heal();

private:
    void act_later();
    void act();
    // Undoes a torment after a while, unless everything was healed in between.
    void undo_later(std::function<void()> undo);
    Node& any_node() { return *nodes_[stream_.below(nodes_.size())]; }

    World& world_;
    const std::vector<Node*> nodes_;
    const NemesisOptions options_;
    RandomStream stream_;
    uint64_t round_ = 0;  // torments and their undoing end with their round
};

}  // namespace polylog::sim
