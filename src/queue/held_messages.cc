#include "queue/held_messages.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace polylog::queue {

using model::Offset;

namespace {

constexpr size_t kIndexSlotsMin = 16;
// Spreads the numbers of windows; see home_of.
constexpr uint64_t kGoldenRatio = 0x9E3779B97F4A7C15ull;

}  // namespace

// Offsets within a window as wide as the index have places next to each other, so what is handed
// out and settled in order never collides and shares cache lines; windows are shifted against each
// other, so that regular gaps do not pile up.
size_t HeldMessages::home_of(Offset offset) const {
    const auto value = static_cast<uint64_t>(offset.value);
    const uint64_t window = value >> std::countr_zero(index_.size());
    return (value + ((window * kGoldenRatio) >> 32)) & (index_.size() - 1);
}

// Where the offset's node is, or an empty slot where it would be.
size_t HeldMessages::slot_of(Offset offset) const {
    const size_t mask = index_.size() - 1;
    size_t slot = home_of(offset);
    while (index_[slot] != kNoNode && nodes_[index_[slot]].offset != offset) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

void HeldMessages::index_node(uint32_t node) {
    if ((nodes_.live_count() + 1) * 4 > index_.size() * 3) grow_index();
    const size_t slot = slot_of(nodes_[node].offset);
    CHECK(index_[slot] == kNoNode);
    index_[slot] = node;
}

void HeldMessages::grow_index() {
    std::vector<uint32_t> nodes = std::move(index_);
    index_.assign(std::max(kIndexSlotsMin, nodes.size() * 2), kNoNode);
    for (const uint32_t node : nodes) {
        if (node != kNoNode) index_[slot_of(nodes_[node].offset)] = node;
    }
}

// Closes the gap: what follows without one moves up where its home allows.
void HeldMessages::unindex(size_t slot) {
    const size_t mask = index_.size() - 1;
    size_t gap = slot;
    for (size_t at = (slot + 1) & mask; index_[at] != kNoNode; at = (at + 1) & mask) {
        const size_t home = home_of(nodes_[index_[at]].offset);
        if (((at - home) & mask) < ((at - gap) & mask)) continue;
        index_[gap] = index_[at];
        gap = at;
    }
    index_[gap] = kNoNode;
}

void HeldMessages::add(const HeldMessage& message) {
    const uint32_t node = nodes_.allocate();
    static_cast<HeldMessage&>(nodes_[node]) = message;
    index_node(node);
    if (message.due != kNoDeadline) wheel_.add(node);
    if (message.leased()) ++leased_;
}

const HeldMessage* HeldMessages::find(Offset offset) const {
    if (index_.empty()) return nullptr;
    const uint32_t node = index_[slot_of(offset)];
    return node == kNoNode ? nullptr : &nodes_[node];
}

std::optional<HeldMessage> HeldMessages::remove(Offset offset) {
    if (index_.empty()) return std::nullopt;
    const size_t slot = slot_of(offset);
    const uint32_t node = index_[slot];
    if (node == kNoNode) return std::nullopt;
    if (nodes_[node].due != kNoDeadline) wheel_.remove(node);
    return forget(node, slot);
}

// The node is in no list of the wheel.
HeldMessage HeldMessages::forget(uint32_t node, size_t slot) {
    const HeldMessage message = nodes_[node];
    unindex(slot);
    if (message.leased()) --leased_;
    nodes_.release(node);
    if (nodes_.live_count() == 0 && index_.size() > kIndexSlotsMin) index_ = {};
    return message;
}

void HeldMessages::delay(Range range, Tick due) {
    while (range.first <= range.last) {
        if (last_run_ != kNoNode) {
            RunNode& last = runs_[last_run_];
            if (last.due == due && last.first.value + last.count == range.first.value &&
                last.count < UINT32_MAX) {
                const uint64_t taken = std::min<uint64_t>(range.count(), UINT32_MAX - last.count);
                last.count += static_cast<uint32_t>(taken);
                range.first.value += static_cast<int64_t>(taken);
                continue;
            }
        }
        last_run_ = runs_.allocate();
        runs_[last_run_] = {.first = range.first, .due = due};
        run_wheel_.add(last_run_);
    }
}

HeldMessages::Expired HeldMessages::expire(Tick now, size_t max) {
    Expired expired;
    size_t steps = max;
    uint32_t node;
    while ((node = wheel_.take(now, steps)) != kNoNode) {
        expired.messages.push_back(forget(node, slot_of(nodes_[node].offset)));
    }
    size_t left = max - expired.messages.size();
    while (left > 0 && (node = run_wheel_.take(now, steps)) != kNoNode) {
        if (node == last_run_) last_run_ = kNoNode;
        RunNode& run = runs_[node];
        const auto taken = static_cast<uint32_t>(std::min<uint64_t>(run.count, left));
        expired.runs.push_back({run.first, {run.first.value + taken - 1}});
        left -= taken;
        run.first.value += taken;
        run.count -= taken;
        if (run.count > 0) {
            run_wheel_.add(node);
        } else {
            runs_.release(node);
        }
    }
    return expired;
}

std::optional<Tick> HeldMessages::next_expiry() const {
    const std::optional<Tick> message = wheel_.next();
    const std::optional<Tick> run = run_wheel_.next();
    if (!message || !run) return message ? message : run;
    return std::min(*message, *run);
}

std::vector<HeldMessage> HeldMessages::sorted() const {
    std::vector<HeldMessage> messages;
    messages.reserve(nodes_.live_count());
    for (const uint32_t node : index_) {
        if (node != kNoNode) messages.push_back(nodes_[node]);
    }
    std::ranges::sort(messages, {}, &HeldMessage::offset);
    return messages;
}

void HeldMessages::clear_runs() {
    runs_.clear();
    run_wheel_.clear();
    last_run_ = kNoNode;
}

void HeldMessages::clear() {
    clear_runs();
    nodes_.clear();
    wheel_.clear();
    index_ = {};
    leased_ = 0;
}

size_t HeldMessages::size_bytes() const {
    return nodes_.size_bytes() + wheel_.size_bytes() + index_.capacity() * sizeof(uint32_t) +
           runs_.size_bytes() + run_wheel_.size_bytes();
}

}  // namespace polylog::queue
