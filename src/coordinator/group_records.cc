#include "coordinator/group_records.h"

#include <fmt/core.h>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace polylog::coordinator {

using base::ByteReader;
using base::ByteWriter;
using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// Of keys: 0 and 1 are offsets, 2 is a group's membership (Kafka, OffsetCommitKey and
// GroupMetadataKey).
constexpr int16_t kOffsetKeyMax = 1;
constexpr int16_t kGroupKey = 2;
// The versions of values that are written: those that every reader understands. Of offsets, version
// 1 alone has an expiry time.
constexpr int16_t kOffsetValue = 3;
constexpr int16_t kExpiringOffsetValue = 1;
constexpr int16_t kGroupValue = 3;
// The highest version that is read, and the first with compact lengths and tagged fields (KIP-915).
constexpr int16_t kFlexibleValue = 4;

void put_string(ByteWriter& out, std::string_view text) {
    out.be<int16_t>(static_cast<int16_t>(text.size()));
    out.text(text);
}

void put_nullable(ByteWriter& out, const std::optional<std::string>& text) {
    if (text) {
        put_string(out, *text);
    } else {
        out.be<int16_t>(-1);
    }
}

void put_bytes(ByteWriter& out, const base::Slice& bytes) {
    out.be<int32_t>(static_cast<int32_t>(bytes.size()));
    out.bytes(bytes.bytes());
}

// The fields of a key or value. Lengths are fixed-size integers, or, in flexible versions, varints
// of one more, 0 being null.
class FieldReader {
public:
    explicit FieldReader(base::Bytes bytes) : in_(bytes) {}

    int16_t version() {
        const auto version = in_.be<int16_t>();
        flexible_ = version >= kFlexibleValue;
        return version;
    }
    template <std::integral T>
    T number() {
        return in_.be<T>();
    }
    std::optional<std::string> nullable() {
        const int64_t length = flexible_ ? compact_length() : in_.be<int16_t>();
        if (length == -1) return {};
        return std::string(base::as_text(in_.take(static_cast<size_t>(length))));
    }
    std::string text() {
        auto text = nullable();
        if (!text) in_.fail();
        return std::move(text).value_or(std::string());
    }
    base::Slice bytes() {
        const int64_t length = flexible_ ? compact_length() : in_.be<int32_t>();
        return base::Slice::copy_of(in_.take(static_cast<size_t>(length)));
    }
    // At least one byte of each element is still to come, so a count is no reason to allocate.
    int64_t count() {
        const int64_t count = flexible_ ? compact_length() : in_.be<int32_t>();
        if (count < 0) in_.fail();
        return in_.ok() ? count : 0;
    }
    // The end of a struct. Tagged fields are additions that may be skipped.
    void end() {
        if (!flexible_) return;
        for (uint32_t left = in_.uvarint(); left > 0 && in_.ok(); --left) {
            in_.uvarint();  // number
            in_.take(in_.uvarint());
        }
    }
    bool ok() const { return in_.ok(); }

private:
    int64_t compact_length() { return int64_t{in_.uvarint()} - 1; }

    ByteReader in_;
    bool flexible_ = false;
};

std::unexpected<base::Error> unknown_version(std::string_view what, int16_t version) {
    return fail(ErrorCode::unsupported_version, fmt::format("{} of version {}", what, version));
}

std::unexpected<base::Error> cut_short(std::string_view what) {
    return fail(ErrorCode::corrupt, fmt::format("{} is cut short", what));
}

StoredMember take_member(FieldReader& in, int16_t version) {
    StoredMember member;
    member.member_id = in.text();
    if (version >= 3) member.instance_id = in.nullable();
    member.client_id = in.text();
    member.client_host = in.text();
    if (version >= 1) member.rebalance_timeout_ms = in.number<int32_t>();
    member.session_timeout_ms = in.number<int32_t>();
    if (member.rebalance_timeout_ms == -1) member.rebalance_timeout_ms = member.session_timeout_ms;
    member.subscription = in.bytes();
    member.assignment = in.bytes();
    in.end();
    return member;
}

}  // namespace

