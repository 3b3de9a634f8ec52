#include "admin/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

namespace polylog::admin {

using base::MetricLabels;
using base::MetricSpec;
using base::MetricsSnapshot;
using base::MetricUnit;
using io::Task;

namespace {

// --- Names and labels of kafka_exporter (danielqsj/kafka_exporter, README, "Metrics") ---

constexpr MetricSpec kBrokers{.name = "kafka_brokers", .help = "Brokers in the cluster."};
constexpr MetricSpec kBrokerInfo{.name = "kafka_broker_info", .help = "One for each broker."};
constexpr MetricSpec kTopicPartitions{.name = "kafka_topic_partitions",
                                      .help = "Partitions of the topic."};
constexpr MetricSpec kCurrentOffset{.name = "kafka_topic_partition_current_offset",
                                    .help = "The next offset a consumer can reach."};
constexpr MetricSpec kOldestOffset{.name = "kafka_topic_partition_oldest_offset",
                                   .help = "The oldest offset still stored."};
constexpr MetricSpec kInSync{.name = "kafka_topic_partition_in_sync_replica",
                             .help = "In-sync replicas."};
constexpr MetricSpec kLeader{.name = "kafka_topic_partition_leader",
                             .help = "Id of the broker that leads the partition."};
constexpr MetricSpec kPreferred{.name = "kafka_topic_partition_leader_is_preferred",
                                .help = "1 when the preferred broker leads."};
constexpr MetricSpec kReplicas{.name = "kafka_topic_partition_replicas", .help = "Replicas."};
constexpr MetricSpec kUnderReplicated{.name = "kafka_topic_partition_under_replicated_partition",
                                      .help = "1 when a replica is missing or not in sync."};
constexpr MetricSpec kGroupOffset{.name = "kafka_consumergroup_current_offset",
                                  .help = "The offset that the group has committed."};
constexpr MetricSpec kGroupOffsetSum{.name = "kafka_consumergroup_current_offset_sum",
                                     .help = "Committed offsets of the topic's partitions, added."};
constexpr MetricSpec kGroupLag{.name = "kafka_consumergroup_lag",
                               .help = "Records that the group has not committed yet."};
constexpr MetricSpec kGroupLagSum{.name = "kafka_consumergroup_lag_sum",
                                  .help = "The lag of the topic's partitions, added."};
constexpr MetricSpec kGroupMembers{.name = "kafka_consumergroup_members", .help = "Members."};

// --- Of kafka-lag-exporter (seglo/kafka-lag-exporter, README, "Metrics") ---

constexpr MetricSpec kGroupLagSeconds{.name = "kafka_consumergroup_group_lag_seconds",
                                      .help =
                                          "Age of the first record the group has not "
                                          "committed.",
                                      .unit = MetricUnit::seconds};
constexpr MetricSpec kGroupMaxLagSeconds{.name = "kafka_consumergroup_group_max_lag_seconds",
                                         .help = "The same, of the partition where it is oldest.",
                                         .unit = MetricUnit::seconds,
                                         .gauge_merge = base::GaugeMerge::max};

// --- Ours ---

constexpr MetricSpec kLagSeconds{.name = "polylog_consumer_lag_seconds",
                                 .help = "Age of the first record the group has not committed.",
                                 .unit = MetricUnit::seconds};

constexpr MetricSpec kPartitions{.name = "polylog_partitions",
                                 .help = "Partitions stored on this broker."};
constexpr MetricSpec kOffline{.name = "polylog_partitions_offline",
                              .help = "Partitions whose storage failed or is damaged."};
constexpr MetricSpec kLogBytes{.name = "polylog_log_bytes",
                               .help = "Batches of a topic, stored or about to be.",
                               .unit = MetricUnit::bytes};
constexpr MetricSpec kReplicasMissing{.name = "polylog_partition_under_replicated",
                                      .help = "Partitions with a replica missing or not in sync."};
constexpr MetricSpec kBacklog{.name = "polylog_backlog_per_consumer",
                              .help =
                                  "The lag of all partitions of a group, by its members; "
                                  "without members, all of it."};
constexpr MetricSpec kQueueMessages{.name = "polylog_queue_messages",
                                    .help =
                                        "Messages of a queue: ready, leased, delayed, or dead: "
                                        "on their way to its dead-letter queue."};
constexpr MetricSpec kQueueAge{.name = "polylog_queue_oldest_message_age_seconds",
                               .help = "Since the oldest message was sent that is not settled.",
                               .unit = MetricUnit::seconds};
constexpr MetricSpec kAppend{.name = "polylog_append_seconds",
                             .help = "Time from a request's records to their durability.",
                             .unit = MetricUnit::seconds};
constexpr MetricSpec kMemoryUsed{.name = "polylog_memory_used_bytes",
                                 .help = "Memory that clients made grow, by what it is used for.",
                                 .unit = MetricUnit::bytes};
constexpr MetricSpec kMemoryBudget{.name = "polylog_memory_budget_bytes",
                                   .help = "The most of it.",
                                   .unit = MetricUnit::bytes};
constexpr MetricSpec kMemoryStage{.name = "polylog_memory_stage",
                                  .help =
                                      "0 normal, 1 producers are slowed down, 2 producers "
                                      "are not read from, 3 records and connections are "
                                      "refused."};
constexpr MetricSpec kDiskUsed{.name = "polylog_disk_used_bytes",
                               .help = "What is not available on the data directory's disk.",
                               .unit = MetricUnit::bytes};
constexpr MetricSpec kDiskTotal{.name = "polylog_disk_total_bytes",
                                .help = "Size of the data directory's disk.",
                                .unit = MetricUnit::bytes};
constexpr MetricSpec kDiskStage{.name = "polylog_disk_stage",
                                .help =
                                    "0 normal, 1 records are refused, 2 only reads and "
                                    "deletes are served."};
constexpr MetricSpec kOmitted{.name = "polylog_metrics_objects_omitted",
                              .help = "Objects without series of their own, to bound this page."};
constexpr MetricSpec kWalBytes{.name = "polylog_wal_disk_bytes",
                               .help = "Files of the write-ahead logs.",
                               .unit = MetricUnit::bytes};
constexpr MetricSpec kWalUsed{.name = "polylog_wal_files_used",
                              .help = "Write-ahead log files with groups not yet in segments."};
constexpr MetricSpec kUncommitted{.name = "polylog_uncommitted_bytes",
                                  .help = "Appended and not yet durable.",
                                  .unit = MetricUnit::bytes};
constexpr MetricSpec kTailCache{.name = "polylog_tail_cache_bytes",
                                .help = "Recent batches kept in memory.",
                                .unit = MetricUnit::bytes};
constexpr MetricSpec kUnflushed{.name = "polylog_unflushed_bytes",
                                .help = "Batches not yet written to segments.",
                                .unit = MetricUnit::bytes};
constexpr MetricSpec kOpenFiles{.name = "polylog_open_log_files",
                                .help = "Segment files that are open."};
constexpr MetricSpec kProducers{.name = "polylog_producers",
                                .help =
                                    "Idempotent producers remembered, each counted in every "
                                    "partition it writes to."};
constexpr MetricSpec kRefusing{.name = "polylog_shards_refusing_appends",
                               .help =
                                   "Shards that take no records: disk or memory full, or a "
                                   "write failed."};
constexpr MetricSpec kRecovered{.name = "polylog_recovery_clean",
                                .help =
                                    "1 when the start found nothing to repair: after a clean stop, "
                                    "or in an empty directory."};
constexpr MetricSpec kReplayed{.name = "polylog_recovery_replayed_bytes",
                               .help = "Batches that the last start replayed.",
                               .unit = MetricUnit::bytes};

constexpr MetricSpec kSubscriptions{.name = "polylog_subscriptions",
                                    .help = "Subscriptions of all topics."};
constexpr MetricSpec kPublicationCopies{
    .name = "polylog_publication_copies_total",
    .help =
        "Copies of published messages that queues have stored, that went to dead-letter queues "
        "instead, or that nobody took."};

struct StorageCounter {
    MetricSpec spec;
    uint64_t log::Statistics::* member;
};
constexpr StorageCounter kStorageCounters[] = {
    {{.name = "polylog_appended_batches_total", .help = "Batches appended to logs."},
     &log::Statistics::appended_batches},
    {{.name = "polylog_appended_bytes_total", .help = "Bytes of batches appended to logs."},
     &log::Statistics::appended_bytes},
    {{.name = "polylog_refused_appends_total",
      .help = "Appends refused: disk full, memory full, or offline."},
     &log::Statistics::refused_appends},
    {{.name = "polylog_flushes_total", .help = "Writes into segments."}, &log::Statistics::flushes},
    {{.name = "polylog_flushed_bytes_total", .help = "Bytes of batches written into segments."},
     &log::Statistics::flushed_bytes},
    {{.name = "polylog_segment_syncs_total", .help = "Segments synced."},
     &log::Statistics::segment_syncs},
    {{.name = "polylog_segments_begun_total", .help = "Segments begun."},
     &log::Statistics::segments_begun},
    {{.name = "polylog_segments_deleted_total", .help = "Segments deleted."},
     &log::Statistics::segments_deleted},
    {{.name = "polylog_tail_reads_total", .help = "Reads answered from memory."},
     &log::Statistics::tail_reads},
    {{.name = "polylog_file_reads_total", .help = "Reads that had to read a file."},
     &log::Statistics::file_reads},
    {{.name = "polylog_corrupt_batches_total", .help = "Damaged batches found, never served."},
     &log::Statistics::corrupt_batches},
    {{.name = "polylog_failed_checkpoints_total", .help = "Checkpoints that failed."},
     &log::Statistics::failed_checkpoints},
    {{.name = "polylog_producers_evicted_total",
      .help = "Idempotent producers forgotten because too many were remembered."},
     &log::Statistics::producers_evicted},
};

struct StorageLatency {
    MetricSpec histogram, max;
    log::Latency log::Statistics::* member;
};
constexpr StorageLatency kStorageLatencies[] = {
    {{.name = "polylog_fsync_seconds",
      .help = "Time from the first entry of a group to its commit in the write-ahead log.",
      .unit = MetricUnit::seconds},
     {.name = "polylog_fsync_max_seconds",
      .help = "The slowest group commit since the start.",
      .unit = MetricUnit::seconds,
      .gauge_merge = base::GaugeMerge::max},
     &log::Statistics::commit},
    {{.name = "polylog_checkpoint_seconds",
      .help = "Time that checkpoints took.",
      .unit = MetricUnit::seconds},
     {.name = "polylog_checkpoint_max_seconds",
      .help = "The slowest checkpoint since the start.",
      .unit = MetricUnit::seconds,
      .gauge_merge = base::GaugeMerge::max},
     &log::Statistics::checkpoint},
};

double seconds(base::Duration duration) {
    return static_cast<double>(duration.count()) / 1e9;
}

double number(auto value) {
    return static_cast<double>(value);
}

void add_fan_out(const broker::FanOut::Statistics& statistics, MetricsSnapshot& snapshot) {
    snapshot.add_counter(kPublicationCopies, {{"outcome", "delivered"}},
                         number(statistics.delivered));
    snapshot.add_counter(kPublicationCopies, {{"outcome", "dead_lettered"}},
                         number(statistics.dead_lettered));
    snapshot.add_counter(kPublicationCopies, {{"outcome", "dropped"}}, number(statistics.dropped));
}

void add_statistics(const log::Statistics& statistics, MetricsSnapshot& snapshot) {
    for (const StorageCounter& counter : kStorageCounters) {
        snapshot.add_counter(counter.spec, {}, number(statistics.*counter.member));
    }
    for (const StorageLatency& each : kStorageLatencies) {
        const log::Latency& latency = statistics.*each.member;
        snapshot.add_histogram(each.histogram, {}, latency.histogram);
        snapshot.add_gauge(each.max, {}, seconds(latency.max));
    }
}

void add_usage(const log::Storage::Usage& usage, MetricsSnapshot& snapshot) {
    for (const auto& [mode, wal] :
         {std::pair("fsync", &usage.durable_wal), std::pair("os", &usage.buffered_wal)}) {
        const MetricLabels labels{{"durability", mode}};
        snapshot.add_gauge(kWalBytes, labels, number(wal->disk_bytes));
        snapshot.add_gauge(kWalUsed, labels, number(wal->used_files));
        snapshot.add_gauge(kUncommitted, labels, number(wal->uncommitted_bytes));
    }
    snapshot.add_gauge(kTailCache, {}, number(usage.tail_cache_bytes));
    snapshot.add_gauge(kUnflushed, {}, number(usage.unflushed_bytes));
    snapshot.add_gauge(kOpenFiles, {}, number(usage.open_files));
    snapshot.add_gauge(kProducers, {}, number(usage.producers));
    snapshot.add_gauge(kRefusing, {}, usage.accepts_appends ? 0 : 1);
}

void add_recovery(const std::vector<log::RecoveryReport>& reports, MetricsSnapshot& snapshot) {
    bool clean = true;
    uint64_t bytes = 0;
    for (const log::RecoveryReport& report : reports) {
        clean = clean && report.was_in_order();
        bytes += report.bytes_replayed;
    }
    snapshot.add_gauge(kRecovered, {}, clean ? 1 : 0);
    snapshot.add_gauge(kReplayed, {}, number(bytes));
}

// Limits that are neared, and what is in effect because of it.
void add_limits(broker::Broker& broker, MetricsSnapshot& snapshot) {
    const base::MemoryBudget& memory = broker.memory();
    for (size_t i = 0; i < base::kMemoryUses; ++i) {
        const auto use = static_cast<base::MemoryUse>(i);
        snapshot.add_gauge(kMemoryUsed, {{"use", std::string(to_string(use))}},
                           number(memory.used_bytes(use)));
    }
    snapshot.add_gauge(kMemoryBudget, {}, number(memory.limit_bytes()));
    snapshot.add_gauge(kMemoryStage, {}, number(static_cast<int>(memory.stage())));
    const io::DiskSpace& space = broker.disk().space();
    snapshot.add_gauge(kDiskUsed, {}, number(space.total_bytes - space.available_bytes));
    snapshot.add_gauge(kDiskTotal, {}, number(space.total_bytes));
    snapshot.add_gauge(kDiskStage, {}, number(static_cast<int>(broker.disk().stage())));
}

// The partitions that clients know, and where each ends for them.
struct End {
    model::TopicPartition id;
    int64_t high_watermark = 0;
};
using Ends = std::map<std::pair<std::string, int32_t>, End>;

// The partitions that clients know; leaders and replicas are those of a single broker, which leads
// everything it has.
Ends add_partitions(const std::vector<broker::StoredLog>& logs, const meta::MetadataImage& image,
                    model::NodeId node, bool per_partition, MetricsSnapshot& snapshot) {
    Ends ends;
    for (const broker::StoredLog& log : logs) {
        const auto topic = image.find(log.partition.topic);
        if (!topic) continue;
        snapshot.add_gauge(kPartitions, {}, 1);
        snapshot.add_gauge(kOffline, {}, log.online ? 0 : 1);
        snapshot.add_gauge(kReplicasMissing, {}, log.online ? 0 : 1);
        const int32_t partition = log.partition.partition.value;
        ends[{topic->name, partition}] = {log.partition, log.high_watermark.value};
        if (!per_partition) continue;
        snapshot.add_gauge(kLogBytes, {{"topic", topic->name}}, number(log.size_bytes));
        const MetricLabels labels{{"topic", topic->name}, {"partition", fmt::to_string(partition)}};
        snapshot.add_gauge(kCurrentOffset, labels, number(log.high_watermark.value));
        snapshot.add_gauge(kOldestOffset, labels, number(log.start.value));
        snapshot.add_gauge(kLeader, labels, number(node.value));
        snapshot.add_gauge(kPreferred, labels, 1);
        snapshot.add_gauge(kReplicas, labels, 1);
        snapshot.add_gauge(kInSync, labels, log.online ? 1 : 0);
        snapshot.add_gauge(kUnderReplicated, labels, log.online ? 0 : 1);
    }
    return ends;
}

// One group's part of a scrape.
class GroupLag {
public:
    // All outlive it.
    GroupLag(broker::Broker& broker, LagClock& clock, const Ends& ends, MetricsSnapshot& snapshot)
        : broker_(broker), clock_(clock), ends_(ends), snapshot_(snapshot) {}

