#include "broker/fan_out.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/logging.h"
#include "io/when_all.h"

namespace polylog::broker {

using base::ErrorCode;
using base::Result;
using io::Task;
using model::Offset;
using queue::HandOff;
using queue::Send;
using routing::QueueTarget;

namespace {

const base::Logger kLogger("publications");

// Of one round. A queue appends its share of one as one batch, all of it or nothing.
constexpr size_t kMessagesMax = 256;
constexpr size_t kBytesMax = size_t{128} << 10;
// Copies for all queues: a single message may exceed it.
constexpr size_t kCopiesMax = 4096;
// Queues that are asked at a time.
constexpr size_t kQueuesAtOnce = 64;

constexpr base::Duration kRetryMin = std::chrono::milliseconds(100);
constexpr base::Duration kRetryMax = std::chrono::seconds(30);

// A queue's last word; anything else is the broker's state, and worth another try.
bool is_refusal(ErrorCode code) {
    switch (code) {
    case ErrorCode::unknown_topic:
    case ErrorCode::queue_full:
    case ErrorCode::message_too_large:
    case ErrorCode::policy_violation:
    case ErrorCode::invalid_request:
    case ErrorCode::not_authorized: return true;
    default: return false;
    }
}

}  // namespace

FanOut::FanOut(Parts parts)
    : parts_(std::move(parts)), reader_(parts_.messages, parts_.id), watch_(news_) {
    parts_.messages->watch(watch_);
}

Task<void> FanOut::run() {
    base::Duration pause = kRetryMin;
    while (parts_.messages->check_epoch(std::nullopt)) {
        parts_.ledger.refresh();
        const Offset from = parts_.ledger.state().start();
        if (from >= parts_.messages->high_watermark()) {
            reader_.forget();
            co_await news_.wait();
            continue;
        }
        auto round = co_await read_round(from);
        if (!round) {
            kLogger.warn("publication_unreadable", "published messages wait",
                         {{"partition", parts_.id.partition}, {"err", round.error()}});
            co_await io::sleep_for(pause);
            pause = std::min(pause * 2, kRetryMax);
            continue;
        }
        Deliveries dead = co_await deliver(round->deliveries);
        parts_.ledger.settle_below(round->next);
        if (co_await parts_.ledger.durable()) {
            co_await forget(round->deliveries);
            co_await forget(dead);
        }
        pause = kRetryMin;
    }
}

Task<Result<FanOut::Round>> FanOut::read_round(Offset from) {
    Round round{.next = from, .deliveries = {}};
    const Offset end = parts_.messages->high_watermark();
    size_t copies = 0;
    size_t size_bytes = 0;
    for (size_t count = 0; count < kMessagesMax; ++count) {
        CO_TRY(const auto stored, co_await reader_.first_from(round.next));
        if (!stored) {  // nothing but markers, or deleted meanwhile
            round.next = end;
            break;
        }
        const size_t message_bytes = model::payload_bytes(stored->message);
        const size_t recipients = stored->message.recipients.size();
        const bool is_first = count == 0;
        if (!is_first &&
            (size_bytes + message_bytes > kBytesMax || copies + recipients > kCopiesMax))
            break;
        size_bytes += message_bytes;
        copies += add_to(round.deliveries, *stored);
        round.next = {stored->offset.value + 1};
    }
    co_return round;
}

// Returns for how many queues.
size_t FanOut::add_to(Deliveries& deliveries, const queue::StoredMessage& stored) const {
    const meta::ImagePtr image = parts_.image();
    const auto topic = image->find(parts_.id.topic);
    if (!topic) return 0;
    const auto subscriptions = image->subscriptions_of(topic->id);
    size_t copies = 0;
    for (const model::Recipient& recipient : stored.message.recipients) {
        const auto subscription = subscriptions->find(recipient.subscription);
        const auto* queue = subscription ? std::get_if<QueueTarget>(&subscription->target)
                                         : nullptr;
        if (!queue) continue;
        Delivery& delivery = deliveries[subscription->number];
        delivery.subscription = subscription;
        delivery.target = *queue;
        delivery.open.push_back(copy_for(*subscription, *topic, stored, recipient.raw));
        ++copies;
    }
    return copies;
}

// The hand-off names the subscription where others name a topic: one queue may get a message for
// several of them, as their dead-letter queue.
Send FanOut::copy_for(const routing::Subscription& subscription, const meta::Topic& topic,
                      const queue::StoredMessage& stored, bool raw) const {
    const model::Message& published = stored.message;
    Send send{.message = published,
              .delay = std::nullopt,
              .hand_off = HandOff{.source = {{subscription.id.value}, parts_.id.partition},
                                  .offset = stored.offset}};
    model::Message& copy = send.message;
    copy.id = {};
    copy.recipients.clear();
    copy.variants.clear();
    const auto variant = std::ranges::find(published.variants, subscription.variant,
                                           &model::BodyVariant::name);
    if (variant != published.variants.end()) copy.body = variant->body;
    copy.sent_at_ms = 0;
    if (raw) {
        copy.subject.reset();
    } else {
        copy.publication = model::Publication{.topic = topic.name,
                                              .message_id = published.id,
                                              .offset = stored.offset,
                                              .published_at_ms = published.sent_at_ms,
                                              .subscription = subscription.id.value};
    }
    // SNS: groups of ordered topics mean nothing to queues without order.
    const auto queue = parts_.image()->find(std::get<QueueTarget>(subscription.target).name);
    const bool loses_order = topic.config->publication.ordered && queue &&
                             !queue->config->queue.ordered;
    if (loses_order) {
        copy.group.reset();
        copy.deduplication_id.reset();
    }
    return send;
}

// Returns what has gone to dead-letter queues.
Task<FanOut::Deliveries> FanOut::deliver(Deliveries& deliveries) {
    co_await hand_off_all(deliveries);
    Deliveries dead = dead_letters_of(deliveries);
    co_await hand_off_all(dead);
    for (const auto& [number, delivery] : deliveries)
        statistics_.delivered += delivery.stored.size();
    for (const auto& [number, delivery] : dead) {
        statistics_.dead_lettered += delivery.stored.size();
        statistics_.dropped += delivery.refused.size();
    }
    co_return dead;
}

// Until every queue has stored or refused what is for it.
Task<void> FanOut::hand_off_all(Deliveries& deliveries) {
    base::Duration pause = kRetryMin;
    std::vector<Delivery*> open;
    for (auto& [number, delivery] : deliveries) open.push_back(&delivery);
    while (!open.empty()) {
        std::vector<Delivery*> again;
        for (size_t first = 0; first < open.size(); first += kQueuesAtOnce) {
            const size_t end = std::min(first + kQueuesAtOnce, open.size());
            std::vector<Task<bool>> calls;
            for (size_t i = first; i < end; ++i) calls.push_back(hand_off(*open[i]));
            const std::vector<bool> done = co_await io::when_all(std::move(calls));
            for (size_t i = first; i < end; ++i) {
                if (!done[i - first]) again.push_back(open[i]);
            }
        }
        open = std::move(again);
        if (open.empty()) co_return;
        co_await io::sleep_for(pause);
        pause = std::min(pause * 2, kRetryMax);
    }
}

// False when some of it must be tried again.
Task<bool> FanOut::hand_off(Delivery& delivery) {
    if (!parts_.image()->subscriptions().find(delivery.subscription->id)) {
        delivery.open.clear();  // it has ended meanwhile
        co_return true;
    }
    QueueTarget target = delivery.target;
    std::vector<Send> sends = delivery.open;
    const auto results = co_await parts_.door.send(std::move(target), std::move(sends));
    std::vector<Send> again;
    for (size_t i = 0; i < results.size(); ++i) {
        Send& send = delivery.open[i];
        if (results[i]) {
            delivery.stored.push_back(*send.hand_off);
        } else if (is_refusal(results[i].error().code())) {
            delivery.refused.push_back(std::move(send));
        } else {
            again.push_back(std::move(send));
        }
    }
    delivery.open = std::move(again);
    co_return delivery.open.empty();
}

FanOut::Deliveries FanOut::dead_letters_of(Deliveries& deliveries) {
    const meta::ImagePtr image = parts_.image();
    Deliveries dead;
    for (auto& [number, delivery] : deliveries) {
        if (delivery.refused.empty()) continue;
        const auto subscription = image->subscriptions().find(delivery.subscription->id);
        if (subscription && subscription->dead_letter) {
            dead.emplace(number, Delivery{.subscription = subscription,
                                          .target = *subscription->dead_letter,
                                          .open = std::move(delivery.refused)});
        } else {
            statistics_.dropped += delivery.refused.size();
        }
    }
    return dead;
}

Task<void> FanOut::forget(Deliveries& deliveries) {
    for (auto& [number, delivery] : deliveries) {
        if (delivery.stored.empty()) continue;
        QueueTarget target = std::move(delivery.target);
        std::vector<HandOff> hand_offs = std::move(delivery.stored);
        co_await parts_.door.forget(std::move(target), std::move(hand_offs));
    }
}

}  // namespace polylog::broker
