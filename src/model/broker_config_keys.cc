#include "model/broker_config_keys.h"

#include <algorithm>

// Names, types, ranges and, unless the documentation says otherwise, defaults: Kafka documentation,
// "Broker Configs" (4.x).
namespace polylog::model {

namespace {

using enum ConfigType;
using std::chrono::minutes;

constexpr std::string_view kProtocols[] = {"classic", "consumer", "share"};
constexpr std::string_view kAssignors[] = {"uniform", "range"};

bool is_listener(std::string_view element) {
    const size_t scheme_end = element.find("://");
    const size_t port = element.rfind(':');
    return scheme_end != std::string_view::npos && scheme_end > 0 && port > scheme_end &&
           port + 1 < element.size() && std::ranges::all_of(element.substr(port + 1), [](char c) {
               return c >= '0' && c <= '9';
           });
}

constexpr std::string_view kListenerForm = "PROTOCOL://host:port addresses";

constexpr BrokerField kFields[] = {
    // This broker
    {.key = {.name = "advertised.listeners",
             .type = list,
             .default_value = "",
             .well_formed = is_listener,
             .form = kListenerForm,
             .read_only = true,
             .documentation = "Addresses that clients are told to connect to. Empty: found out "
                              "from the listeners and the connection that asks."},
     .assign = to<&BrokerConfig::advertised_listeners>},
    {.key = {.name = "broker.rack",
             .type = string,
             .read_only = true,
             .documentation = "Where this broker stands. Replicas are spread over racks, and "
                              "consumers that name a rack are sent to a replica in it."},
     .assign = to<&BrokerConfig::rack>},
    {.key = {.name = "listeners",
             .type = list,
             .default_value = "PLAINTEXT://127.0.0.1:9092",
             .well_formed = is_listener,
             .form = kListenerForm,
             .read_only = true,
             .documentation = "Addresses on which this broker accepts Kafka clients. Loopback by "
                              "default; Apache Kafka's default is every address."},
     .assign = to<&BrokerConfig::listeners>},
    {.key = {.name = "log.dirs",
             .type = list,
             .default_value = "polylog-data",
             .read_only = true,
             .documentation = "Where this broker keeps its data."},
     .assign = to<&BrokerConfig::log_dirs>},
    {.key = {.name = "node.id",
             .type = int32,
             .default_value = "1",
             .min = 0,
             .read_only = true,
             .documentation = "Number of this broker, distinct in its cluster."},
     .assign = to<&BrokerConfig::node_id>},

    // New topics
    {.key = {.name = "auto.create.topics.enable",
             .type = boolean,
             .default_value = "true",
             .documentation = "Whether a topic that does not exist is created when a producer "
                              "writes to it or a client asks for it by name and allows that."},
     .assign = to<&BrokerConfig::auto_create_topics_enable>},
    {.key = {.name = "default.replication.factor",
             .type = int32,
             .default_value = "1",
             .min = 1,
             .documentation = "Replicas of a new topic that does not ask for a number."},
     .assign = to<&BrokerConfig::default_replication_factor>},
    {.key = {.name = "delete.topic.enable",
             .type = boolean,
             .default_value = "true",
             .documentation = "Whether topics can be deleted."},
     .assign = to<&BrokerConfig::delete_topic_enable>},
    {.key = {.name = "num.partitions",
             .type = int32,
             .default_value = "4",
             .min = 1,
             .documentation = "Partitions of a new topic that does not ask for a number. Four, "
                              "where Apache Kafka has one, so that such topics use more than one "
                              "shard and consumers can share them."},
     .assign = to<&BrokerConfig::num_partitions>},

    // Connections and requests
    {.key = {.name = "connection.failed.authentication.delay.ms",
             .type = int32,
             .default_value = "100",
             .min = 0,
             .documentation = "How long a connection that failed to authenticate is kept waiting "
                              "before it is closed."},
     .assign = to<&BrokerConfig::failed_authentication_delay>},
    {.key = {.name = "connections.max.idle.ms",
             .type = int64,
             .default_value = "600000",
             .min = 1,
             .documentation = "A connection without traffic for this long is closed."},
     .assign = to<&BrokerConfig::connections_max_idle>},
    {.key = {.name = "fetch.max.bytes",
             .type = int32,
             .default_value = "57671680",
             .min = 1024,
             .documentation = "Most bytes of records in one answer to a consumer, whatever it asks "
                              "for; one larger batch still comes whole."},
     .assign = to<&BrokerConfig::fetch_max_bytes>},
    {.key = {.name = "max.connections",
             .type = int32,
             .default_value = "10000",
             .min = 0,
             .documentation = "Connections that this broker accepts at the same time. Apache Kafka "
                              "sets no limit."},
     .assign = to<&BrokerConfig::max_connections>},
    {.key = {.name = "max.connections.per.ip",
             .type = int32,
             .default_value = "1000",
             .min = 0,
             .documentation = "Connections accepted from one address at the same time. Apache "
                              "Kafka sets no limit."},
     .assign = to<&BrokerConfig::max_connections_per_ip>},
    {.key = {.name = "max.incremental.fetch.session.cache.slots",
             .type = int32,
             .default_value = "1000",
             .min = 0,
             .read_only = true,
             .documentation = "Fetch sessions (KIP-227) kept at the same time; clients beyond that "
                              "send complete requests."},
     .assign = to<&BrokerConfig::max_fetch_sessions>},
    {.key = {.name = "max.request.partition.size.limit",
             .type = int32,
             .default_value = "2000",
             .min = 1,
             .documentation = "Most partitions in one answer that describes topics in pages; more "
                              "come in further pages."},
     .assign = to<&BrokerConfig::max_request_partitions>},
    {.key = {.name = "socket.request.max.bytes",
             .type = int32,
             .default_value = "104857600",
             .min = 1,
             .read_only = true,
             .documentation = "Largest request that is read; a larger one closes its connection."},
     .assign = to<&BrokerConfig::socket_request_max_bytes>},

    // Log upkeep
    {.key = {.name = "log.cleaner.backoff.ms",
             .type = int64,
             .default_value = "15000",
             .min = 0,
             .documentation = "How long compaction rests when no log needs it. Without "
                              "effect: topics are not compacted yet."},
     .assign = to<&BrokerConfig::cleaner_backoff>},
    {.key = {.name = "log.cleaner.dedupe.buffer.size",
             .type = int64,
             .default_value = "134217728",
             .min = 1 << 20,
             .documentation = "Memory, in bytes, in which compaction remembers the latest offset "
                              "of each key. Without effect: topics are not compacted yet."},
     .assign = to<&BrokerConfig::cleaner_dedupe_buffer_bytes>},
    {.key = {.name = "log.retention.check.interval.ms",
             .type = int64,
             .default_value = "300000",
             .min = 1,
             .documentation = "Time between two looks for segments that have expired."},
     .assign = to<&BrokerConfig::retention_check_interval>},

    // Replication
    {.key = {.name = "replica.fetch.max.bytes",
             .type = int32,
             .default_value = "1048576",
             .min = 0,
             .documentation = "Bytes of one partition that a follower asks for at a time; one "
                              "larger batch still comes whole."},
     .assign = to<&BrokerConfig::replica_fetch_max_bytes>},
    {.key =
         {.name = "replica.fetch.response.max.bytes",
          .type = int32,
          .default_value = "10485760",
          .min = 0,
          .documentation = "Bytes of all partitions together that a follower asks for at a time."},
     .assign = to<&BrokerConfig::replica_fetch_response_max_bytes>},
    {.key = {.name = "replica.fetch.wait.max.ms",
             .type = int32,
             .default_value = "500",
             .min = 0,
             .documentation = "How long a leader may hold a follower's request when nothing is "
                              "new. Below replica.lag.time.max.ms."},
     .assign = to<&BrokerConfig::replica_fetch_wait_max>},
    {.key = {.name = "replica.lag.time.max.ms",
             .type = int64,
             .default_value = "30000",
             .min = 1,
             .documentation = "A follower that has not caught up for this long leaves the in-sync "
                              "replicas."},
     .assign = to<&BrokerConfig::replica_lag_time_max>},

    // Offsets of groups
    {.key = {.name = "offset.metadata.max.bytes",
             .type = int32,
             .default_value = "4096",
             .min = 0,
             .documentation = "Longest text that a consumer may store with a committed offset."},
     .assign = to<&BrokerConfig::offset_metadata_max_bytes>},
    {.key = {.name = "offsets.retention.check.interval.ms",
             .type = int64,
             .default_value = "600000",
             .min = 1,
             .documentation = "Time between two looks for committed offsets that have expired."},
     .assign = to<&BrokerConfig::offsets_retention_check_interval>},
    {.key =
         {.name = "offsets.retention.minutes",
          .type = int32,
          .default_value = "10080",
          .min = 1,
          .documentation = "How long, in minutes, committed offsets are kept after their group "
                           "lost its last member, or after the last commit when it never had one."},
     .assign = to<&BrokerConfig::offsets_retention, minutes>},
    {.key = {.name = "offsets.topic.num.partitions",
             .type = int32,
             .default_value = "50",
             .min = 1,
             .read_only = true,
             .documentation = "Partitions of the topic that holds committed offsets. Fixed once "
                              "that topic exists."},
     .assign = to<&BrokerConfig::offsets_topic_partitions>},
    {.key =
         {.name = "offsets.topic.replication.factor",
          .type = int16,
          .default_value = "1",
          .min = 1,
          .read_only = true,
          .documentation = "Replicas of the topic that holds committed offsets. One, where Apache "
                           "Kafka has three, so that a single broker works without settings."},
     .assign = to<&BrokerConfig::offsets_topic_replication_factor>},
    {.key = {.name = "offsets.topic.segment.bytes",
             .type = int32,
             .default_value = "104857600",
             .min = 1 << 20,
             .read_only = true,
             .documentation = "segment.bytes of the topic that holds committed offsets; small, so "
                              "that it is compacted and loaded quickly."},
     .assign = to<&BrokerConfig::offsets_topic_segment_bytes>},

    // Groups with the classic protocol
    {.key = {.name = "group.coordinator.rebalance.protocols",
             .type = list,
             .default_value = "classic,consumer",
             .choices = kProtocols,
             .read_only = true,
             .documentation = "Kinds of groups that this broker coordinates."},
     .assign = to<&BrokerConfig::rebalance_protocols>},
    {.key = {.name = "group.initial.rebalance.delay.ms",
             .type = int32,
             .default_value = "100",
             .min = 0,
             .documentation = "How long an empty group waits for more members after the first has "
                              "joined. 100 ms, where Apache Kafka has 3000, so that the first "
                              "record comes soon."},
     .assign = to<&BrokerConfig::group_initial_rebalance_delay>},
    {.key =
         {.name = "group.max.session.timeout.ms",
          .type = int32,
          .default_value = "1800000",
          .min = 1,
          .documentation = "Longest session timeout that a member of a classic group may ask for."},
     .assign = to<&BrokerConfig::group_max_session_timeout>},
    {.key = {.name = "group.max.size",
             .type = int32,
             .default_value = "2147483647",
             .min = 1,
             .documentation = "Most members of a classic group."},
     .assign = to<&BrokerConfig::group_max_size>},
    {.key = {.name = "group.min.session.timeout.ms",
             .type = int32,
             .default_value = "6000",
             .min = 1,
             .documentation = "Shortest session timeout that a member of a classic group may ask "
                              "for."},
     .assign = to<&BrokerConfig::group_min_session_timeout>},

    // Groups with the consumer protocol
    {.key = {.name = "group.consumer.assignment.interval.ms",
             .type = int32,
             .default_value = "1000",
             .min = 0,
             .documentation = "Shortest time between two computations of a consumer group's "
                              "assignment."},
     .assign = to<&BrokerConfig::consumer_group_assignment_interval>},
    {.key = {.name = "group.consumer.assignors",
             .type = list,
             .default_value = "uniform,range",
             .choices = kAssignors,
             .read_only = true,
             .documentation = "Ways to divide partitions among the members of a consumer group; "
                              "the first is used when the members do not choose."},
     .assign = to<&BrokerConfig::consumer_group_assignors>},
    {.key = {.name = "group.consumer.heartbeat.interval.ms",
             .type = int32,
             .default_value = "5000",
             .min = 1,
             .documentation = "How often the members of a consumer group are told to report."},
     .assign = to<&BrokerConfig::consumer_group_heartbeat_interval>},
    {.key =
         {.name = "group.consumer.max.heartbeat.interval.ms",
          .type = int32,
          .default_value = "15000",
          .min = 1,
          .documentation = "Longest heartbeat interval that a single consumer group may be given."},
     .assign = to<&BrokerConfig::consumer_group_max_heartbeat_interval>},
    {.key = {.name = "group.consumer.max.session.timeout.ms",
             .type = int32,
             .default_value = "60000",
             .min = 1,
             .documentation = "Longest session timeout that a single consumer group may be given."},
     .assign = to<&BrokerConfig::consumer_group_max_session_timeout>},
    {.key = {.name = "group.consumer.max.size",
             .type = int32,
             .default_value = "2147483647",
             .min = 1,
             .documentation = "Most members of a consumer group."},
     .assign = to<&BrokerConfig::consumer_group_max_size>},
    {.key = {.name = "group.consumer.min.heartbeat.interval.ms",
             .type = int32,
             .default_value = "5000",
             .min = 1,
             .documentation = "Shortest heartbeat interval that a single consumer group may be "
                              "given."},
     .assign = to<&BrokerConfig::consumer_group_min_heartbeat_interval>},
    {.key =
         {.name = "group.consumer.min.session.timeout.ms",
          .type = int32,
          .default_value = "45000",
          .min = 1,
          .documentation = "Shortest session timeout that a single consumer group may be given."},
     .assign = to<&BrokerConfig::consumer_group_min_session_timeout>},
    {.key =
         {.name = "group.consumer.session.timeout.ms",
          .type = int32,
          .default_value = "45000",
          .min = 1,
          .documentation = "A member of a consumer group that is silent for this long is removed."},
     .assign = to<&BrokerConfig::consumer_group_session_timeout>},

    // Producers and transactions
    {.key = {.name = "producer.id.expiration.ms",
             .type = int32,
             .default_value = "86400000",
             .min = 1,
             .documentation = "How long a partition remembers a producer that writes nothing, to "
                              "recognise its retries."},
     .assign = to<&BrokerConfig::producer_id_expiration>},
    {.key =
         {.name = "transaction.abort.timed.out.transaction.cleanup.interval.ms",
          .type = int32,
          .default_value = "10000",
          .min = 1,
          .documentation = "Time between two looks for transactions that exceeded their timeout."},
     .assign = to<&BrokerConfig::transaction_timeout_check_interval>},
    {.key = {.name = "transaction.max.timeout.ms",
             .type = int32,
             .default_value = "900000",
             .min = 1,
             .documentation = "Longest timeout that a producer may ask for its transactions."},
     .assign = to<&BrokerConfig::transaction_max_timeout>},
    {.key = {.name = "transaction.partition.verification.enable",
             .type = boolean,
             .default_value = "true",
             .documentation = "Whether the first write of a transaction to a partition is checked "
                              "against the transaction's coordinator (KIP-890)."},
     .assign = to<&BrokerConfig::transaction_partition_verification_enable>},
    {.key = {.name = "transaction.state.log.min.isr",
             .type = int32,
             .default_value = "1",
             .min = 1,
             .read_only = true,
             .documentation = "min.insync.replicas of the topic that holds the state of "
                              "transactions. One, where Apache Kafka has two, so that a single "
                              "broker works without settings."},
     .assign = to<&BrokerConfig::transaction_log_min_insync_replicas>},
    {.key = {.name = "transaction.state.log.num.partitions",
             .type = int32,
             .default_value = "50",
             .min = 1,
             .read_only = true,
             .documentation = "Partitions of the topic that holds the state of transactions. Fixed "
                              "once that topic exists."},
     .assign = to<&BrokerConfig::transaction_log_partitions>},
    {.key = {.name = "transaction.state.log.replication.factor",
             .type = int16,
             .default_value = "1",
             .min = 1,
             .read_only = true,
             .documentation = "Replicas of the topic that holds the state of transactions. One, "
                              "where Apache Kafka has three, so that a single broker works without "
                              "settings."},
     .assign = to<&BrokerConfig::transaction_log_replication_factor>},
    {.key = {.name = "transactional.id.expiration.ms",
             .type = int32,
             .default_value = "604800000",
             .min = 1,
             .documentation = "How long the state of a transactional id without transactions is "
                              "kept."},
     .assign = to<&BrokerConfig::transactional_id_expiration>},
};

}  // namespace

std::span<const BrokerField> broker_fields() {
    return kFields;
}

}  // namespace polylog::model
