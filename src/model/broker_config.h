#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/config.h"
#include "model/topic_config.h"

// A broker's settings under Kafka's names (Kafka documentation, "Broker Configs"): what Kafka
// clients and consoles read, and what the rooms above go by. The defaults are
// Kafka's except where the key's documentation says otherwise.
namespace polylog::model {

// Parsed and checked; part of the immutable image that all shards share and that is swapped on a
// change. Only keys that are not read-only differ between two images of one run.
struct BrokerConfig {
    // This broker
    int32_t node_id = 1;
    std::string rack;  // empty: none
    std::vector<std::string> log_dirs;
    std::vector<std::string> listeners;  // "PLAINTEXT://127.0.0.1:9092"
    std::vector<std::string> advertised_listeners;

    // New topics. Four partitions, not Kafka's one: an automatically created topic should use more
    // than one shard, and the test suites of the Kafka clients are written for four.
    bool auto_create_topics_enable = true;
    bool delete_topic_enable = true;
    int32_t num_partitions = 4;
    int32_t default_replication_factor = 1;
    TopicConfig topic_defaults;  // of the keys that a topic does not set itself

    // Connections and requests
    int32_t socket_request_max_bytes = 100 << 20;
    base::Duration connections_max_idle = std::chrono::minutes(10);
    int32_t max_connections = 10'000;
    int32_t max_connections_per_ip = 1'000;
    base::Duration failed_authentication_delay = std::chrono::milliseconds(100);
    int32_t fetch_max_bytes = 55 << 20;
    int32_t max_fetch_sessions = 1'000;      // max.incremental.fetch.session.cache.slots
    int32_t max_request_partitions = 2'000;  // max.request.partition.size.limit

    // Log upkeep
    base::Duration retention_check_interval = std::chrono::minutes(5);
    base::Duration cleaner_backoff = std::chrono::seconds(15);
    int64_t cleaner_dedupe_buffer_bytes = 128 << 20;

    // Replication
    base::Duration replica_lag_time_max = std::chrono::seconds(30);
    int32_t replica_fetch_max_bytes = 1 << 20;
    int32_t replica_fetch_response_max_bytes = 10 << 20;
    base::Duration replica_fetch_wait_max = std::chrono::milliseconds(500);

    // Offsets of groups
    base::Duration offsets_retention = std::chrono::days(7);
    base::Duration offsets_retention_check_interval = std::chrono::minutes(10);
    int32_t offset_metadata_max_bytes = 4'096;
    int32_t offsets_topic_partitions = 50;
    int16_t offsets_topic_replication_factor = 1;
    int32_t offsets_topic_segment_bytes = 100 << 20;

    // Groups with the classic protocol. The first rebalance waits 100 ms, not Kafka's 3 s: long
    // enough for the consumers of one start to join together, too short for a person to notice.
    std::vector<std::string> rebalance_protocols = {"classic", "consumer"};
    base::Duration group_min_session_timeout = std::chrono::seconds(6);
    base::Duration group_max_session_timeout = std::chrono::minutes(30);
    base::Duration group_initial_rebalance_delay = std::chrono::milliseconds(100);
    int32_t group_max_size = std::numeric_limits<int32_t>::max();

    // Groups with the consumer protocol (KIP-848)
    std::vector<std::string> consumer_group_assignors = {"uniform", "range"};
    base::Duration consumer_group_session_timeout = std::chrono::seconds(45);
    base::Duration consumer_group_min_session_timeout = std::chrono::seconds(45);
    base::Duration consumer_group_max_session_timeout = std::chrono::minutes(1);
    base::Duration consumer_group_heartbeat_interval = std::chrono::seconds(5);
    base::Duration consumer_group_min_heartbeat_interval = std::chrono::seconds(5);
    base::Duration consumer_group_max_heartbeat_interval = std::chrono::seconds(15);
    base::Duration consumer_group_assignment_interval = std::chrono::seconds(1);
    int32_t consumer_group_max_size = std::numeric_limits<int32_t>::max();

    // Producers and transactions
    base::Duration producer_id_expiration = std::chrono::days(1);
    base::Duration transaction_max_timeout = std::chrono::minutes(15);
    base::Duration transactional_id_expiration = std::chrono::days(7);
    base::Duration transaction_timeout_check_interval = std::chrono::seconds(10);
    bool transaction_partition_verification_enable = true;
    int32_t transaction_log_partitions = 50;
    int16_t transaction_log_replication_factor = 1;
    int32_t transaction_log_min_insync_replicas = 1;

    bool operator==(const BrokerConfig&) const = default;
};

// Every key a broker knows, the defaults of topic keys included.
const ConfigKeys& broker_config_keys();

// Errors: invalid_config (unknown name, unacceptable value, a read-only key in a dynamic layer,
// values that contradict each other).
base::Result<BrokerConfig> parse_broker_config(const BrokerConfigLayers& layers);

// The dynamic layers: of one broker, or of all.
enum class DynamicLayer : uint8_t { broker, all_brokers };

// The named layer of `layers` after an incremental alteration; nothing changes on an error.
// Errors: those of apply_changes and parse_broker_config.
base::Result<ConfigMap> alter_broker_config(const BrokerConfigLayers& layers, DynamicLayer layer,
                                            std::span<const ConfigChange> changes);
// Every broker key with its value in effect and where that comes from.
std::vector<ConfigEntry> describe_broker_config(const BrokerConfigLayers& layers);

}  // namespace polylog::model
