#include "meta/records.h"

#include <fmt/core.h>

#include <limits>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace polylog::meta {

using base::ByteReader;
using base::ByteWriter;
using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// The first two bytes of every record. Numbers are never reused.
enum class Kind : uint8_t {
    cluster = 1,
    restarts = 2,
    producer_ids = 3,
    topic = 4,
    remove_topic = 5,
    broker_config = 6,
    subscription = 7,
    remove_subscription = 8,
    subscription_numbers = 9,
};
constexpr uint8_t kVersion = 1;

void put_uuid(ByteWriter& out, const base::Uuid& uuid) {
    out.bytes(std::as_bytes(std::span(uuid.bytes)));
}

base::Uuid take_uuid(ByteReader& in) {
    base::Uuid uuid;
    const base::Bytes bytes = in.take(uuid.bytes.size());
    if (in.ok()) std::memcpy(uuid.bytes.data(), bytes.data(), uuid.bytes.size());
    return uuid;
}

void put_text(ByteWriter& out, std::string_view text) {
    out.uvarint(static_cast<uint32_t>(text.size()));
    out.text(text);
}

std::string take_text(ByteReader& in) {
    return std::string(base::as_text(in.take(in.uvarint())));
}

void put_config(ByteWriter& out, const model::ConfigMap& config) {
    out.uvarint(static_cast<uint32_t>(config.size()));
    for (const auto& [name, value] : config) {
        put_text(out, name);
        put_text(out, value);
    }
}

model::ConfigMap take_config(ByteReader& in) {
    model::ConfigMap config;
    for (uint32_t left = in.uvarint(); left > 0 && in.ok(); --left) {
        std::string name = take_text(in);
        config.insert_or_assign(std::move(name), take_text(in));
    }
    return config;
}

// What a subscription is told to go to. Numbers are never reused.
enum class TargetKind : uint8_t { queue = 1, url = 2, bridge = 3 };

// Bits of a subscription's flags: what is so, and which optional parts follow.
enum SubscriptionFlag : uint8_t {
    kConfirmed = 1,
    kConfirmedByOwner = 2,
    kRaw = 4,
    kFilter = 8,
    kDeadLetter = 16,
    kConfirmation = 32,
    kAllFlags = 63,
};

void put_queue(ByteWriter& out, const routing::QueueTarget& queue) {
    put_text(out, queue.name);
    put_uuid(out, queue.queue.value_or(model::TopicId{}).value);
}

routing::QueueTarget take_queue(ByteReader& in) {
    routing::QueueTarget queue{.name = take_text(in)};
    if (const base::Uuid id = take_uuid(in); !id.is_nil()) queue.queue = model::TopicId{id};
    return queue;
}

struct TargetEncoder {
    ByteWriter& out;

    void begin(TargetKind kind) { out.be<uint8_t>(static_cast<uint8_t>(kind)); }
    void operator()(const routing::QueueTarget& target) {
        begin(TargetKind::queue);
        put_queue(out, target);
    }
    void operator()(const routing::UrlTarget& target) {
        begin(TargetKind::url);
        put_text(out, target.url);
    }
    void operator()(const routing::BridgeTarget& target) {
        begin(TargetKind::bridge);
        put_text(out, target.bridge);
        put_text(out, target.address);
    }
};

routing::DeliveryTarget take_target(ByteReader& in) {
    switch (static_cast<TargetKind>(in.be<uint8_t>())) {
    case TargetKind::queue: return take_queue(in);
    case TargetKind::url: return routing::UrlTarget{take_text(in)};
    case TargetKind::bridge: {
        routing::BridgeTarget target{.bridge = take_text(in), .address = {}};
        target.address = take_text(in);
        return target;
    }
    }
    in.fail();
    return {};
}

void put_subscription(ByteWriter& out, const routing::Subscription& subscription) {
    put_uuid(out, subscription.id.value);
    out.be<uint64_t>(subscription.number.value);
    put_uuid(out, subscription.topic.value);
    std::visit(TargetEncoder{out}, subscription.target);
    put_text(out, subscription.owner);
    put_text(out, subscription.variant);
    out.be<int64_t>(base::to_unix_ms(subscription.created_at));
    put_text(out, subscription.delivery_policy);
    out.be<uint8_t>(static_cast<uint8_t>(
        (subscription.confirmed ? kConfirmed : 0) |
        (subscription.confirmed_by_owner ? kConfirmedByOwner : 0) | (subscription.raw ? kRaw : 0) |
        (subscription.filter ? kFilter : 0) | (subscription.dead_letter ? kDeadLetter : 0) |
        (subscription.confirmation ? kConfirmation : 0)));
    if (const auto& filter = subscription.filter) {
        out.be<uint8_t>(static_cast<uint8_t>(filter->scope));
        put_text(out, filter->policy);
    }
    if (subscription.dead_letter) put_queue(out, *subscription.dead_letter);
    if (const auto& confirmation = subscription.confirmation) {
        out.bytes(std::as_bytes(std::span(confirmation->token_hash)));
        out.be<int64_t>(base::to_unix_ms(confirmation->expires_at));
    }
}

routing::Filter take_filter(ByteReader& in) {
    const auto scope = in.be<uint8_t>();
    if (scope > static_cast<uint8_t>(routing::FilterScope::body)) in.fail();
    return {.scope = static_cast<routing::FilterScope>(scope), .policy = take_text(in)};
}

