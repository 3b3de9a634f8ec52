#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/leader_hint.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct ProduceResponse;

// Appends record batches. With acks = 0 there is no response at all.
struct ProduceRequest {
    // Versions 0 to 2 are advertised though refused: librdkafka before 2.11.1 takes them for the
    // sign that a broker knows compression, and would send uncompressed otherwise (KAFKA-18659).
    static constexpr Api api{
        .key = 0, .name = "Produce", .min = 3, .max = 13, .flexible_from = 9, .advertised_min = 0};
    using Response = ProduceResponse;

    struct Partition {
        int32_t index = 0;
        std::optional<Records> records;  // one batch
        void wire(auto& io) { io(index)(records); }
    };
    struct Topic {
        std::string_view name;
        base::Uuid topic_id;
        std::vector<Partition> partition_data;
        void wire(auto& io) { io.until(12, name).since(13, topic_id)(partition_data); }
    };

    std::optional<std::string_view> transactional_id;
    int16_t acks = 0;  // -1 all in-sync replicas, 0 none, 1 the leader
    int32_t timeout_ms = 0;
    std::vector<Topic> topic_data;

    void wire(auto& io) { io(transactional_id)(acks)(timeout_ms)(topic_data); }
};

struct ProduceResponse {
    static constexpr Api api = ProduceRequest::api;

    struct RecordError {
        int32_t batch_index = 0;  // which record of the batch
        std::optional<std::string> batch_index_error_message;
        void wire(auto& io) { io(batch_index)(batch_index_error_message); }
    };
    struct Partition {
        int32_t index = 0;
        ApiError error_code = ApiError::none;
        int64_t base_offset = 0;          // of the first record
        int64_t log_append_time_ms = -1;  // -1: the topic keeps the producer's timestamps
        int64_t log_start_offset = -1;
        std::vector<RecordError> record_errors;  // KIP-467
        std::optional<std::string> error_message;
        LeaderIdAndEpoch current_leader;  // with not_leader_or_follower (KIP-951)
        void wire(auto& io) {
            io(index)(error_code)(base_offset)
                .since(2, log_append_time_ms)
                .since(5, log_start_offset);
            io.since(8, record_errors).since(8, error_message).tag_since(10, 0, current_leader);
        }
    };
    struct Topic {
        std::string name;
        base::Uuid topic_id;
        std::vector<Partition> partition_responses;
        void wire(auto& io) { io.until(12, name).since(13, topic_id)(partition_responses); }
    };

    std::vector<Topic> responses;
    int32_t throttle_time_ms = 0;
    std::vector<NodeEndpoint> node_endpoints;  // of the leaders named above

    void wire(auto& io) {
        io(responses).since(1, throttle_time_ms).tag_since(10, 0, node_endpoints);
    }
};

}  // namespace polylog::kafka
