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
// The versions of values that are written; all older ones are read.
constexpr int16_t kOffsetValue = 3;
constexpr int16_t kGroupValue = 3;

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

std::optional<std::string> take_nullable(ByteReader& in) {
    const auto length = in.be<int16_t>();
    if (length == -1) return {};
    return std::string(base::as_text(in.take(static_cast<size_t>(length))));
}

std::string take_string(ByteReader& in) {
    return take_nullable(in).value_or(std::string());
}

base::Slice take_bytes(ByteReader& in) {
    const auto length = in.be<int32_t>();
    return base::Slice::copy_of(in.take(static_cast<size_t>(length)));
}

std::unexpected<base::Error> unknown_version(std::string_view what, int16_t version) {
    return fail(ErrorCode::unsupported_version, fmt::format("{} of version {}", what, version));
}

std::unexpected<base::Error> cut_short(std::string_view what) {
    return fail(ErrorCode::corrupt, fmt::format("{} is cut short", what));
}

StoredMember take_member(ByteReader& in, int16_t version) {
    StoredMember member;
    member.member_id = take_string(in);
    if (version >= 3) member.instance_id = take_nullable(in);
    member.client_id = take_string(in);
    member.client_host = take_string(in);
    if (version >= 1) member.rebalance_timeout_ms = in.be<int32_t>();
    member.session_timeout_ms = in.be<int32_t>();
    if (version == 0) member.rebalance_timeout_ms = member.session_timeout_ms;
    member.subscription = take_bytes(in);
    member.assignment = take_bytes(in);
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
    ByteWriter out;
    out.be<int16_t>(kOffsetValue);
    out.be<int64_t>(committed.offset.value);
    out.be<int32_t>(committed.leader_epoch.value);
    put_string(out, committed.metadata);
    out.be<int64_t>(committed.commit_timestamp_ms);
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
    ByteReader in(key);
    const auto version = in.be<int16_t>();
    if (!in.ok()) return cut_short("a key");
    RecordKey decoded;
    if (version >= 0 && version <= kOffsetKeyMax) {
        OffsetKey offset{.group_id = take_string(in)};
        offset.partition.topic = take_string(in);
        offset.partition.partition = {in.be<int32_t>()};
        decoded = std::move(offset);
    } else if (version == kGroupKey) {
        decoded = GroupKey{.group_id = take_string(in)};
    }
    if (!in.ok()) return cut_short("a key");
    return decoded;
}

Result<CommittedOffset> decode_offset(base::Bytes value) {
    ByteReader in(value);
    const auto version = in.be<int16_t>();
    if (in.ok() && (version < 0 || version > kOffsetValue))
        return unknown_version("an offset", version);
    CommittedOffset committed;
    committed.offset = {in.be<int64_t>()};
    if (version >= 3) committed.leader_epoch = {in.be<int32_t>()};
    committed.metadata = take_string(in);
    committed.commit_timestamp_ms = in.be<int64_t>();
    if (version == 1) in.be<int64_t>();  // an expiry time of its own, which groups no longer set
    if (!in.ok()) return cut_short("an offset");
    return committed;
}

Result<StoredGroup> decode_group(base::Bytes value) {
    ByteReader in(value);
    const auto version = in.be<int16_t>();
    if (in.ok() && (version < 0 || version > kGroupValue))
        return unknown_version("a group", version);
    StoredGroup group;
    group.protocol_type = take_string(in);
    group.generation = in.be<int32_t>();
    group.protocol_name = take_nullable(in);
    group.leader_id = take_nullable(in);
    if (version >= 2) group.state_timestamp_ms = in.be<int64_t>();
    for (auto left = in.be<int32_t>(); left > 0 && in.ok(); --left) {
        group.members.push_back(take_member(in, version));
    }
    if (!in.ok()) return cut_short("a group");
    return group;
}

}  // namespace polylog::coordinator