    Task<void> add(std::string group, broker::Groups::Committed committed, size_t members) {
        double lag_sum = 0, seconds_max = 0;
        for (const auto& [place, offset] : committed) {
            const auto end = ends_.find({place.topic, place.partition.value});
            if (end == ends_.end()) continue;
            const double lag = number(
                std::max<int64_t>(0, end->second.high_watermark - offset.offset.value));
            MetricLabels labels{{"consumergroup", group}, {"topic", place.topic}};
            snapshot_.add_gauge(kGroupOffsetSum, labels, number(offset.offset.value));
            snapshot_.add_gauge(kGroupLagSum, labels, lag);
            labels.emplace_back("partition", fmt::to_string(place.partition.value));
            snapshot_.add_gauge(kGroupOffset, labels, number(offset.offset.value));
            snapshot_.add_gauge(kGroupLag, labels, lag);
            lag_sum += lag;
            const auto behind = co_await seconds_behind(end->second.id, offset.offset, lag > 0);
            if (!behind) continue;
            snapshot_.add_gauge(kLagSeconds, labels, *behind);
            labels.front().first = "group";
            snapshot_.add_gauge(kGroupLagSeconds, labels, *behind);
            seconds_max = std::max(seconds_max, *behind);
        }
        snapshot_.add_gauge(kGroupMaxLagSeconds, {{"group", group}}, seconds_max);
        snapshot_.add_gauge(kBacklog, {{"consumergroup", group}},
                            lag_sum / number(std::max<size_t>(members, 1)));
    }

private:
    Task<std::optional<double>> seconds_behind(model::TopicPartition partition,
                                               model::Offset offset, bool behind) {
        if (!behind) co_return 0;
        const auto time_ms = co_await clock_.time_of(broker_, partition, offset);
        if (!time_ms) co_return std::nullopt;
        const auto now = io::Shard::current().env().clock.wall();
        co_return std::max(0.0, number(base::to_unix_ms(now) - *time_ms) / 1000);
    }

