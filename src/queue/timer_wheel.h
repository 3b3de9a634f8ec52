#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/check.h"
#include "queue/lease.h"
#include "queue/node_pool.h"

namespace polylog::queue {

// Nodes of a pool by the tick at which they are due: a hierarchical timing wheel of 7 levels with
// 64 slots each, one millisecond fine, 139 years wide (what is due later waits in the last slot and
// is looked at again). Adding and taking cost O(1); a node moves down at most six times before it
// is due. Takes 2 KiB once something was added, nothing before.
//
// Node has `due` and `next`, and `previous` if nodes are to be removed before they are due.
template <class Node>
class TimerWheel {
public:
    explicit TimerWheel(NodePool<Node>& nodes) : nodes_(nodes) {}

    void add(uint32_t index) {
        if (!slots_) slots_ = std::make_unique<Slots>();
        link(index, slot_for(nodes_[index].due.value));
    }
    void remove(uint32_t index)
        requires requires(Node node) { node.previous; }
    {
        const Node& node = nodes_[index];
        if (node.next != kNoNode) nodes_[node.next].previous = node.previous;
        if ((node.previous & kHead) == 0) {
            nodes_[node.previous].next = node.next;
        } else {
            set_head(node.previous & ~kHead, node.next);
        }
    }

    // Takes the first node that is due at `now`; kNoNode when none is, or when `steps` nodes were
    // looked at, of which each takes one.
    uint32_t take(Tick now, size_t& steps) {
        while (steps > 0) {
            const std::optional<Event> event = next_event();
            if (!event || event->at > now.value) {
                elapsed_ = std::max(elapsed_, now.value);
                break;
            }
            elapsed_ = std::max(elapsed_, event->at);
            --steps;
            const uint32_t index = pop(event->slot);
            const int64_t due = nodes_[index].due.value;
            if (due <= elapsed_) return index;
            link(index, slot_for(due));
        }
        return kNoNode;
    }
    // Not after the first node is due; before it when a slot is to be looked at first.
    std::optional<Tick> next() const {
        const std::optional<Event> event = next_event();
        if (!event) return std::nullopt;
        return Tick{event->at};
    }

    template <class F>
    void for_each(F&& f) const {
        if (!slots_) return;
        for (const uint32_t head : slots_->heads) {
            for (uint32_t index = head; index != kNoNode; index = nodes_[index].next) {
                f(nodes_[index]);
            }
        }
    }
    // Forgets all nodes, which stay in the pool.
    void clear() { slots_.reset(); }
    size_t size_bytes() const { return slots_ ? sizeof(Slots) : 0; }

private:
    static constexpr uint32_t kLevels = 7;
    static constexpr uint32_t kBits = 6;
    static constexpr uint32_t kSlots = 1 << kBits;
    static constexpr int64_t kSpan = (int64_t{1} << (kLevels * kBits)) - 1;
    // Marks a `previous` that names a slot.
    static constexpr uint32_t kHead = uint32_t{1} << 31;

    struct Slots {
        Slots() { heads.fill(kNoNode); }
        std::array<uint32_t, kLevels * kSlots> heads;
        std::array<uint64_t, kLevels> occupied{};
    };
    struct Event {
        int64_t at;
        uint32_t slot;
    };

    // A node stands on the level of the highest digit (of six bits) in which its due tick differs
    // from elapsed_, in the slot of that digit.
    uint32_t slot_for(int64_t due) const {
        const int64_t at = std::clamp(due, elapsed_, elapsed_ | kSpan);
        const uint64_t differing = static_cast<uint64_t>(at ^ elapsed_) | (kSlots - 1);
        const auto level = (63 - static_cast<uint32_t>(std::countl_zero(differing))) / kBits;
        const auto digit = static_cast<uint32_t>(at >> (level * kBits)) & (kSlots - 1);
        return level * kSlots + digit;
    }
    void link(uint32_t index, uint32_t slot) {
        Node& node = nodes_[index];
        node.next = slots_->heads[slot];
        if constexpr (requires { node.previous; }) {
            node.previous = kHead | slot;
            if (node.next != kNoNode) nodes_[node.next].previous = index;
        }
        set_head(slot, index);
    }
    uint32_t pop(uint32_t slot) {
        const uint32_t index = slots_->heads[slot];
        const uint32_t next = nodes_[index].next;
        if constexpr (requires { nodes_[index].previous; }) {
            if (next != kNoNode) nodes_[next].previous = kHead | slot;
        }
        set_head(slot, next);
        return index;
    }
    void set_head(uint32_t slot, uint32_t index) {
        slots_->heads[slot] = index;
        const uint64_t bit = uint64_t{1} << (slot % kSlots);
        uint64_t& occupied = slots_->occupied[slot / kSlots];
        occupied = index == kNoNode ? occupied & ~bit : occupied | bit;
    }
    // The earliest slot; a level's occupied slots are those of elapsed_'s digit and later ones. A
    // slot that is being emptied step by step may lie before elapsed_: it comes first.
    std::optional<Event> next_event() const {
        if (!slots_) return std::nullopt;
        std::optional<Event> first;
        for (uint32_t level = 0; level < kLevels; ++level) {
            if (slots_->occupied[level] == 0) continue;
            const auto digit = static_cast<uint32_t>(std::countr_zero(slots_->occupied[level]));
            const uint32_t shift = level * kBits;
            const int64_t above = elapsed_ >> (shift + kBits) << (shift + kBits);
            const int64_t at = above | (int64_t{digit} << shift);
            if (!first || at <= first->at) first = Event{at, level * kSlots + digit};
        }
        return first;
    }

    NodePool<Node>& nodes_;
    std::unique_ptr<Slots> slots_;
    int64_t elapsed_ = 0;
};

}  // namespace polylog::queue
