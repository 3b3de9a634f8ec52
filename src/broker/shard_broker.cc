#include "broker/shard_broker.h"

#include <algorithm>

#include "base/logging.h"
#include "broker/internal_topics.h"
#include "broker/shards.h"
#include "io/pace.h"
#include "io/signal.h"
#include "log/epoch_history.h"

namespace polylog::broker {

namespace {

const base::Logger kLogger("broker");

constexpr base::Duration kCountInterval = std::chrono::seconds(10);
// A partition's damage is told again after so long, if somebody still reads there.
constexpr base::Duration kDamageReportInterval = std::chrono::minutes(1);
// Between attempts to read groups back, doubling from the first to the last.
constexpr base::Duration kLoadRetryMin = std::chrono::seconds(1);
constexpr base::Duration kLoadRetryMax = std::chrono::minutes(1);

}  // namespace

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::Offset;
using model::TopicPartition;
using replication::Partition;

ShardBroker::ShardBroker(io::Shard& shard, Place place, model::NodeId node,
                         const base::Limits& limits, const Pressure& pressure)
    : shard_(shard),
      place_(place),
      node_(node),
      limits_(limits),
      pressure_(pressure),
      storage_memory_(pressure.memory(), base::MemoryUse::storage),
      groups_memory_(pressure.memory(), base::MemoryUse::groups),
      queues_(*this),
      publications_(*this) {}

ShardBroker::~ShardBroker() = default;

Task<Result<void>> ShardBroker::open(OpenStorage open_storage, log::StorageOptions options) {
    CO_TRY(storage_, co_await open_storage(shard_, std::move(options)));
    scope_.spawn(count_memory());
    co_return {};
}

Task<Result<void>> ShardBroker::close() {
    scope_.destroy_all();
    publications_.close();
    queues_.close();
    for (auto& [index, coordinator] : coordinators_) coordinator->close();
    for (auto& [id, partition] : partitions_) partition->close();
    coordinators_.clear();
    partitions_.clear();
    co_return co_await storage_->close();
}

std::shared_ptr<Partition> ShardBroker::find(const TopicPartition& id) const {
    const auto found = partitions_.find(id);
    return found == partitions_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<Partition>> ShardBroker::find_led(
    const TopicPartition& id, std::optional<model::LeaderEpoch> believed) const {
    std::shared_ptr<Partition> partition = find(id);
    if (!partition) return fail(ErrorCode::unknown_topic);
    TRY_VOID(partition->check_epoch(believed));
    return partition;
}

coordinator::GroupCoordinator* ShardBroker::coordinator(model::PartitionIndex offsets_partition) {
    const auto found = coordinators_.find(offsets_partition);
    return found == coordinators_.end() ? nullptr : found->second.get();
}

Result<std::shared_ptr<Partition>> ShardBroker::internal_partition(
    TopicPartition id, std::string name, std::shared_ptr<const model::TopicConfig> config) {
    log::Log* log = storage_->find(id);
    if (!log) {
        TRY(log, storage_->create(id, std::move(name), config));
    }
    log->configure(config);
    replication::Leadership leadership{.leader_epoch = {0}, .in_sync_replicas = {node_}};
    return std::make_shared<Partition>(shard_, *log, std::move(leadership), std::move(config));
}

Task<void> ShardBroker::apply(meta::ImagePtr image, std::vector<model::TopicId> changed) {
    const meta::ImagePtr before = std::exchange(image_, std::move(image));
    const model::BrokerConfig& config = image_->broker_config;
    storage_->configure({.retention_interval = config.retention_check_interval,
                         .producer_expiry = config.producer_id_expiration});
    for (const model::TopicId& id : changed) {
        if (const auto topic = image_->find(id)) {
            open_partitions(*topic, image_->leader_epoch(*topic));
            publications_.configure(*topic);
            queues_.configure(*topic);
            continue;
        }
        co_await close_partitions(id);
        const auto removed = before ? before->find(id) : nullptr;
        if (removed) forget_offsets(removed->name);
    }
}

// Groups must not resume in a topic of the same name at the offsets of the one that is gone.
void ShardBroker::forget_offsets(std::string topic_name) {
    for (const auto& [index, coordinator] : coordinators_) {
        scope_.spawn(forget_offsets_at(*coordinator, topic_name));
    }
}

Task<void> ShardBroker::forget_offsets_at(coordinator::GroupCoordinator& coordinator,
                                          std::string topic_name) {
    std::vector<std::string> topics{std::move(topic_name)};
    const auto forgotten = co_await coordinator.forget_topics(std::move(topics));
    if (!forgotten) {
        kLogger.warn("offsets_not_forgotten", "offsets of a deleted topic remain",
                     {{"err", forgotten.error()}});
    }
}

Result<std::vector<coordinator::GroupListing>> ShardBroker::list_groups() const {
    std::vector<coordinator::GroupListing> groups;
    for (const auto& [index, coordinator] : coordinators_) {
        TRY(auto some, coordinator->list());
        groups.insert(groups.end(), some.begin(), some.end());
    }
    return groups;
}

void ShardBroker::open_partitions(const meta::Topic& topic, model::LeaderEpoch epoch) {
    for (int32_t index = 0; index < topic.partition_count; ++index) {
        const TopicPartition id{topic.id, {index}};
        if (Shards::owner_index(id, place_.shard_count) != place_.index) continue;
        if (const auto partition = find(id)) {
            partition->configure(topic.config);
            if (partition->leader_epoch() != epoch) {
                partition->lead({.leader_epoch = epoch, .in_sync_replicas = {node_}});
            }
        } else {
            open_partition(topic, id, epoch);
        }
    }
}

void ShardBroker::open_partition(const meta::Topic& topic, TopicPartition id,
                                 model::LeaderEpoch epoch) {
    log::Log* log = storage_->find(id);
    if (!log) {
        auto created = storage_->create(id, topic.name, topic.config);
        if (!created) {
            kLogger.error("partition_not_created", "a partition has no log",
                          {{"topic", topic.name},
                           {"partition", id.partition},
                           {"err", created.error()}});
            return;
        }
        log = *created;
    }
    log->configure(topic.config);
    replication::Leadership leadership{.leader_epoch = epoch, .in_sync_replicas = {node_}};
    partitions_.emplace(id, std::make_shared<Partition>(shard_, *log, std::move(leadership),
                                                        topic.config));
    if (topic.name == model::kOffsetsTopic) start_coordinator(topic, id.partition);
}

Task<void> ShardBroker::close_partitions(model::TopicId topic) {
    std::vector<TopicPartition> ids;
    for (const auto& [id, partition] : partitions_) {
        if (id.topic == topic) ids.push_back(id);
    }
    std::ranges::sort(ids);
    for (const TopicPartition& id : ids) {
        co_await publications_.drop(id);
        co_await queues_.drop(id);
        partitions_.at(id)->close();
        partitions_.erase(id);
        damage_reported_.erase(id);
        const auto dropped = co_await storage_->drop(id);
        if (!dropped) {
            kLogger.error("log_not_dropped", "a deleted partition's files remain",
                          {{"partition", id.partition.value}, {"err", dropped.error()}});
        }
    }
}

Task<void> ShardBroker::drop_strays() {
    std::vector<TopicPartition> strays;
    for (const log::Log* log : storage_->logs()) {
        const bool known = image_->find(log->id().topic) || log->id().topic == kMetadataTopicId;
        if (!known) strays.push_back(log->id());
    }
    for (const TopicPartition& id : strays) {
        const auto dropped = co_await storage_->drop(id);
        if (!dropped) {
            kLogger.warn("stray_log", "the log of a deleted topic remains",
                         {{"partition", id.partition.value}, {"err", dropped.error()}});
        }
    }
}

void ShardBroker::start_coordinator(const meta::Topic& topic, model::PartitionIndex index) {
    auto partition = find({topic.id, index});
    auto coordinator = std::make_unique<coordinator::GroupCoordinator>(
        shard_, std::make_unique<replication::Journal>(std::move(partition)),
        group_config(image_->broker_config, limits_));
    scope_.spawn(load(*coordinator, index));
    coordinators_.emplace(index, std::move(coordinator));
}

// What keeps groups from being read back may pass, or be mended by an operator: they come back
// without a restart.
Task<void> ShardBroker::load(coordinator::GroupCoordinator& coordinator,
                             model::PartitionIndex index) {
    base::Duration pause = kLoadRetryMin;
    for (;;) {
        const auto loaded = co_await coordinator.load();
        if (loaded) co_return;
        kLogger.error("groups_not_loaded", "consumer groups could not be read back",
                      {{"partition", index},
                       {"err", loaded.error()},
                       {"retry_in_ms", base::to_ms(pause)}});
        co_await io::sleep_for(pause);
        pause = std::min(2 * pause, kLoadRetryMax);
    }
}

Task<std::vector<Result<Appended>>> ShardBroker::append(std::vector<AppendPart> parts) {
    const base::MonoTime begun_at = shard_.now();
    std::vector<Result<Appended>> answers;
    std::vector<std::shared_ptr<Partition>> partitions(parts.size());
    answers.reserve(parts.size());
    if (auto accepted = pressure_.accepts_records(); !accepted) {
        answers.assign(parts.size(), fail(std::move(accepted).error()));
        co_return answers;
    }
    for (size_t i = 0; i < parts.size(); ++i)
        answers.push_back(append_one(parts[i], partitions[i]));
    storage_memory_.set(storage_->usage().tail_cache_bytes);
    for (size_t i = 0; i < parts.size(); ++i) {
        if (!answers[i] || parts[i].acks == Acks::none) continue;
        const Offset end{answers[i]->last.value + 1};
        auto replicated = co_await partitions[i]->replicated(end, parts[i].deadline);
        if (!replicated) answers[i] = fail(std::move(replicated).error());
    }
    append_seconds_.record(shard_.now() - begun_at);
    co_return answers;
}

// Groups change little and are many: looked at now and then.
Task<void> ShardBroker::count_memory() {
    for (;;) {
        co_await io::sleep_for(kCountInterval);
        uint64_t bytes = 0;
        for (const auto& [index, coordinator] : coordinators_) bytes += coordinator->live_bytes();
        groups_memory_.set(bytes);
        storage_memory_.set(storage_->usage().tail_cache_bytes);
    }
}

Result<Appended> ShardBroker::append_one(AppendPart& part, std::shared_ptr<Partition>& partition) {
    partition = find(part.partition);
    if (!partition) return fail(ErrorCode::unknown_topic);
    TRY(const auto placed, partition->append(part.batch, part.acks == Acks::all_replicas));
    return Appended{.first = placed.first,
                    .last = placed.last,
                    .log_start = partition->log_start(),
                    .append_time_ms = placed.append_time_ms};
}

Task<std::vector<FetchAnswer>> ShardBroker::read(std::vector<FetchPart> parts) {
    std::vector<FetchAnswer> answers;
    answers.reserve(parts.size());
    io::Pace pace;
    for (FetchPart& part : parts) {
        if (pace.due()) co_await io::end_of_turn();
        answers.push_back(co_await read_one(std::move(part)));
    }
    co_return answers;
}

Task<FetchAnswer> ShardBroker::read_one(FetchPart part) {
    FetchAnswer answer;
    const auto found = find_led(part.partition, part.leader_epoch);
    if (!found) {
        answer.status = fail(found.error());
        co_return answer;
    }
    const std::shared_ptr<Partition>& partition = *found;
    answer.high_watermark = partition->high_watermark();
    answer.last_stable_offset = partition->last_stable_offset();
    answer.log_start = partition->log_start();
    answer.status = partition->check_position(part.from);
    const bool committed_only = part.isolation == Isolation::read_committed;
    const Offset upto = committed_only ? answer.last_stable_offset : answer.high_watermark;
    if (!answer.status || part.from >= upto || part.max_bytes == 0) co_return answer;

    const log::ReadRange range{.from = part.from, .upto = upto, .max_bytes = part.max_bytes};
    if (auto tail = partition->log().read_tail(range)) {
        answer.read = std::move(*tail);
        co_return answer;
    }
    auto read = co_await partition->log().read(range);
    if (read) {
        answer.read = std::move(*read);
    } else {
        report_damage(part.partition, read.error());
        answer.status = fail(std::move(read).error());
    }
    co_return answer;
}

// Clients ask again and again for what cannot be read.
void ShardBroker::report_damage(const TopicPartition& id, const base::Error& why) {
    if (why != ErrorCode::corrupt && why != ErrorCode::damaged &&
        why != ErrorCode::partition_offline)
        return;
    const base::MonoTime now = shard_.now();
    const auto [last, is_first] = damage_reported_.try_emplace(id, now);
    if (!is_first && now - last->second < kDamageReportInterval) return;
    last->second = now;
    const auto topic = image_->find(id.topic);
    kLogger.error("read_failed", "a partition cannot be read",
                  {{"topic", topic ? std::string_view(topic->name) : std::string_view()},
                   {"partition", id.partition.value},
                   {"err", why}});
}

Task<std::vector<OffsetAnswer>> ShardBroker::find_offsets(std::vector<OffsetQuery> queries) {
    std::vector<OffsetAnswer> answers;
    answers.reserve(queries.size());
    io::Pace pace;
    for (OffsetQuery& query : queries) {
        if (pace.due()) co_await io::end_of_turn();
        answers.push_back(co_await find_one(std::move(query)));
    }
    co_return answers;
}

Task<OffsetAnswer> ShardBroker::find_one(OffsetQuery query) {
    OffsetAnswer answer;
    const auto partition = find_led(query.partition, query.leader_epoch);
    if (!partition) {
        answer.status = fail(partition.error());
        co_return answer;
    }
    auto found = co_await look_up(**partition, std::move(query));
    if (found) co_return *found;
    report_damage((*partition)->log().id(), found.error());
    answer.status = fail(std::move(found).error());
    co_return answer;
}

Task<Result<OffsetAnswer>> ShardBroker::look_up(Partition& partition, OffsetQuery query) {
    const bool committed_only = query.isolation == Isolation::read_committed;
    const Offset upto = committed_only ? partition.last_stable_offset()
                                       : partition.high_watermark();
    OffsetAnswer answer;
    const auto answer_offset = [&](Offset offset) {
        answer.offset = offset;
        const auto epoch = partition.log().epochs().epoch_at(offset);
        answer.leader_epoch = epoch.value_or(partition.leader_epoch());
    };
    std::optional<log::TimestampedOffset> found;
    switch (query.kind) {
    case OffsetQuery::Kind::earliest: answer_offset(partition.log_start()); co_return answer;
    case OffsetQuery::Kind::latest: answer_offset(upto); co_return answer;
    case OffsetQuery::Kind::max_timestamp: {
        CO_TRY(found, co_await partition.log().find_max_timestamp(upto));
        break;
    }
    case OffsetQuery::Kind::at_time: {
        CO_TRY(found, co_await partition.log().find_by_time(query.timestamp_ms, upto));
        break;
    }
    }
    if (found) {
        answer.offset = found->offset;
        answer.timestamp_ms = found->timestamp_ms;
        answer.leader_epoch = found->leader_epoch;
    }
    co_return answer;
}

Task<std::vector<TrimAnswer>> ShardBroker::trim(std::vector<TrimPart> parts) {
    std::vector<TrimAnswer> answers;
    for (const TrimPart& part : parts) {
        TrimAnswer answer;
        const auto partition = find(part.partition);
        if (!partition) {
            answer.status = fail(ErrorCode::unknown_topic);
        } else {
            const Offset high_watermark = partition->high_watermark();
            const Offset before = part.before.value_or(high_watermark);
            const bool in_range = before.value >= 0 && before <= high_watermark;
            if (!in_range) {
                answer.status = fail(ErrorCode::offset_out_of_range);
            } else if (before > partition->log_start()) {
                answer.status = co_await partition->log().advance_start(before);
            }
            // The topic may have been deleted meanwhile, and its log with it.
            if (answer.status) answer.status = partition->check_epoch(std::nullopt);
            if (answer.status) answer.log_start = partition->log_start();
        }
        answers.push_back(std::move(answer));
    }
    co_return answers;
}

Task<std::vector<EpochAnswer>> ShardBroker::epoch_ends(std::vector<EpochQuery> queries) {
    std::vector<EpochAnswer> answers;
    io::Pace pace;
    for (const EpochQuery& query : queries) {
        if (pace.due()) co_await io::end_of_turn();
        EpochAnswer answer;
        const auto found = find_led(query.partition, query.current_epoch);
        if (found) {
            Partition& partition = **found;
            const auto end = partition.log().epochs().end_of(query.epoch,
                                                             partition.high_watermark());
            answer.epoch = end.epoch;
            answer.end = end.end;
        } else {
            answer.status = fail(found.error());
        }
        answers.push_back(std::move(answer));
    }
    co_return answers;
}

std::vector<StoredLog> ShardBroker::stored_logs() const {
    std::vector<StoredLog> logs;
    for (const auto& [id, partition] : partitions_) {
        const log::Log::Positions positions = partition->log().positions();
        logs.push_back({.partition = id,
                        .size_bytes = positions.size_bytes,
                        .start = positions.start,
                        .high_watermark = partition->high_watermark(),
                        .end = positions.end,
                        .online = !partition->log().offline()});
    }
    std::ranges::sort(logs, {}, &StoredLog::partition);
    return logs;
}

}  // namespace polylog::broker
