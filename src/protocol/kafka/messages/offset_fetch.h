#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct OffsetFetchResponse;

// What groups have committed: up to version 7 one group, from version 8 on several.
struct OffsetFetchRequest {
    static constexpr Api api{
        .key = 9, .name = "OffsetFetch", .min = 1, .max = 10, .flexible_from = 6};
    using Response = OffsetFetchResponse;

    struct Topic {
        std::string_view name;
        std::vector<int32_t> partition_indexes;
        void wire(auto& io) { io(name)(partition_indexes); }
    };
    struct GroupTopic {
        std::string_view name;
        base::Uuid topic_id;
        std::vector<int32_t> partition_indexes;
        void wire(auto& io) { io.until(9, name).since(10, topic_id)(partition_indexes); }
    };
    struct Group {
        std::string_view group_id;
        std::optional<std::string_view> member_id;
        int32_t member_epoch = -1;
        std::optional<std::vector<GroupTopic>> topics;  // null = all
        void wire(auto& io) { io(group_id).since(9, member_id).since(9, member_epoch)(topics); }
    };

    std::string_view group_id;
    std::optional<std::vector<Topic>> topics;  // null = all
    std::vector<Group> groups;
    bool require_stable = false;  // refuse offsets that an open transaction may change (KIP-447)

    void wire(auto& io) {
        io.until(7, group_id)
            .nullable_since(2, topics, 7)
            .since(8, groups)
            .since(7, require_stable);
    }
};

struct OffsetFetchResponse {
    static constexpr Api api = OffsetFetchRequest::api;

    struct Partition {
        int32_t partition_index = 0;
        int64_t committed_offset = 0;  // -1: none
        int32_t committed_leader_epoch = -1;
        std::optional<std::string> metadata;
        ApiError error_code = ApiError::none;
        void wire(auto& io) {
            io(partition_index)(committed_offset)
                .since(5, committed_leader_epoch)(metadata)(error_code);
        }
    };
    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(name)(partitions); }
    };
    struct GroupTopic {
        std::string name;
        base::Uuid topic_id;
        std::vector<Partition> partitions;
        void wire(auto& io) { io.until(9, name).since(10, topic_id)(partitions); }
    };
    struct Group {
        std::string group_id;
        std::vector<GroupTopic> topics;
        ApiError error_code = ApiError::none;
        void wire(auto& io) { io(group_id)(topics)(error_code); }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;
    ApiError error_code = ApiError::none;
    std::vector<Group> groups;

    void wire(auto& io) {
        io.since(3, throttle_time_ms).until(7, topics).between(2, 7, error_code).since(8, groups);
    }
};

}  // namespace polylog::kafka
