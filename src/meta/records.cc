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
