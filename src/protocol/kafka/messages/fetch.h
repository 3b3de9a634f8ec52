#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/isolation_level.h"
#include "protocol/kafka/messages/leader_hint.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct FetchResponse;

// Reads record batches, waiting for some if there are none.
struct FetchRequest {
    static constexpr Api api{.key = 1, .name = "Fetch", .min = 4, .max = 18, .flexible_from = 12};
    using Response = FetchResponse;

    struct ReplicaState {
        int32_t replica_id = -1;
        int64_t replica_epoch = -1;
        bool operator==(const ReplicaState&) const = default;
        void wire(auto& io) { io(replica_id)(replica_epoch); }
    };
    struct Partition {
        static constexpr int64_t kUnknownHighWatermark = std::numeric_limits<int64_t>::max();

        int32_t partition = 0;
        int32_t current_leader_epoch = -1;  // -1: not checked
        int64_t fetch_offset = 0;
        int32_t last_fetched_epoch = -1;
        int64_t log_start_offset = -1;  // of a replica; -1 from consumers
        int32_t partition_max_bytes = 0;
        base::Uuid replica_directory_id;
        int64_t high_watermark = kUnknownHighWatermark;  // that a replica knows of (KIP-1166)
        void wire(auto& io) {
            io(partition)
                .since(9, current_leader_epoch)(fetch_offset)
                .since(12, last_fetched_epoch);
            io.since(5, log_start_offset)(partition_max_bytes);
            io.tag_since(17, 0, replica_directory_id)
                .tag_since(18, 1, high_watermark, kUnknownHighWatermark);
        }
    };
    struct Topic {
        std::string_view topic;
        base::Uuid topic_id;
        std::vector<Partition> partitions;
        void wire(auto& io) { io.until(12, topic).since(13, topic_id)(partitions); }
    };
    struct ForgottenTopic {
        std::string_view topic;
        base::Uuid topic_id;
        std::vector<int32_t> partitions;
        void wire(auto& io) { io.until(12, topic).since(13, topic_id)(partitions); }
    };

    // Session epochs that ask for a full fetch (KIP-227).
    static constexpr int32_t kFirstEpoch = 0;   // and for a session to be made
    static constexpr int32_t kFinalEpoch = -1;  // and for none, or for the end of the one named

    std::optional<std::string_view> cluster_id;
    int32_t replica_id = -1;  // -1: a consumer
    ReplicaState replica_state;
    int32_t max_wait_ms = 0;
    int32_t min_bytes = 0;
    int32_t max_bytes = std::numeric_limits<int32_t>::max();
    IsolationLevel isolation_level = IsolationLevel::read_uncommitted;
    int32_t session_id = 0;
    int32_t session_epoch = kFinalEpoch;
    std::vector<Topic> topics;  // in the order in which they are to be served
    std::vector<ForgottenTopic> forgotten_topics_data;
    std::string_view rack_id;

    void wire(auto& io) {
        io.until(14, replica_id)(max_wait_ms)(min_bytes)(max_bytes)(isolation_level);
        io.since(7, session_id).since(7, session_epoch)(topics).since(7, forgotten_topics_data);
        io.since(11, rack_id).tag(0, cluster_id).tag_since(15, 1, replica_state);
    }
};

struct FetchResponse {
    static constexpr Api api = FetchRequest::api;

    struct EpochEndOffset {
        int32_t epoch = -1;
        int64_t end_offset = -1;
        bool operator==(const EpochEndOffset&) const = default;
        void wire(auto& io) { io(epoch)(end_offset); }
    };
    struct SnapshotId {
        int64_t end_offset = -1;
        int32_t epoch = -1;
        bool operator==(const SnapshotId&) const = default;
        void wire(auto& io) { io(end_offset)(epoch); }
    };
    struct AbortedTransaction {
        int64_t producer_id = 0;
        int64_t first_offset = 0;
        void wire(auto& io) { io(producer_id)(first_offset); }
    };
    struct Partition {
        int32_t partition_index = 0;
        ApiError error_code = ApiError::none;
        int64_t high_watermark = 0;
        int64_t last_stable_offset = -1;
        int64_t log_start_offset = -1;
        EpochEndOffset diverging_epoch;   // where the reader's log parts from the leader's
        LeaderIdAndEpoch current_leader;  // with not_leader_or_follower
        SnapshotId snapshot_id;
        // Null unless the request said read_committed.
        std::optional<std::vector<AbortedTransaction>> aborted_transactions;
        int32_t preferred_read_replica = -1;
        // Null is allowed, but some clients cannot read it.
        std::optional<Records> records = Records{};
        void wire(auto& io) {
            io(partition_index)(error_code)(high_watermark)(last_stable_offset);
            io.since(5, log_start_offset)(aborted_transactions)
                .since(11, preferred_read_replica)(records);
            io.tag(0, diverging_epoch).tag(1, current_leader).tag(2, snapshot_id);
        }
    };
    struct Topic {
        std::string topic;
        base::Uuid topic_id;
        std::vector<Partition> partitions;
        void wire(auto& io) { io.until(12, topic).since(13, topic_id)(partitions); }
    };

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;
    int32_t session_id = 0;
    std::vector<Topic> responses;
    std::vector<NodeEndpoint> node_endpoints;  // of the current leaders named above

    void wire(auto& io) {
        io(throttle_time_ms).since(7, error_code).since(7, session_id)(responses);
        io.tag_since(16, 0, node_endpoints);
    }
};

}  // namespace polylog::kafka