base::Slice encode_key(const OffsetKey& key) {
    ByteWriter out;
    out.be<int16_t>(kOffsetKeyMax);
    put_string(out, key.group_id);
    put_string(out, key.partition.topic);
    out.be<int32_t>(key.partition.partition.value);
    return out.finish();
}

base::Slice encode_key(const GroupKey& key) {
    ByteWriter out;
    out.be<int16_t>(kGroupKey);
    put_string(out, key.group_id);
    return out.finish();
}

base::Slice encode_value(const CommittedOffset& committed) {
    const bool expires = committed.expire_timestamp_ms >= 0;
    ByteWriter out;
    out.be<int16_t>(expires ? kExpiringOffsetValue : kOffsetValue);
    out.be<int64_t>(committed.offset.value);
    if (!expires) out.be<int32_t>(committed.leader_epoch.value);
    put_string(out, committed.metadata);
    out.be<int64_t>(committed.commit_timestamp_ms);
    if (expires) out.be<int64_t>(committed.expire_timestamp_ms);
    return out.finish();
}

base::Slice encode_value(const StoredGroup& group) {
    ByteWriter out;
    out.be<int16_t>(kGroupValue);
    put_string(out, group.protocol_type);
    out.be<int32_t>(group.generation);
    put_nullable(out, group.protocol_name);
    put_nullable(out, group.leader_id);
    out.be<int64_t>(group.state_timestamp_ms);
    out.be<int32_t>(static_cast<int32_t>(group.members.size()));
    for (const StoredMember& member : group.members) {
        put_string(out, member.member_id);
        put_nullable(out, member.instance_id);
        put_string(out, member.client_id);
        put_string(out, member.client_host);
        out.be<int32_t>(member.rebalance_timeout_ms);
        out.be<int32_t>(member.session_timeout_ms);
        put_bytes(out, member.subscription);
        put_bytes(out, member.assignment);
    }
    return out.finish();
}

Result<RecordKey> decode_key(base::Bytes key) {
    // A key's first number is its kind; keys of all kinds have fixed-size lengths.
    ByteReader kind_of(key);
    const auto kind = kind_of.be<int16_t>();
    if (!kind_of.ok()) return cut_short("a key");
    FieldReader in(kind_of.rest());
    RecordKey decoded;
    if (kind >= 0 && kind <= kOffsetKeyMax) {
        OffsetKey offset{.group_id = in.text()};
        offset.partition.topic = in.text();
        offset.partition.partition = {in.number<int32_t>()};
        decoded = std::move(offset);
    } else if (kind == kGroupKey) {
        decoded = GroupKey{.group_id = in.text()};
    }
    if (!in.ok()) return cut_short("a key");
    return decoded;
}

Result<CommittedOffset> decode_offset(base::Bytes value) {
    FieldReader in(value);
    const int16_t version = in.version();
    if (in.ok() && (version < 0 || version > kFlexibleValue))
        return unknown_version("an offset", version);
    CommittedOffset committed;
    committed.offset = {in.number<int64_t>()};
    if (version >= 3) committed.leader_epoch = {in.number<int32_t>()};
    committed.metadata = in.text();
    committed.commit_timestamp_ms = in.number<int64_t>();
    if (version == 1) committed.expire_timestamp_ms = in.number<int64_t>();
    in.end();
    if (!in.ok()) return cut_short("an offset");
    return committed;
}

Result<StoredGroup> decode_group(base::Bytes value) {
    FieldReader in(value);
    const int16_t version = in.version();
    if (in.ok() && (version < 0 || version > kFlexibleValue))
        return unknown_version("a group", version);
    StoredGroup group;
    group.protocol_type = in.text();
    group.generation = in.number<int32_t>();
    group.protocol_name = in.nullable();
    group.leader_id = in.nullable();
    if (version >= 2) group.state_timestamp_ms = in.number<int64_t>();
    for (int64_t left = in.count(); left > 0 && in.ok(); --left) {
        group.members.push_back(take_member(in, version));
    }
    in.end();
    if (!in.ok()) return cut_short("a group");
    return group;
}

}  // namespace polylog::coordinator
