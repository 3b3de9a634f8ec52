#include "queue/dead_letters.h"

#include <algorithm>

#include "base/logging.h"

namespace polylog::queue {

using base::Result;
using io::Task;
using model::Offset;

namespace {

const base::Logger kLogger("queues");

// Of one hand-off.
constexpr size_t kLettersMax = 100;
constexpr size_t kLetterBytesMax = size_t{1} << 20;

constexpr base::Duration kRetryMin = std::chrono::milliseconds(100);
constexpr base::Duration kRetryMax = std::chrono::seconds(30);

}  // namespace

DeadLetters::DeadLetters(Parts parts, Target target)
    : parts_(std::move(parts)), target_(std::move(target)), reader_(parts_.messages, parts_.id) {}

void DeadLetters::start() {
    scope_.spawn(run());
}

void DeadLetters::stop() {
    scope_.destroy_all();
}

Task<void> DeadLetters::run() {
    base::Duration pause = kRetryMin;
    for (;;) {
        if (parts_.ledger.state().depth().dead == 0) {
            reader_.forget();
            co_await news_.wait();
        } else if (co_await hand_off_some()) {
            pause = kRetryMin;
        } else {
            co_await news_.wait_until(parts_.shard.now() + pause);
            pause = std::min(pause * 2, kRetryMax);
        }
    }
}

// False when it makes no sense to go on at once.
Task<bool> DeadLetters::hand_off_some() {
    auto letters = co_await next_letters();
    if (!letters) {
        kLogger.warn("dead_letters_unreadable", "messages for the dead-letter queue stay",
                     {{"err", letters.error()}});
        co_return false;
    }
    if (letters->empty()) co_return true;
    // Whoever finds them in the other queue must not be handed them here after a crash.
    if (const auto condemned = co_await parts_.ledger.durable(); !condemned) co_return false;
    std::vector<HandOff> handed_off;
    for (const DeadLetter& letter : *letters) handed_off.push_back(letter.hand_off);
    const auto results = co_await target_.give_up(std::move(*letters));
    size_t count = 0;
    for (size_t i = 0; i < results.size(); ++i) {
        if (!results[i]) continue;
        const Offset offset = handed_off[i].offset;
        // Somebody may have made it ready again meanwhile: then it is in both queues.
        if (is_dead(offset)) parts_.ledger.settle({offset, offset});
        handed_off[count++] = handed_off[i];
    }
    handed_off.resize(count);
    if (count == 0) co_return false;
    const bool all = count == results.size();
    const auto settled = co_await parts_.ledger.durable();
    if (settled) co_await target_.forget(std::move(handed_off));
    co_return settled.has_value() && all;
}

// Those that have no message any more are settled on the way.
Task<Result<std::vector<DeadLetter>>> DeadLetters::next_letters() {
    std::vector<DeadLetter> letters;
    size_t size_bytes = 0;
    for (const Condemned& condemned : parts_.ledger.state().condemned(Offset{0}, kLettersMax)) {
        const Offset offset = condemned.range.first;
        CO_TRY(auto found, co_await reader_.first_from(offset));
        if (!is_dead(offset)) continue;
        if (!found || found->offset != offset) {
            parts_.ledger.settle({offset, offset});
            continue;
        }
        size_bytes += model::payload_bytes(found->message);
        letters.push_back({.hand_off = {.source = parts_.id, .offset = offset},
                           .reason = condemned.reason,
                           .counts = condemned.counts,
                           .message = std::move(found->message)});
        if (size_bytes >= kLetterBytesMax) break;
    }
    co_return letters;
}

bool DeadLetters::is_dead(Offset offset) const {
    return parts_.ledger.state().message(offset).place == MessageState::Place::dead;
}

}  // namespace polylog::queue
