#include "queue/dispatcher.h"

#include <utility>

namespace polylog::queue {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::Offset;

namespace {

// Of one queue partition: at most 64 MB.
constexpr uint64_t kLeasesMax = 1'000'000;
// Messages of one receive that are looked at before others on the shard get their turn.
constexpr uint32_t kLooksPerTurn = 256;

}  // namespace

Dispatcher::Dispatcher(Parts parts, bool ordered)
    : parts_(std::move(parts)), reader_(parts_.messages, parts_.id) {
    if (ordered) groups_.emplace(parts_.ledger, parts_.messages, parts_.id);
}

// Leases that nobody has been told of: whoever asked may be gone before the answer.
class Dispatcher::Taken {
public:
    explicit Taken(DeliveryLedger& ledger, std::vector<Delivery> deliveries = {})
        : ledger_(ledger), deliveries_(std::move(deliveries)) {}
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken() {
        for (const Delivery& delivery : deliveries_) ledger_.take_back(delivery.lease);
    }

    void add(Delivery delivery) { deliveries_.push_back(std::move(delivery)); }
    size_t size() const { return deliveries_.size(); }
    std::vector<Delivery> keep() { return std::exchange(deliveries_, {}); }

private:
    DeliveryLedger& ledger_;
    std::vector<Delivery> deliveries_;
};

Task<Result<std::vector<Delivery>>> Dispatcher::receive(
    Receive receive, std::shared_ptr<const model::TopicConfig> config) {
    CO_TRY(auto deliveries, co_await wait_and_take(std::move(receive), std::move(config)));
    if (!groups_ || deliveries.empty()) co_return deliveries;
    // What an ordered queue has handed out must not come again before its lease is over.
    Taken taken(parts_.ledger, std::move(deliveries));
    CO_TRY_VOID(co_await parts_.ledger.durable());
    co_return taken.keep();
}

Task<Result<std::vector<Delivery>>> Dispatcher::wait_and_take(
    Receive receive, std::shared_ptr<const model::TopicConfig> config) {
    // Who does not wait takes what those who wait leave.
    if (receive.deadline <= parts_.shard.now()) co_return co_await take(receive, config);
    ReceiveLine::Place place(parts_.line);
    if (!co_await place.first(receive.deadline)) co_return std::vector<Delivery>();
    for (;;) {
        auto taken = co_await take(receive, config);
        if (!taken || !taken->empty()) co_return taken;
        const bool again = co_await parts_.line.available().wait_until(receive.deadline);
        if (!again && parts_.shard.now() >= receive.deadline) co_return taken;
    }
}

Task<Result<std::vector<Delivery>>> Dispatcher::take(
    Receive receive, std::shared_ptr<const model::TopicConfig> config) {
    const model::QueueSettings& settings = config->queue;
    const auto turn = co_await taking_.lock();
    Taken taken(parts_.ledger);
    Picked picked;
    size_t size_bytes = 0;
    uint32_t looks = 0;
    while (taken.size() < receive.messages_max) {
        if (++looks % kLooksPerTurn == 0) co_await io::yield();
        CO_TRY(const auto next, co_await pick(picked, receive.messages_max - taken.size()));
        if (!next) break;
        CO_TRY(auto stored, co_await reader_.first_from(*next));
        if (!still_next(picked, *next)) continue;
        if (!deliverable(*next, stored, settings)) {
            picked = {};  // what is behind it in its group has to wait
            continue;
        }
        size_bytes += model::payload_bytes(stored->message);
        if (taken.size() > 0 && size_bytes > receive.bytes_max) break;
        if (parts_.ledger.state().depth().leased >= kLeasesMax) {
            if (taken.size() > 0) break;
            co_return fail(ErrorCode::too_many_leases);
        }
        const base::Duration lease = receive.lease.value_or(settings.lease_time);
        const Leased leased = parts_.ledger.lease(*next, parts_.ledger.after(lease));
        taken.add({.lease = {*next, leased.first_attempt},
                   .counts = leased.counts,
                   .message = std::move(stored->message)});
    }
    co_return taken.keep();
}

Task<Result<std::optional<Offset>>> Dispatcher::pick(Picked& picked, size_t max) {
    CO_TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    parts_.ledger.refresh();
    if (!groups_) co_return parts_.ledger.state().next();
    if (picked.version != groups_->version()) picked = {};
    if (picked.offsets.empty()) {
        CO_TRY(const auto offsets, co_await groups_->pick(max));
        picked = {.offsets = {offsets.begin(), offsets.end()}, .version = groups_->version()};
    }
    if (picked.offsets.empty()) co_return std::nullopt;
    const Offset next = picked.offsets.front();
    picked.offsets.pop_front();
    co_return next;
}

// While it was read somebody may have purged it, or an earlier one may have come back.
bool Dispatcher::still_next(const Picked& picked, Offset offset) const {
    if (groups_ && groups_->version() != picked.version) return false;
    return parts_.ledger.state().message(offset).place == MessageState::Place::ready;
}

// Whether the message may be handed out now; otherwise it is not ready any more.
bool Dispatcher::deliverable(Offset offset, const std::optional<StoredMessage>& stored,
                             const model::QueueSettings& settings) {
    DeliveryLedger& ledger = parts_.ledger;
    if (!stored || stored->offset != offset) {
        // A compacted log, or a record that is no message.
        const Offset end = stored ? stored->offset : ledger.state().end();
        ledger.settle({offset, {end.value - 1}});
        return false;
    }
    const auto& expires_at_ms = stored->message.expires_at_ms;
    if (expires_at_ms && *expires_at_ms <= ledger.wall_ms()) {
        if (settings.dead_letter) {
            condemn(offset, DeathReason::expired);
        } else {
            ledger.settle({offset, offset});
        }
        return false;
    }
    const uint32_t leases = ledger.state().message(offset).counts.leased;
    if (!settings.dead_letter || leases < settings.dead_letter->leases_max) return true;
    condemn(offset, DeathReason::delivered_too_often);
    return false;
}

void Dispatcher::condemn(Offset offset, DeathReason reason) {
    parts_.ledger.condemn(offset, reason);
    parts_.on_condemned();
}

}  // namespace polylog::queue
