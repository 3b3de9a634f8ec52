#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct OffsetDeleteResponse;

// Forgets committed offsets of topics that the group no longer consumes.
struct OffsetDeleteRequest {
    static constexpr Api api{.key = 47, .name = "OffsetDelete", .min = 0, .max = 0};
    using Response = OffsetDeleteResponse;

    struct Partition {
        int32_t partition_index = 0;
        void wire(auto& io) { io(partition_index); }
    };
    struct Topic {
        std::string_view name;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(name)(partitions); }
    };

    std::string_view group_id;
    std::vector<Topic> topics;

    void wire(auto& io) { io(group_id)(topics); }
};

struct OffsetDeleteResponse {
    static constexpr Api api = OffsetDeleteRequest::api;

    struct Partition {
        int32_t partition_index = 0;
        ApiError error_code = ApiError::none;
        void wire(auto& io) { io(partition_index)(error_code); }
    };
    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(name)(partitions); }
    };

    ApiError error_code = ApiError::none;
    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;

    void wire(auto& io) { io(error_code)(throttle_time_ms)(topics); }
};

}  // namespace polylog::kafka
