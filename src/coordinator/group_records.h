#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "coordinator/requests.h"

// What the offsets topic holds, in Kafka's layout: docs/formats/consumer-offsets.md.
namespace polylog::coordinator {

// One member in a group's record (Kafka: GroupMetadataValue, MemberMetadata).
struct StoredMember {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::string client_id;
    std::string client_host;
    int32_t rebalance_timeout_ms = -1;  // -1, in a record: the session timeout
    int32_t session_timeout_ms = 0;
    base::Slice subscription;  // what it said under the group's protocol
    base::Slice assignment;    // its part, as the leader made it
};

// A generation whose assignment has been decided (Kafka: GroupMetadataValue). Without members: an
// empty group that is remembered for its offsets.
struct StoredGroup {
    std::string protocol_type;
    int32_t generation = 0;
    std::optional<std::string> protocol_name;
    std::optional<std::string> leader_id;
    int64_t state_timestamp_ms = -1;  // Unix time of the last change of state; -1: not said
    std::vector<StoredMember> members;
};

// The key of a committed offset (Kafka: OffsetCommitKey).
struct OffsetKey {
    std::string group_id;
    TopicPartitionName partition;
};
// The key of a group's generation (Kafka: GroupMetadataKey).
struct GroupKey {
    std::string group_id;
};
// std::monostate: a key of a kind or version that this broker does not know; to be skipped.
using RecordKey = std::variant<std::monostate, OffsetKey, GroupKey>;

base::Slice encode_key(const OffsetKey& key);
base::Slice encode_key(const GroupKey& key);
base::Slice encode_value(const CommittedOffset& committed);
base::Slice encode_value(const StoredGroup& group);

// Errors: corrupt (cut short), unsupported_version (of a value).
base::Result<RecordKey> decode_key(base::Bytes key);
base::Result<CommittedOffset> decode_offset(base::Bytes value);
base::Result<StoredGroup> decode_group(base::Bytes value);

}  // namespace polylog::coordinator
