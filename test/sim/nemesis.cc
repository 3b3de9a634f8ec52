#include "test/sim/nemesis.h"

#include "base/check.h"

namespace polylog::sim {

using base::Duration;

Nemesis::Nemesis(World& world, std::vector<Node*> nodes, NemesisOptions options)
    : world_(world),
      nodes_(std::move(nodes)),
      options_(std::move(options)),
      stream_(world.random("nemesis")) {
    CHECK(!nodes_.empty() && !options_.torments.empty());
}

bool Nemesis::run_for(Duration duration) {
    ++round_;
    act_later();
    const bool well = world_.run_for(duration);
    heal();
    return well;
}

void Nemesis::heal() {
    ++round_;
    world_.network().links().heal_all();
    for (Node* node : nodes_) {
        node->disk().clear_injected();
        node->set_slowness(1);
        if (node->is_running()) node->resume();
        if (!node->is_running()) node->restart();
    }
}

void Nemesis::act_later() {
    world_.after(stream_.between({}, options_.gap_max), [this, round = round_] {
        if (round != round_) return;
        act();
        act_later();
    });
}

void Nemesis::act() {
    Node& node = any_node();
    Node& peer = any_node();
    Links& links = world_.network().links();
    const auto restart = [&node] {
        if (!node.is_running()) node.restart();
    };
    switch (options_.torments[stream_.below(options_.torments.size())]) {
    case Torment::kill: node.crash(Crash::kill); return undo_later(restart);
    case Torment::power_cut: node.crash(Crash::power_cut); return undo_later(restart);
    case Torment::pause:
        if (node.is_running()) node.pause();
        return undo_later([&node] { node.resume(); });
    case Torment::slow:
        node.set_slowness(static_cast<double>(2 + stream_.below(100)));
        return undo_later([&node] { node.set_slowness(1); });
    case Torment::cut:
        links.cut_both(node.id(), peer.id());
        return undo_later([&links, &node, &peer] { links.heal_both(node.id(), peer.id()); });
    case Torment::cut_one_way:
        links.cut(node.id(), peer.id());
        return undo_later([&links, &node, &peer] { links.heal(node.id(), peer.id()); });
    case Torment::reset: return world_.network().reset(node.id(), peer.id());
    case Torment::stall:
        return links.stall(node.id(), peer.id(), stream_.between({}, options_.each_max));
    case Torment::jump_wall_clock:
        return node.clock().jump_wall(
            stream_.between(-std::chrono::hours(1), std::chrono::hours(1)));
    }
}

void Nemesis::undo_later(std::function<void()> undo) {
    world_.after(stream_.between({}, options_.each_max),
                 [this, round = round_, undo = std::move(undo)] {
                     if (round == round_) undo();
                 });
}

}  // namespace polylog::sim
