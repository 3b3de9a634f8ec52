#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/config.h"
#include "model/publication_settings.h"
#include "model/queue_settings.h"
#include "model/record_batch.h"

// A topic's settings: Kafka 4.x's names, types, defaults and ranges (Kafka documentation, "Topic
// Configs"), and Polylog's own, prefixed `polylog.`. Stored as text (ConfigMap); rooms use the
// parsed TopicConfig.
namespace polylog::model {

// How stored batches are compressed; `producer` keeps what the producer sent.
enum class TopicCompression : uint8_t { uncompressed, gzip, snappy, lz4, zstd, producer };

// What an acknowledgement promises to have survived.
enum class Durability : uint8_t {
    fsync,  // a power cut
    os,     // a crash of the broker, not of the machine
};

// Parsed and checked; shared unchanged between shards. Times are milliseconds, as in record
// timestamps. Keys that have no effect in Polylog are accepted, stored and shown, but have no
// member here; of compression, compaction and share groups the members wait for their rooms
// (docs/compatibility.md).
struct TopicConfig {
    static constexpr int64_t kUnlimited = -1;  // of retention_ms and retention_bytes

    // Life of records. With neither policy nothing is ever removed.
    bool delete_expired = true;  // cleanup.policy has `delete`
    bool compact = false;        // cleanup.policy has `compact`: every record needs a key
    int64_t retention_ms = 604'800'000;
    int64_t retention_bytes = kUnlimited;
    int64_t delete_retention_ms = 86'400'000;
    int64_t min_compaction_lag_ms = 0;
    int64_t max_compaction_lag_ms = std::numeric_limits<int64_t>::max();
    double min_cleanable_dirty_ratio = 0.5;

    // Segments
    int32_t segment_bytes = 1 << 30;
    int64_t segment_ms = 604'800'000;
    int64_t segment_jitter_ms = 0;
    int32_t segment_index_bytes = 10 << 20;
    int32_t index_interval_bytes = 4096;
    int64_t file_delete_delay_ms = 60'000;

    // What producers may send
    int32_t max_message_bytes = 1'048'588;  // of a whole batch, as compressed
    TopicCompression compression_type = TopicCompression::producer;
    int32_t compression_gzip_level = -1;
    int32_t compression_lz4_level = 9;
    int32_t compression_zstd_level = 3;
    TimestampType message_timestamp_type = TimestampType::create_time;
    int64_t message_timestamp_before_max_ms = std::numeric_limits<int64_t>::max();
    int64_t message_timestamp_after_max_ms = 3'600'000;

    // Durability and replication
    Durability durability = Durability::fsync;  // polylog.durability
    int32_t min_insync_replicas = 1;
    bool unclean_leader_election_enable = false;
    std::vector<std::string> leader_throttled_replicas;  // "partition:broker", or one "*"
    std::vector<std::string> follower_throttled_replicas;

    // Not a key: set for the broker's own topics. Deleting and changing topics are records too, and
    // must be possible on a disk that is full but for its reserve.
    bool may_use_disk_reserve = false;

    // Share groups (KIP-1191)
    bool dead_letter_queue_enable = false;  // errors.deadletterqueue.group.enable

    // The topic's messages may be leased as those of a queue (model/queue_config.h).
    bool is_queue = false;
    QueueSettings queue;  // of no meaning when it is none

    // What is published to the topic goes to its subscribers (model/publication_config.h). A queue
    // is none.
    bool is_publication = false;
    PublicationSettings publication;  // of no meaning when it is none

    bool operator==(const TopicConfig&) const = default;
};

// A broker-wide setting that provides a topic key's default.
struct BrokerSynonym {
    std::string_view name;
    int64_t factor = 1;  // the topic key's value is the broker's times this: hours to milliseconds
    std::string_view default_value = {};  // in the broker's unit, where that differs
    std::string_view documentation = {};  // likewise
};

// Every key a topic knows, with Kafka's defaults.
const ConfigKeys& topic_config_keys();
// The broker settings behind a topic key, the one that wins first; empty when there is none.
std::span<const BrokerSynonym> broker_synonyms(std::string_view topic_key);
// The broker settings behind all topic keys, as keys of their own. Of several for one topic key
// only the first can be altered while running, so that a running broker has one spelling of each
// value.
std::vector<ConfigKey> topic_default_keys();

// The configuration of a topic that sets `overrides` where a topic that sets nothing has
// `defaults`. Errors: invalid_config (unknown name, unacceptable value, values that contradict each
// other).
base::Result<TopicConfig> parse_topic_config(const ConfigMap& overrides,
                                             const TopicConfig& defaults);
// What a topic that sets nothing gets on this broker. Errors: as parse_topic_config, of broker
// values.
base::Result<TopicConfig> topic_defaults(const BrokerConfigLayers& broker);

// The topic's own settings after an incremental alteration; nothing changes on an error.
// Errors: those of apply_changes and parse_topic_config.
base::Result<ConfigMap> alter_topic_config(const ConfigMap& overrides,
                                           std::span<const ConfigChange> changes,
                                           const BrokerConfigLayers& broker);
// Every topic key with its value in effect and where that comes from.
std::vector<ConfigEntry> describe_topic_config(const ConfigMap& overrides,
                                               const BrokerConfigLayers& broker);

}  // namespace polylog::model
