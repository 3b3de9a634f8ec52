#include "queue/intake.h"

#include <fmt/core.h>

#include <algorithm>

namespace polylog::queue {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::Offset;

namespace {

// Small enough for every consumer, large enough to cost next to nothing per message.
constexpr size_t kBatchBytes = size_t{256} << 10;

std::optional<DeduplicationKey> key_of(const model::Message& message,
                                       const model::QueueSettings& settings) {
    if (!message.deduplication_id) return std::nullopt;
    const bool of_group = settings.deduplication_scope == model::DeduplicationScope::group;
    if (!of_group || !message.group) return deduplication_key(*message.deduplication_id);
    return deduplication_key(*message.deduplication_id, *message.group);
}

}  // namespace

Task<std::vector<Result<Sent>>> Intake::send(std::vector<Send> sends,
                                             std::shared_ptr<const model::TopicConfig> config) {
    const auto call = std::make_shared<Call>();
    call->sends = std::move(sends);
    call->config = std::move(config);
    calls_.push_back(call);
    if (calls_.size() == 1) scope_.spawn(close_turn());
    co_await call->placed.wait();

    Offset end{0};
    for (const Result<Sent>& sent : call->results) {
        if (sent) end = std::max(end, Offset{sent->offset.value + 1});
    }
    if (end.value == 0) co_return std::move(call->results);
    Result<void> stored = co_await parts_.messages->replicated(end, base::kNever);
    if (stored) stored = co_await parts_.ledger.durable();
    if (!stored) {
        for (Result<Sent>& sent : call->results) {
            if (sent) sent = fail(stored.error());
        }
    }
    co_return std::move(call->results);
}

Task<void> Intake::close_turn() {
    co_await io::end_of_turn();
    const auto calls = std::exchange(calls_, {});
    parts_.ledger.expire_duplicates();
    for (const std::shared_ptr<Call>& call : calls) {
        for (size_t index = 0; index < call->sends.size(); ++index) place(*call, index);
    }
    append_batch();
    for (const std::shared_ptr<Call>& call : calls) call->placed.notify_all();
}

void Intake::place(Call& call, size_t index) {
    call.results.push_back(place_one(call.sends[index], *call.config));
    placed_.push_back({call, index});
    if (batch_.size_bytes() >= kBatchBytes) append_batch();
}

Result<Sent> Intake::place_one(Send& send, const model::TopicConfig& config) {
    TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    const model::QueueSettings& settings = config.queue;
    if (const auto original = find_original(send, settings)) {
        return Sent{.id = model::message_id_at(parts_.id, *original),
                    .offset = *original,
                    .duplicate = true};
    }
    TRY_VOID(check_room(send, settings));
    const Offset offset = next_offset();
    const base::Duration delay = send.delay.value_or(settings.delay);
    if (delay > base::Duration::zero()) parts_.ledger.delay(offset, parts_.ledger.after(delay));
    remember(send, settings, offset);
    if (send.message.sent_at_ms == 0) send.message.sent_at_ms = parts_.ledger.wall_ms();
    model::add_message(batch_, send.message);
    const bool has_id = !send.message.id.is_nil();
    return Sent{.id = has_id ? send.message.id : model::message_id_at(parts_.id, offset),
                .offset = offset};
}

std::optional<Offset> Intake::find_original(const Send& send,
                                            const model::QueueSettings& settings) {
    const Deduplication& known = parts_.ledger.deduplication();
    if (send.hand_off) return known.find(*send.hand_off);
    const auto key = key_of(send.message, settings);
    return key ? known.find(*key) : std::nullopt;
}

void Intake::remember(const Send& send, const model::QueueSettings& settings, Offset offset) {
    if (send.hand_off) return parts_.ledger.remember(*send.hand_off, offset);
    if (const auto key = key_of(send.message, settings)) parts_.ledger.remember(*key, offset);
}

Result<void> Intake::check_room(const Send& send, const model::QueueSettings& settings) const {
    const size_t size_bytes = model::payload_bytes(send.message);
    if (size_bytes > settings.message_max_bytes) {
        return fail(ErrorCode::message_too_large,
                    fmt::format("{} bytes of body and attributes, the queue takes {}", size_bytes,
                                settings.message_max_bytes));
    }
    if (settings.messages_max == 0) return {};
    const Depth depth = parts_.ledger.state().depth();
    const int64_t arriving = next_offset().value - parts_.ledger.state().end().value;
    const uint64_t stored = depth.ready + depth.leased + depth.delayed + depth.dead +
                            static_cast<uint64_t>(std::max<int64_t>(arriving, 0));
    if (stored < settings.messages_max) return {};
    return fail(ErrorCode::queue_full, fmt::format("the queue holds {} messages", stored));
}

Offset Intake::next_offset() const {
    return {parts_.messages->log().positions().end.value + batch_.record_count()};
}

// What could not be stored leaves no trace: its offsets are the next messages'.
void Intake::append_batch() {
    if (batch_.record_count() > 0) {
        if (auto appended = try_append_batch(); !appended) {
            const Offset end = next_offset();
            for (const Placed& placed : placed_) {
                Result<Sent>& sent = placed.call.results[placed.index];
                if (!sent || sent->offset < end) continue;
                sent = fail(appended.error());
                if (const auto& hand_off = placed.call.sends[placed.index].hand_off)
                    parts_.ledger.forget(*hand_off);
            }
            parts_.ledger.withdraw(end);
        }
    }
    placed_.clear();
}

Result<void> Intake::try_append_batch() {
    const Offset begin = parts_.messages->log().positions().end;
    base::Buffer batch = batch_.build();
    TRY_VOID(parts_.ledger.journal().flush());
    TRY(const auto appended, parts_.messages->append(batch.writable(), true));
    CHECK(appended.first == begin);
    return {};
}

}  // namespace polylog::queue
