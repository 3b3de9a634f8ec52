#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/ids.h"
#include "queue/lease.h"
#include "queue/node_pool.h"
#include "queue/settlement.h"
#include "queue/timer_wheel.h"

namespace polylog::queue {

// A message that was handed out and is not ready: leased, or delayed after a release.
struct HeldMessage {
    model::Offset offset;
    Tick due;         // the lease's deadline, or when the delay is over
    Attempt attempt;  // 0 when delayed
    DeliveryCounts counts;

    bool leased() const { return attempt != Attempt{}; }
};

// Which messages are leased or delayed, and until when. Messages that were handed out are found by
// their offsets: 48 bytes each and 5 to 11 of index. Those that were never handed out, however many
// are delayed, are only known as runs of one due tick, 24 bytes each; their owner knows which of a
// run are still delayed. Lives on the shard of its queue.
class HeldMessages {
public:
    HeldMessages() = default;
    HeldMessages(const HeldMessages&) = delete;
    HeldMessages& operator=(const HeldMessages&) = delete;

    // The message is not there yet.
    void add(const HeldMessage& message);
    // Valid until the next change; null when it is not there.
    const HeldMessage* find(model::Offset offset) const;
    // Takes the message out, if it is there.
    std::optional<HeldMessage> remove(model::Offset offset);
    // Messages that were never handed out, all due then.
    void delay(Range range, Tick due);

    // What is over at `now`, gone from here.
    struct Expired {
        std::vector<HeldMessage> messages;
        std::vector<Range> runs;  // of messages that were never handed out
    };
    // At most `max` messages; may be none although something is over, see next_expiry().
    Expired expire(Tick now, size_t max);
    // When to call expire() next, again if that is not behind its `now`.
    std::optional<Tick> next_expiry() const;

    bool empty() const { return nodes_.live_count() == 0; }  // runs not counted
    uint64_t leased_count() const { return leased_; }
    // Of the messages, runs not counted.
    uint64_t delayed_count() const { return nodes_.live_count() - leased_; }
    // The messages in the order of their offsets.
    std::vector<HeldMessage> sorted() const;
    // Every run, in no order.
    template <class F>
    void for_each_run(F&& f) const {
        run_wheel_.for_each([&](const RunNode& node) { f(node.range(), node.due); });
    }
    // No run is delayed any more.
    void clear_runs();
    void clear();
    size_t size_bytes() const;

private:
    struct Node : HeldMessage {
        uint32_t next = kNoNode;
        uint32_t previous = kNoNode;
    };
    struct RunNode {
        model::Offset first;
        Tick due;
        uint32_t count = 0;
        uint32_t next = kNoNode;

        Range range() const { return {first, {first.value + count - 1}}; }
    };
    static_assert(sizeof(Node) == 48 && sizeof(RunNode) == 24);

    size_t slot_of(model::Offset offset) const;
    size_t home_of(model::Offset offset) const;
    void index_node(uint32_t node);
    void unindex(size_t slot);
    void grow_index();
    HeldMessage forget(uint32_t node, size_t slot);

    NodePool<Node> nodes_;
    TimerWheel<Node> wheel_{nodes_};  // of those with a deadline
    // Open addressing with linear probing: the node at an offset's home or behind it.
    std::vector<uint32_t> index_;
    uint64_t leased_ = 0;

    NodePool<RunNode> runs_;
    TimerWheel<RunNode> run_wheel_{runs_};
    uint32_t last_run_ = kNoNode;  // the run that was added last, if it is still there
};

}  // namespace polylog::queue
