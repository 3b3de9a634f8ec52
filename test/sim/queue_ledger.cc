#include "test/sim/queue_ledger.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace polylog::sim {

using model::Offset;
using queue::Delivery;
using queue::Settle;

namespace {

// Of a time by a clock that may be a twentieth too quick, twice: by the machine's and by the
// world's.
Instant surely_before(Instant begin, base::Duration duration) {
    return begin + duration * 85 / 100;
}

// Within which a duplicate is one in any case.
constexpr base::Duration kSureWindow = std::chrono::seconds(240);

}  // namespace

uint64_t QueueLedger::number_of(const model::Message& message) {
    const std::string_view text = message.body.text();
    uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

void QueueLedger::fail(uint64_t number, const std::string& what) {
    world_.fail(fmt::format("message {} {}", number, what));
}

QueueLedger::Message& QueueLedger::message(uint64_t number) {
    const auto found = messages_.find(number);
    if (found != messages_.end()) return found->second;
    fail(number, "was never sent");
    return messages_[number];
}

uint64_t QueueLedger::sending(Sending sending) {
    const uint64_t number = next_number_++;
    messages_[number].sending = sending;
    messages_[number].begun_at = world_.now();
    if (sending.deduplication_id >= 0)
        by_deduplication_id_[sending.deduplication_id].push_back(number);
    return number;
}

void QueueLedger::sent(uint64_t number, const queue::Sent& sent) {
    Message& message = this->message(number);
    message.ended_at = world_.now();
    if (!sent.duplicate) {
        ++acknowledged_;
        message.acknowledged = true;
        message.offset = sent.offset;
        groups_[message.sending.group][sent.offset] = number;
        return judge_duplicates(number, message);
    }
    // Somebody's message with this id is in the queue, acknowledged to him or not.
    for (const uint64_t other : by_deduplication_id_[message.sending.deduplication_id]) {
        Message& original = this->message(other);
        if (other == number || (original.offset && *original.offset != sent.offset)) continue;
        if (original.offset) return;
    }
    bool may_exist = false;
    for (const uint64_t other : by_deduplication_id_[message.sending.deduplication_id])
        may_exist = may_exist || (other != number && !this->message(other).acknowledged);
    if (!may_exist) fail(number, "was called a duplicate of nothing");
}

// Two messages with one id, both stored, and sent within the window.
void QueueLedger::judge_duplicates(uint64_t number, const Message& message) {
    if (rules_.clock_jumps || message.sending.deduplication_id < 0) return;
    for (const uint64_t other : by_deduplication_id_[message.sending.deduplication_id]) {
        const Message& twin = this->message(other);
        if (other == number || !twin.offset || !message.offset || *twin.offset == *message.offset ||
            twin.may_be_purged || message.may_be_purged)
            continue;
        const Instant first = std::min(twin.begun_at, message.begun_at);
        const Instant last = std::max(twin.ended_at.value_or(twin.begun_at),
                                      message.ended_at.value_or(message.begun_at));
        if (last - first < kSureWindow)
            fail(number, fmt::format("was stored beside {}, its duplicate", other));
    }
}

void QueueLedger::delivered(const std::vector<Delivery>& deliveries, Instant begun,
                            base::Duration lease) {
    std::set<uint64_t> together;
    for (const Delivery& delivery : deliveries) {
        const uint64_t number = number_of(delivery.message);
        Message& message = this->message(number);
        if (world_.failure()) return;
        ++deliveries_;
        judge_delivery(number, message, delivery);
        if (rules_.ordered) judge_group(number, message, together);
        together.insert(number);
        message.seen = true;
        message.leased = delivery.counts.leased;
        message.held_in_boot = boot_;
        message.held_until = surely_before(begun, lease);
    }
}

void QueueLedger::judge_delivery(uint64_t number, Message& message, const Delivery& delivery) {
    const Offset offset = delivery.lease.offset;
    if (message.offset && *message.offset != offset)
        return fail(number, fmt::format("is delivered at {} and lies at {}", offset.value,
                                        message.offset->value));
    if (!message.offset) {
        message.offset = offset;
        groups_[message.sending.group][offset] = number;
        judge_duplicates(number, message);
    }
    if (message.settle_done) return fail(number, "is delivered although it was settled");
    if (message.dead_at) return fail(number, "is delivered although it is a dead letter");
    if (message.overtaken_by)
        return fail(number,
                    fmt::format("is delivered after {} of its group", message.overtaken_by));
    if (rules_.leases_max > 0 && delivery.counts.leased > rules_.leases_max)
        return fail(number, "is delivered more often than it may be");
    if (rules_.ordered && delivery.counts.leased <= message.leased)
        return fail(number, "is delivered without being counted");
    if (message.held_in_boot == boot_ && world_.now() < message.held_until)
        return fail(number, "is delivered to two at a time");
    const Instant due = surely_before(message.begun_at, message.sending.delay);
    if (!rules_.clock_jumps && world_.now() < due) fail(number, "is delivered before its time");
}

void QueueLedger::judge_group(uint64_t number, const Message& message,
                              const std::set<uint64_t>& delivered_with) {
    for (const auto& [offset, earlier] : groups_[message.sending.group]) {
        if (offset >= *message.offset) return;
        Message& before = this->message(earlier);
        if (before.settle_tried || before.may_be_purged || delivered_with.contains(earlier))
            continue;
        // Nobody sees every lease: it may have become a dead letter, and then never comes again.
        if (rules_.leases_max > 0) {
            before.overtaken_by = number;
            continue;
        }
        return fail(number, fmt::format("is delivered before {} of its group", earlier));
    }
}

void QueueLedger::found_dead(const Delivery& delivery) {
    const uint64_t number = number_of(delivery.message);
    Message& message = this->message(number);
    if (world_.failure()) return;
    if (message.dead_at && *message.dead_at != delivery.lease.offset)
        return fail(number, "is a dead letter twice");
    message.dead_at = delivery.lease.offset;
    message.seen = true;
    if (delivery.message.dead_letter_source.empty())
        fail(number, "does not say where it was a message");
}

void QueueLedger::settling(uint64_t number, Settle::Outcome outcome) {
    Message& message = this->message(number);
    if (outcome == Settle::Outcome::done) message.settle_tried = true;
    if (outcome == Settle::Outcome::reject && rules_.leases_max == 0) message.settle_tried = true;
    message.held_in_boot = 0;
}

void QueueLedger::settled(uint64_t number, Settle::Outcome outcome) {
    if (outcome == Settle::Outcome::done) message(number).settle_done = true;
}

// What is being sent meanwhile may be purged too.
void QueueLedger::purging() {
    for (auto& [number, message] : messages_) message.may_be_purged = true;
}

void QueueLedger::judge_end() {
    for (const auto& [number, message] : messages_) {
        const bool accounted_for = message.settle_tried || message.dead_at || message.may_be_purged;
        if (message.acknowledged && !accounted_for)
            return fail(number, message.seen ? "was delivered and then lost" : "is lost");
    }
}

}  // namespace polylog::sim