    broker::Broker& broker_;
    LagClock& clock_;
    const Ends& ends_;
    MetricsSnapshot& snapshot_;
};

// Groups that go away meanwhile, or are still loading, are left out.
// coroutine-safe: the scrape that asks for it keeps the ends and the clock
Task<void> add_groups(broker::Broker& broker, LagClock& clock, MetricsSnapshot& snapshot,
                      size_t groups_max, const Ends& ends) {
    const auto groups = co_await broker.groups().list();
    if (!groups) co_return;
    if (groups->size() > groups_max) {
        snapshot.add_gauge(kOmitted, {{"kind", "group"}}, number(groups->size()));
        co_return;
    }
    GroupLag lag(broker, clock, ends, snapshot);
    clock.begin();
    for (const auto& listing : *groups) {
        size_t members = 0;
        const auto description = co_await broker.groups().describe(listing.group_id);
        if (description) {
            members = description->members.size();
            snapshot.add_gauge(kGroupMembers, {{"consumergroup", listing.group_id}},
                               number(members));
        }
        auto committed = co_await broker.groups().committed(listing.group_id, std::nullopt);
        if (committed) co_await lag.add(listing.group_id, std::move(*committed), members);
    }
}

// Queues that go away meanwhile, or cannot be read, are left out.
// coroutine-safe: the scrape that asks for it keeps the broker and the snapshot
Task<void> add_queues(broker::Broker& broker, MetricsSnapshot& snapshot, size_t queues_max) {
    const auto queues = broker.queues().list();
    if (queues.size() > queues_max) {
        snapshot.add_gauge(kOmitted, {{"kind", "queue"}}, number(queues.size()));
        co_return;
    }
    for (const auto& queue : queues) {
        const auto depth = co_await broker.queues().depth(queue);
        const auto oldest_ms = co_await broker.queues().oldest_sent_at_ms(queue);
        if (!depth || !oldest_ms) continue;
        const auto add = [&](std::string state, uint64_t count) {
            snapshot.add_gauge(kQueueMessages, {{"queue", queue->name}, {"state", state}},
                               number(count));
        };
        add("ready", depth->ready);
        add("leased", depth->leased);
        add("delayed", depth->delayed);
        add("dead", depth->dead);
        const int64_t now_ms = base::to_unix_ms(io::Shard::current().env().clock.wall());
        const int64_t age_ms = *oldest_ms ? std::max<int64_t>(0, now_ms - **oldest_ms) : 0;
        snapshot.add_gauge(kQueueAge, {{"queue", queue->name}}, number(age_ms) / 1000);
    }
}

}  // namespace

Task<void> add_broker_metrics(broker::Broker& broker, LagClock& lag_clock,
                              MetricsSnapshot& snapshot, BrokerMetrics options) {
    for (const auto& usage : co_await broker.storage_usage()) add_usage(usage, snapshot);
    for (const auto& each : co_await broker.statistics()) {
        add_statistics(each.storage, snapshot);
        snapshot.add_histogram(kAppend, {}, each.append_seconds);
        add_fan_out(each.fan_out, snapshot);
    }
    add_recovery(broker.recovery(), snapshot);
    add_limits(broker, snapshot);

    const meta::ImagePtr image = broker.topics().image();
    snapshot.add_gauge(kSubscriptions, {}, number(image->subscriptions().size()));
    snapshot.add_gauge(kBrokers, {}, 1);
    snapshot.add_gauge(kBrokerInfo,
                       {{"id", fmt::to_string(broker.node().value)}, {"address", options.address}},
                       1);
    const auto logs = co_await broker.streams().stored_logs();
    const bool per_partition = logs.size() <= options.objects_max;
    if (!per_partition) {
        snapshot.add_gauge(kOmitted, {{"kind", "partition"}}, number(logs.size()));
    }
    if (image->topics.size() <= options.objects_max) {
        for (const auto& [name, topic] : image->topics) {
            snapshot.add_gauge(kTopicPartitions, {{"topic", name}}, topic->partition_count);
        }
    }
    const Ends ends = add_partitions(logs, *image, broker.node(), per_partition, snapshot);
    co_await add_groups(broker, lag_clock, snapshot, options.objects_max, ends);
    co_await add_queues(broker, snapshot, options.objects_max);
}

}  // namespace polylog::admin
