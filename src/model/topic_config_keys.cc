#include "model/topic_config_keys.h"

#include <algorithm>
#include <iterator>
#include <vector>

// Names, types, defaults and ranges: Kafka documentation, "Topic Configs" (4.x); broker synonyms:
// "Broker Configs". Where Polylog does not act on a key, its documentation says so.
namespace polylog::model {

namespace {

using enum ConfigType;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

constexpr std::string_view kCleanupPolicies[] = {"compact", "delete"};
// In the order of TopicCompression, TimestampType and Durability.
constexpr std::string_view kCompressionTypes[] = {"uncompressed", "gzip", "snappy",
                                                  "lz4",          "zstd", "producer"};
constexpr std::string_view kTimestampTypes[] = {"CreateTime", "LogAppendTime"};
constexpr std::string_view kDurabilities[] = {"fsync", "os"};

void assign_cleanup_policy(TopicConfig& config, const ConfigKey&, const ConfigValue& value) {
    const auto& policies = std::get<std::vector<std::string>>(value);
    config.compact = std::ranges::find(policies, "compact") != policies.end();
    config.delete_expired = std::ranges::find(policies, "delete") != policies.end();
}

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "partition:broker", or "*" for all replicas.
bool is_throttled_replica(std::string_view element) {
    const size_t colon = element.find(':');
    return element == "*" ||
           (colon != std::string_view::npos && is_number(element.substr(0, colon)) &&
            is_number(element.substr(colon + 1)));
}

constexpr std::string_view kThrottledReplicaForm = "partition:broker pairs, or * for all replicas";

constexpr TopicField kFields[] = {
    {.key = {.name = "cleanup.policy",
             .type = list,
             .default_value = "delete",
             .choices = kCleanupPolicies,
             .documentation = "How old records leave the topic. `delete` removes whole segments "
                              "that exceed retention.ms or retention.bytes; `compact` keeps at "
                              "least the latest record of each key; both together compact and "
                              "expire. An empty list keeps every record for ever. Compacted topics "
                              "refuse records without a key."},
     .assign = assign_cleanup_policy,
     .synonyms = {{"log.cleanup.policy"}}},
    {.key = {.name = "compression.gzip.level",
             .type = int32,
             .default_value = "-1",
             .min = 1,
             .max = 9,
             .or_value = -1,
             .documentation = "Effort of gzip when compression.type is gzip: 1 is fastest, 9 "
                              "smallest, -1 leaves the choice to the library (6). "
                              "Without effect: batches stay as they were sent."},
     .assign = to<&TopicConfig::compression_gzip_level>,
     .synonyms = {{"compression.gzip.level"}}},
    {.key = {.name = "compression.lz4.level",
             .type = int32,
             .default_value = "9",
             .min = 1,
             .max = 17,
             .documentation = "Effort of LZ4 when compression.type is lz4. 9, the default, is the "
                              "fast mode; every other level is the slower, denser one, the densest "
                              "last. Without effect: batches stay as they were sent."},
     .assign = to<&TopicConfig::compression_lz4_level>,
     .synonyms = {{"compression.lz4.level"}}},
    {.key = {.name = "compression.type",
             .type = string,
             .default_value = "producer",
             .choices = kCompressionTypes,
             .documentation = "Codec of the stored batches. `producer` stores each batch as it was "
                              "sent, which costs the broker nothing; any other value makes the "
                              "broker compress again when the producer chose differently; "
                              "`uncompressed` stores plain records. Only `producer` has an "
                              "effect: batches stay as they were sent, whatever is set."},
     .assign = to<&TopicConfig::compression_type>,
     .synonyms = {{"compression.type"}}},
    {.key = {.name = "compression.zstd.level",
             .type = int32,
             .default_value = "3",
             .min = -131072,
             .max = 22,
             .documentation = "Effort of zstd when compression.type is zstd: negative levels trade "
                              "size for speed, 22 is smallest and slowest. Without effect: "
                              "batches stay as they were sent."},
     .assign = to<&TopicConfig::compression_zstd_level>,
     .synonyms = {{"compression.zstd.level"}}},
    {.key = {.name = "delete.retention.ms",
             .type = int64,
             .default_value = "86400000",
             .min = 0,
             .documentation = "How long a compacted topic keeps a tombstone (a record with a key "
                              "and no value) after compaction reached it. A consumer that reads "
                              "from the start must finish within this time to be sure of seeing "
                              "every deletion. Without effect: topics are not compacted yet."},
     .assign = to<&TopicConfig::delete_retention_ms>,
     .synonyms = {{"log.cleaner.delete.retention.ms"}}},
    {.key = {.name = "errors.deadletterqueue.group.enable",
             .type = boolean,
             .default_value = "false",
             .documentation = "Whether share groups may use this topic as their dead-letter queue "
                              "(KIP-1191)."},
     .assign = to<&TopicConfig::dead_letter_queue_enable>},
    {.key = {.name = "file.delete.delay.ms",
             .type = int64,
             .default_value = "60000",
             .min = 0,
             .documentation = "Kept for tools that set it, without effect: a segment's file is "
                              "deleted with it, and who reads it is done first."},
     .assign = to<&TopicConfig::file_delete_delay_ms>,
     .synonyms = {{"log.segment.delete.delay.ms"}}},
    {.key = {.name = "flush.messages",
             .type = int64,
             .default_value = "9223372036854775807",
             .min = 1,
             .documentation = "Kept for tools that set it, without effect: polylog.durability "
                              "decides when records are synced."},
     .synonyms = {{"log.flush.interval.messages"}}},
    {.key = {.name = "flush.ms",
             .type = int64,
             .default_value = "9223372036854775807",
             .min = 0,
             .documentation = "Kept for tools that set it, without effect: polylog.durability "
                              "decides when records are synced."},
     .synonyms = {{"log.flush.interval.ms"}, {"log.flush.scheduler.interval.ms"}}},
    {.key = {.name = "follower.replication.throttled.replicas",
             .type = list,
             .default_value = "",
             .well_formed = is_throttled_replica,
             .form = kThrottledReplicaForm,
             .documentation = "Replicas whose fetching is held to the follower replication rate "
                              "limit while partitions are being moved."},
     .assign = to<&TopicConfig::follower_throttled_replicas>},
    {.key = {.name = "index.interval.bytes",
             .type = int32,
             .default_value = "4096",
             .min = 0,
             .documentation = "Bytes of records between two entries of the offset index. Smaller "
                              "values find a position faster and make larger index files."},
     .assign = to<&TopicConfig::index_interval_bytes>,
     .synonyms = {{"log.index.interval.bytes"}}},
    {.key = {.name = "leader.replication.throttled.replicas",
             .type = list,
             .default_value = "",
             .well_formed = is_throttled_replica,
             .form = kThrottledReplicaForm,
             .documentation = "Replicas to which the leader sends no faster than the leader "
                              "replication rate limit while partitions are being moved."},
     .assign = to<&TopicConfig::leader_throttled_replicas>},
    {.key = {.name = "local.retention.bytes",
             .type = int64,
             .default_value = "-2",
             .min = -2,
             .documentation = "Kept for tools that set it, without effect: there is no remote "
                              "storage tier."},
     .synonyms = {{"log.local.retention.bytes"}}},
    {.key = {.name = "local.retention.ms",
             .type = int64,
             .default_value = "-2",
             .min = -2,
             .documentation = "Kept for tools that set it, without effect: there is no remote "
                              "storage tier."},
     .synonyms = {{"log.local.retention.ms"}}},
    {.key = {.name = "max.compaction.lag.ms",
             .type = int64,
             .default_value = "9223372036854775807",
             .min = 1,
             .documentation = "Longest time a record of a compacted topic may wait for compaction. "
                              "Also makes the active segment roll early enough. Not below "
                              "min.compaction.lag.ms. Without effect: topics are not compacted "
                              "yet."},
     .assign = to<&TopicConfig::max_compaction_lag_ms>,
     .synonyms = {{"log.cleaner.max.compaction.lag.ms"}}},
    {.key = {.name = "max.message.bytes",
             .type = int32,
             .default_value = "1048588",
             .min = 0,
             .documentation = "Largest record batch the topic accepts, header included, measured "
                              "as sent: after the producer's compression."},
     .assign = to<&TopicConfig::max_message_bytes>,
     .synonyms = {{"message.max.bytes"}}},
    {.key =
         {.name = "message.timestamp.after.max.ms",
          .type = int64,
          .default_value = "3600000",
          .min = 0,
          .documentation = "How far a record's timestamp may lie after the broker's clock. Records "
                           "beyond it are refused; topics with LogAppendTime do not look."},
     .assign = to<&TopicConfig::message_timestamp_after_max_ms>,
     .synonyms = {{"log.message.timestamp.after.max.ms"}}},
    {.key =
         {.name = "message.timestamp.before.max.ms",
          .type = int64,
          .default_value = "9223372036854775807",
          .min = 0,
          .documentation = "How far a record's timestamp may lie before the broker's clock. "
                           "Records beyond it are refused; topics with LogAppendTime do not look."},
     .assign = to<&TopicConfig::message_timestamp_before_max_ms>,
     .synonyms = {{"log.message.timestamp.before.max.ms"}}},
    {.key = {.name = "message.timestamp.type",
             .type = string,
             .default_value = "CreateTime",
             .choices = kTimestampTypes,
             .documentation = "Whose clock stamps the records: the producer's (CreateTime) or the "
                              "broker's at the moment of appending (LogAppendTime)."},
     .assign = to<&TopicConfig::message_timestamp_type>,
     .synonyms = {{"log.message.timestamp.type"}}},
    {.key = {.name = "min.cleanable.dirty.ratio",
             .type = float64,
             .default_value = "0.5",
             .min = 0,
             .max = 1,
             .documentation = "Share of a compacted log that must be uncompacted before compaction "
                              "runs. Bounds the space that outdated records may occupy. Without "
                              "effect: topics are not compacted yet."},
     .assign = to<&TopicConfig::min_cleanable_dirty_ratio>,
     .synonyms = {{"log.cleaner.min.cleanable.ratio"}}},
    {.key = {.name = "min.compaction.lag.ms",
             .type = int64,
             .default_value = "0",
             .min = 0,
             .documentation = "Shortest time a record of a compacted topic stays readable before "
                              "compaction may remove it. Without effect: topics are not "
                              "compacted yet."},
     .assign = to<&TopicConfig::min_compaction_lag_ms>,
     .synonyms = {{"log.cleaner.min.compaction.lag.ms"}}},
    {.key = {.name = "min.insync.replicas",
             .type = int32,
             .default_value = "1",
             .min = 1,
             .documentation = "In-sync replicas, the leader included, that a write with acks=all "
                              "needs. With fewer in sync it is refused."},
     .assign = to<&TopicConfig::min_insync_replicas>,
     .synonyms = {{"min.insync.replicas"}}},
    {.key = {.name = "polylog.durability",
             .type = string,
             .default_value = "fsync",
             .choices = kDurabilities,
             .documentation = "What an acknowledged record has survived. `fsync`: it is on disk, "
                              "so a power cut does not lose it. `os`: the operating system has it, "
                              "so a crash of the broker does not lose it, but a power cut may."},
     .assign = to<&TopicConfig::durability>,
     .synonyms = {{"polylog.durability"}}},
    {.key = {.name = "preallocate",
             .type = boolean,
             .default_value = "false",
             .documentation = "Kept for tools that set it, without effect: records are first "
                              "written to files that were allocated in advance."},
     .synonyms = {{"log.preallocate"}}},
    {.key = {.name = "remote.copy.lag.bytes",
             .type = int64,
             .default_value = "-1",
             .min = -1,
             .documentation = "Kept for tools that set it, without effect: there is no remote "
                              "storage tier."},
     .synonyms = {{"log.remote.copy.lag.bytes"}}},
    {.key = {.name = "remote.copy.lag.ms",
             .type = int64,
             .default_value = "0",
             .min = -1,
             .documentation = "Kept for tools that set it, without effect: there is no remote "
                              "storage tier."},
     .synonyms = {{"log.remote.copy.lag.ms"}}},
    {.key = {.name = "remote.log.copy.disable",
             .type = boolean,
             .default_value = "false",
             .documentation = "Kept for tools that set it, without effect: there is no remote "
                              "storage tier."}},
    {.key = {.name = "remote.log.delete.on.disable",
             .type = boolean,
             .default_value = "false",
             .documentation = "Kept for tools that set it, without effect: there is no remote "
                              "storage tier."}},
    {.key = {.name = "remote.storage.enable",
             .type = boolean,
             .default_value = "false",
             .documentation = "Always false: there is no remote storage tier, and setting it is "
                              "refused."}},
    {.key = {.name = "retention.bytes",
             .type = int64,
             .default_value = "-1",
             .min = -1,
             .documentation = "Largest size of one partition's log before its oldest segments are "
                              "deleted, under the delete policy; -1: no limit."},
     .assign = to<&TopicConfig::retention_bytes>,
     .synonyms = {{"log.retention.bytes"}}},
    {.key = {.name = "retention.ms",
             .type = int64,
             .default_value = "604800000",
             .min = -1,
             .documentation = "How long records are kept under the delete policy, by their "
                              "timestamps; -1: no limit. A segment goes when its latest record is "
                              "older."},
     .assign = to<&TopicConfig::retention_ms>,
     .synonyms =
         {{"log.retention.ms"},
          {.name = "log.retention.minutes",
           .factor = kMinute,
           .documentation = "Default retention.ms in minutes; log.retention.ms wins over it."},
          {.name = "log.retention.hours",
           .factor = kHour,
           .default_value = "168",
           .documentation = "Default retention.ms in hours; log.retention.ms and "
                            "log.retention.minutes win over it."}}},
    {.key = {.name = "segment.bytes",
             .type = int32,
             .default_value = "1073741824",
             .min = 1 << 20,
             .documentation = "Size at which a log starts a new segment file. Expiry removes whole "
                              "segments, so smaller ones free space sooner."},
     .assign = to<&TopicConfig::segment_bytes>,
     .synonyms = {{"log.segment.bytes"}}},
    {.key = {.name = "segment.index.bytes",
             .type = int32,
             .default_value = "10485760",
             .min = 4,
             .documentation = "Largest size of a segment's offset index; a full index starts a new "
                              "segment."},
     .assign = to<&TopicConfig::segment_index_bytes>,
     .synonyms = {{"log.index.size.max.bytes"}}},
    {.key = {.name = "segment.jitter.ms",
             .type = int64,
             .default_value = "0",
             .min = 0,
             .documentation = "Upper bound of a random time taken off segment.ms, so that many "
                              "logs do not start new segments at the same moment."},
     .assign = to<&TopicConfig::segment_jitter_ms>,
     .synonyms = {{"log.roll.jitter.ms"},
                  {.name = "log.roll.jitter.hours",
                   .factor = kHour,
                   .default_value = "0",
                   .documentation = "Default segment.jitter.ms in hours; log.roll.jitter.ms wins "
                                    "over it."}}},
    {.key = {.name = "segment.ms",
             .type = int64,
             .default_value = "604800000",
             .min = 1,
             .documentation = "Age at which a log starts a new segment even when the current one "
                              "is not full, so that its records can expire or be compacted."},
     .assign = to<&TopicConfig::segment_ms>,
     .synonyms = {{"log.roll.ms"},
                  {.name = "log.roll.hours",
                   .factor = kHour,
                   .default_value = "168",
                   .documentation = "Default segment.ms in hours; log.roll.ms wins over it."}}},
    {.key =
         {.name = "unclean.leader.election.enable",
          .type = boolean,
          .default_value = "false",
          .documentation = "Whether a replica that is not in sync may lead when no other is left. "
                           "Brings the partition back at the price of acknowledged records."},
     .assign = to<&TopicConfig::unclean_leader_election_enable>,
     .synonyms = {{"unclean.leader.election.enable"}}},
};

}  // namespace

std::span<const TopicField> topic_fields() {
    static const std::vector<TopicField> fields = [] {
        std::vector<TopicField> all(std::begin(kFields), std::end(kFields));
        for (const auto more : {queue_fields(), publication_fields()})
            all.insert(all.end(), more.begin(), more.end());
        return all;
    }();
    return fields;
}

}  // namespace polylog::model