routing::Confirmation take_confirmation(ByteReader& in) {
    routing::Confirmation confirmation;
    const base::Bytes hash = in.take(confirmation.token_hash.size());
    if (in.ok()) std::memcpy(confirmation.token_hash.data(), hash.data(), hash.size());
    confirmation.expires_at = base::from_unix_ms(in.be<int64_t>());
    return confirmation;
}

routing::Subscription take_subscription(ByteReader& in) {
    routing::Subscription subscription;
    subscription.id = {take_uuid(in)};
    subscription.number = {in.be<uint64_t>()};
    subscription.topic = {take_uuid(in)};
    subscription.target = take_target(in);
    subscription.owner = take_text(in);
    subscription.variant = take_text(in);
    subscription.created_at = base::from_unix_ms(in.be<int64_t>());
    subscription.delivery_policy = take_text(in);
    const auto flags = in.be<uint8_t>();
    if (flags & ~kAllFlags) in.fail();
    subscription.confirmed = flags & kConfirmed;
    subscription.confirmed_by_owner = flags & kConfirmedByOwner;
    subscription.raw = flags & kRaw;
    if (flags & kFilter) subscription.filter = take_filter(in);
    if (flags & kDeadLetter) subscription.dead_letter = take_queue(in);
    if (flags & kConfirmation) subscription.confirmation = take_confirmation(in);
    return subscription;
}

struct Encoder {
    ByteWriter& out;

    void begin(Kind kind) {
        out.be<uint8_t>(static_cast<uint8_t>(kind));
        out.be<uint8_t>(kVersion);
    }
    void operator()(const ClusterRecord& record) {
        begin(Kind::cluster);
        put_uuid(out, record.cluster_id);
    }
    void operator()(const RestartsRecord& record) {
        begin(Kind::restarts);
        out.be<int32_t>(record.restarts);
    }
    void operator()(const ProducerIdsRecord& record) {
        begin(Kind::producer_ids);
        out.be<int64_t>(record.next.value);
    }
    void operator()(const TopicRecord& record) {
        begin(Kind::topic);
        put_uuid(out, record.id.value);
        put_text(out, record.name);
        out.be<int32_t>(record.partition_count);
        out.be<uint8_t>(record.internal);
        out.be<int32_t>(record.first_restart);
        put_config(out, record.overrides);
    }
    void operator()(const RemoveTopicRecord& record) {
        begin(Kind::remove_topic);
        put_uuid(out, record.id.value);
    }
    void operator()(const BrokerConfigRecord& record) {
        begin(Kind::broker_config);
        out.be<uint8_t>(record.cluster_default);
        put_config(out, record.overrides);
    }
    void operator()(const SubscriptionRecord& record) {
        begin(Kind::subscription);
        put_subscription(out, record.subscription);
    }
    void operator()(const RemoveSubscriptionRecord& record) {
        begin(Kind::remove_subscription);
        put_uuid(out, record.id.value);
    }
    void operator()(const SubscriptionNumbersRecord& record) {
        begin(Kind::subscription_numbers);
        out.be<uint64_t>(record.next.value);
    }
};

TopicRecord take_topic(ByteReader& in) {
    TopicRecord record;
    record.id = {take_uuid(in)};
    record.name = take_text(in);
    record.partition_count = in.be<int32_t>();
    record.internal = in.be<uint8_t>() != 0;
    record.first_restart = in.be<int32_t>();
    record.overrides = take_config(in);
    return record;
}

Result<Record> take_record(Kind kind, ByteReader& in) {
    switch (kind) {
    case Kind::cluster: return ClusterRecord{take_uuid(in)};
    case Kind::restarts: return RestartsRecord{in.be<int32_t>()};
    case Kind::producer_ids: return ProducerIdsRecord{{in.be<int64_t>()}};
    case Kind::topic: return take_topic(in);
    case Kind::remove_topic: return RemoveTopicRecord{{take_uuid(in)}};
    case Kind::broker_config: {
        const bool cluster_default = in.be<uint8_t>() != 0;
        return BrokerConfigRecord{cluster_default, take_config(in)};
    }
    case Kind::subscription: return SubscriptionRecord{take_subscription(in)};
    case Kind::remove_subscription: return RemoveSubscriptionRecord{{take_uuid(in)}};
    case Kind::subscription_numbers: return SubscriptionNumbersRecord{{in.be<uint64_t>()}};
    }
    return fail(ErrorCode::unsupported_version,
                fmt::format("metadata record kind {} is unknown: written by a newer version",
                            static_cast<int>(kind)));
}

}  // namespace

base::Slice encode_record(const Record& record) {
    ByteWriter out;
    std::visit(Encoder{out}, record);
    return out.finish();
}

Result<Record> decode_record(base::Bytes value) {
    ByteReader in(value);
    const auto kind = static_cast<Kind>(in.be<uint8_t>());
    const auto version = in.be<uint8_t>();
    if (!in.ok()) return fail(ErrorCode::corrupt, "malformed metadata record");
    if (version != kVersion) {
        return fail(ErrorCode::unsupported_version,
                    fmt::format("metadata record version {} is unknown: written by a newer version",
                                version));
    }
    TRY(Record record, take_record(kind, in));
    if (!in.ok() || in.remaining() != 0)
        return fail(ErrorCode::corrupt, "malformed metadata record");
    return record;
}

}  // namespace polylog::meta
