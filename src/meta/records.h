#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "model/config.h"
#include "model/ids.h"
#include "routing/subscription.h"

// What the metadata log says, record by record: docs/formats/metadata.md. Every record replaces
// what an earlier one said about the same thing, so that replaying one twice changes nothing.
namespace polylog::meta {

// The cluster has a name, written once, by its first start.
struct ClusterRecord {
    base::Uuid cluster_id;
    bool operator==(const ClusterRecord&) const = default;
};
// How many starts followed an unclean stop. Each raises every leader epoch by one.
struct RestartsRecord {
    int32_t restarts = 0;
    bool operator==(const RestartsRecord&) const = default;
};
// Producer ids before `next` are allotted, and never allotted again.
struct ProducerIdsRecord {
    model::ProducerId next;
    bool operator==(const ProducerIdsRecord&) const = default;
};
// A topic as it is from now on.
struct TopicRecord {
    model::TopicId id;
    std::string name;
    int32_t partition_count = 0;
    bool internal = false;      // the broker's own: clients do not write or delete it
    int32_t first_restart = 0;  // the restart count when it was made: its leader epoch is 0 then
    model::ConfigMap overrides;
    bool operator==(const TopicRecord&) const = default;
};
// A topic is gone. Its name may come again, its id does not.
struct RemoveTopicRecord {
    model::TopicId id;
    bool operator==(const RemoveTopicRecord&) const = default;
};
// All dynamic settings of one layer, instead of those it had.
struct BrokerConfigRecord {
    bool cluster_default = false;  // for every broker; otherwise for this one
    model::ConfigMap overrides;
    bool operator==(const BrokerConfigRecord&) const = default;
};

struct SubscriptionRecord {
    routing::Subscription subscription;
    bool operator==(const SubscriptionRecord&) const = default;
};
struct RemoveSubscriptionRecord {
    routing::SubscriptionId id;
    bool operator==(const RemoveSubscriptionRecord&) const = default;
};
struct SubscriptionNumbersRecord {
    routing::SubscriptionNumber next;
    bool operator==(const SubscriptionNumbersRecord&) const = default;
};

using Record = std::variant<ClusterRecord, RestartsRecord, ProducerIdsRecord, TopicRecord,
                            RemoveTopicRecord, BrokerConfigRecord, SubscriptionRecord,
                            RemoveSubscriptionRecord, SubscriptionNumbersRecord>;

// A record as the value of one log record.
base::Slice encode_record(const Record& record);
// Errors: corrupt (cut short, trailing bytes), unsupported_version (written by a newer broker).
base::Result<Record> decode_record(base::Bytes value);

}  // namespace polylog::meta
