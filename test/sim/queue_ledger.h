#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/sim/world.h"
#include "queue/queue.h"

namespace polylog::sim {

// What the clients of a queue and of its dead-letter queue know, whatever becomes of the machine
// that keeps them; and the judge of what they see. Messages have the numbers of their sending as
// bodies.
class QueueLedger {
public:
    struct Rules {
        bool ordered = false;
        uint32_t leases_max = 0;   // 0: no dead-letter queue
        bool clock_jumps = false;  // then delays and windows may end early in a crash
    };
    QueueLedger(World& world, Rules rules) : world_(world), rules_(rules) {}

    // One send, from before the call to its answer. `deduplication_id` -1: none.
    struct Sending {
        int group = 0;
        int64_t deduplication_id = -1;
        base::Duration delay{};
    };
    uint64_t sending(Sending sending);
    void sent(uint64_t number, const queue::Sent& sent);

    // One receive of the queue itself; `begun` is when the call was made.
    void delivered(const std::vector<queue::Delivery>& deliveries, Instant begun,
                   base::Duration lease);
    // A message of the dead-letter queue, as one receives it there.
    void found_dead(const queue::Delivery& delivery);

    // Before the call, for it may have its effect whatever its answer.
    void settling(uint64_t number, queue::Settle::Outcome outcome);
    void settled(uint64_t number, queue::Settle::Outcome outcome);
    void purging();
    void crashed() { ++boot_; }

    // Once everything was received and settled: nothing that was accepted is missing.
    void judge_end();
    // Has so much been done that the run says something?
    bool has_progress() const { return acknowledged_ > 20 && deliveries_ > 20; }

    static uint64_t number_of(const model::Message& message);

private:
    struct Message {
        Sending sending;
        Instant begun_at;
        std::optional<Instant> ended_at;  // when it was acknowledged
        std::optional<model::Offset> offset;
        bool acknowledged = false;
        bool settle_tried = false;  // as done
        bool settle_done = false;
        bool may_be_purged = false;
        bool seen = false;
        std::optional<model::Offset> dead_at;
        uint64_t overtaken_by = 0;  // a later one of its group that came: it must be dead
        uint16_t leased = 0;
        uint64_t held_in_boot = 0;
        Instant held_until{};  // nobody else gets it before, in the same boot
    };

    void fail(uint64_t number, const std::string& what);
    Message& message(uint64_t number);
    void judge_delivery(uint64_t number, Message& message, const queue::Delivery& delivery);
    void judge_group(uint64_t number, const Message& message,
                     const std::set<uint64_t>& delivered_with);
    void judge_duplicates(uint64_t number, const Message& message);

    World& world_;
    const Rules rules_;
    std::map<uint64_t, Message> messages_;
    std::map<int64_t, std::vector<uint64_t>> by_deduplication_id_;
    std::map<int, std::map<model::Offset, uint64_t>> groups_;  // acknowledged or seen, by offset
    uint64_t next_number_ = 1;
    uint64_t boot_ = 1;
    uint64_t acknowledged_ = 0;
    uint64_t deliveries_ = 0;
};

}  // namespace polylog::sim
