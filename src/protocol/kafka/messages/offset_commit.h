#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct OffsetCommitResponse;

// A group remembers how far it has read.
struct OffsetCommitRequest {
    static constexpr Api api{
        .key = 8, .name = "OffsetCommit", .min = 2, .max = 10, .flexible_from = 8};
    using Response = OffsetCommitResponse;

    struct Partition {
        int32_t partition_index = 0;
        int64_t committed_offset = 0;
        int32_t committed_leader_epoch = -1;
        std::optional<std::string_view> committed_metadata;
        void wire(auto& io) {
            io(partition_index)(committed_offset)
                .since(6, committed_leader_epoch)(committed_metadata);
        }
    };
    struct Topic {
        std::string_view name;
        base::Uuid topic_id;
        std::vector<Partition> partitions;
        void wire(auto& io) { io.until(9, name).since(10, topic_id)(partitions); }
    };

    std::string_view group_id;
    int32_t generation_id_or_member_epoch = -1;  // -1 with an empty member id: not a member
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    int64_t retention_time_ms = -1;  // -1: as the broker is configured
    std::vector<Topic> topics;

    void wire(auto& io) {
        io(group_id)(generation_id_or_member_epoch)(member_id).since(7, group_instance_id);
        io.until(4, retention_time_ms)(topics);
    }
};

struct OffsetCommitResponse {
    static constexpr Api api = OffsetCommitRequest::api;

    struct Partition {
        int32_t partition_index = 0;
        ApiError error_code = ApiError::none;
        void wire(auto& io) { io(partition_index)(error_code); }
    };
    struct Topic {
        std::string name;
        base::Uuid topic_id;
        std::vector<Partition> partitions;
        void wire(auto& io) { io.until(9, name).since(10, topic_id)(partitions); }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;

    void wire(auto& io) { io.since(3, throttle_time_ms)(topics); }
};

}  // namespace polylog::kafka
