#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/slice.h"
#include "protocol/kafka/wire.h"

// What consumers put into the opaque bytes of JoinGroup and SyncGroup when the group's protocol
// type is "consumer". Each payload starts with its version as an int16; a version newer than ours
// is read as our newest, whose fields it begins with, so bytes may be left over. Own their strings,
// since both ends hold them beyond any frame.
namespace polylog::kafka {

// Partitions of one topic.
struct ConsumerProtocolTopicPartition {
    std::string topic;
    std::vector<int32_t> partitions;
    void wire(auto& io) { io(topic)(partitions); }
};

// A member's wishes: JoinGroupRequest::Protocol::metadata.
struct ConsumerProtocolSubscription {
    static constexpr Api api{.name = "ConsumerProtocolSubscription", .min = 0, .max = 3};

    std::vector<std::string> topics;
    std::optional<base::Slice> user_data;  // the assignor's own
    std::vector<ConsumerProtocolTopicPartition>
        owned_partitions;                // cooperative rebalancing (KIP-429)
    int32_t generation_id = -1;          // in which they were owned (KIP-792)
    std::optional<std::string> rack_id;  // KIP-881

    void wire(auto& io) {
        io(topics)(user_data).since(1, owned_partitions).since(2, generation_id).since(3, rack_id);
    }
};

// A member's part: SyncGroupRequest::Assignment::assignment.
struct ConsumerProtocolAssignment {
    static constexpr Api api{.name = "ConsumerProtocolAssignment", .min = 0, .max = 3};

    std::vector<ConsumerProtocolTopicPartition> assigned_partitions;
    std::optional<base::Slice> user_data;

    void wire(auto& io) { io(assigned_partitions)(user_data); }
};

}  // namespace polylog::kafka
