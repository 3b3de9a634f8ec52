#include <fmt/core.h>

#include <charconv>
#include <ranges>

#include "client/errors.h"
#include "protocol/kafka/messages/heartbeat.h"
#include "protocol/kafka/messages/join_group.h"
#include "protocol/kafka/messages/leave_group.h"
#include "protocol/kafka/messages/offset_commit.h"
#include "protocol/kafka/messages/offset_fetch.h"
#include "protocol/kafka/messages/sync_group.h"
#include "test/sim/checking_consumer.h"

// Members of consumer groups.
namespace polylog::sim {

using base::ErrorCode;
using base::Result;
using client::Cluster;
using client::TopicPartition;
using io::Task;

namespace {

constexpr int32_t kSessionTimeoutMs = 600;
constexpr int32_t kRebalanceTimeoutMs = 1000;
constexpr std::string_view kProtocolType = "marks";  // not "consumer": assignments are our own
constexpr std::string_view kProtocolName = "in turn";
// Above them, topics go by id.
constexpr client::CallSettings kByName{.max_version = 9};
constexpr client::CallSettings kGroupsByName{.min_version = 8, .max_version = 9};

// "kept-0 kept-1": an assignment as this group's members write it.
std::string to_text(const std::vector<TopicPartition>& partitions) {
    std::string text;
    for (const TopicPartition& partition : partitions) text += to_string(partition) + ' ';
    return text;
}

std::vector<TopicPartition> from_text(std::string_view text) {
    std::vector<TopicPartition> partitions;
    for (const auto word : std::views::split(text, ' ')) {
        const std::string_view name(word.begin(), word.end());
        const size_t dash = name.rfind('-');
        if (dash == std::string_view::npos) continue;
        TopicPartition partition{std::string(name.substr(0, dash)), 0};
        std::from_chars(name.data() + dash + 1, name.data() + name.size(), partition.partition);
        partitions.push_back(std::move(partition));
    }
    return partitions;
}

// One member, from joining to leaving or to the first trouble.
class Member {
public:
    Member(const ClientContext& context, Cluster& cluster, std::string group)
        : context_(context),
          ledger_(*context.ledger),
          cluster_(cluster),
          group_(std::move(group)) {}

    Task<Result<void>> live() {
        CO_TRY(connection_, co_await cluster_.group_coordinator(group_));
        const uint64_t rounds = 5 + context_.stream.below(40);
        for (uint64_t i = 0; i < rounds || ledger_.quiet; ++i) {
            CO_TRY_VOID(co_await round());
            if (ledger_.over) break;
        }
        if (context_.stream.chance(0.5)) co_return Result<void>();  // vanishes: its session expires
        co_return co_await leave();
    }

private:
    // Joins if need be, reads some, commits and says that it is alive.
    Task<Result<void>> round() {
        if (!consumer_) {
            CO_TRY_VOID(co_await join());
            CO_TRY_VOID(co_await sync());
            if (!consumer_) co_return Result<void>();
            CO_TRY_VOID(co_await resume());
        }
        const auto max_wait = context_.stream.between({}, std::chrono::milliseconds(100));
        if (consumer_->positions().empty()) co_await io::sleep_for(max_wait);
        CO_TRY(const auto records, co_await consumer_->poll(max_wait));
        for (const client::ConsumedRecord& record : records)
            ledger_.of(group_, {record.topic, record.partition}).consumed(record.offset);
        if (!records.empty()) ledger_.succeeded(Feat::consume);
        if (ledger_.quiet || context_.stream.chance(0.5)) CO_TRY_VOID(co_await commit());
        if (consumer_) CO_TRY_VOID(co_await heartbeat());
        co_return Result<void>();
    }

    // A rebalance is no trouble: the member joins again, as itself.
    Result<void> check(kafka::ApiError error) {
        if (error == kafka::ApiError::rebalance_in_progress) {
            consumer_.reset();
            return {};
        }
        return client::check(error);
    }

    Task<Result<void>> join() {
        kafka::JoinGroupRequest request;
        request.group_id = group_;
        request.session_timeout_ms = kSessionTimeoutMs;
        request.rebalance_timeout_ms = kRebalanceTimeoutMs;
        request.protocol_type = kProtocolType;
        request.protocols.push_back({.name = kProtocolName, .metadata = {}});
        kafka::JoinGroupResponse response;
        do {
            request.member_id = id_;
            const client::CallSettings settings{
                .patience = std::chrono::milliseconds(kRebalanceTimeoutMs)};
            CO_TRY(response, co_await connection_->call(request, settings));
            id_ = response.member_id;
        } while (response.error_code == kafka::ApiError::member_id_required);
        CO_TRY_VOID(client::check(response.error_code));
        generation_ = response.generation_id;
        assignments_.clear();
        if (response.leader == id_) divide(response.members);
        co_return Result<void>();
    }

    void divide(const std::vector<kafka::JoinGroupResponse::Member>& members) {
        std::vector<std::vector<TopicPartition>> shares(members.size());
        size_t next = 0;
        for (const auto& [partition, history] : ledger_.partitions)
            shares[next++ % members.size()].push_back(partition);
        for (size_t i = 0; i < members.size(); ++i)
            assignments_[members[i].member_id] = to_text(shares[i]);
    }

    Task<Result<void>> sync() {
        kafka::SyncGroupRequest request;
        request.group_id = group_;
        request.generation_id = generation_;
        request.member_id = id_;
        request.protocol_type = kProtocolType;
        request.protocol_name = kProtocolName;
        for (const auto& [member, text] : assignments_) {
            request.assignments.push_back(
                {.member_id = member,
                 .assignment = base::Slice(base::Buffer::copy_of(base::as_bytes(text)))});
        }
        const client::CallSettings settings{
            .patience = std::chrono::milliseconds(kRebalanceTimeoutMs)};
        CO_TRY(const auto response, co_await connection_->call(std::move(request), settings));
        consumer_.reset();
        if (response.error_code == kafka::ApiError::rebalance_in_progress) co_return Result<void>();
        CO_TRY_VOID(client::check(response.error_code));
        assigned_ = from_text(base::as_text(response.assignment.bytes()));
        consumer_.emplace(context_, cluster_);
        co_return Result<void>();
    }

    Task<Result<void>> resume() {
        for (TopicPartition& partition : assigned_) {
            TopicPartition asked = partition;
            CO_TRY(const int64_t offset,
                   co_await committed_offset(ledger_, cluster_, group_, std::move(asked)));
            consumer_->assign(std::move(partition), std::max<int64_t>(offset, 0));
        }
        committed_ = consumer_->positions();
        co_return Result<void>();
    }

    Task<Result<void>> commit() {
        kafka::OffsetCommitRequest request;
        request.group_id = group_;
        request.generation_id_or_member_epoch = generation_;
        request.member_id = id_;
        const auto positions = consumer_->positions();
        for (const auto& [partition, offset] : positions) {
            if (offset == committed_[partition]) continue;
            ledger_.of(group_, partition).commit_sent(offset);
            auto& topic = request.topics.emplace_back();
            topic.name = partition.topic;
            topic.partitions.push_back({.partition_index = partition.partition,
                                        .committed_offset = offset,
                                        .committed_metadata = ""});
        }
        if (request.topics.empty()) co_return Result<void>();
        CO_TRY(const auto response, co_await connection_->call(std::move(request), kByName));
        for (const auto& topic : response.topics) {
            for (const auto& answer : topic.partitions) {
                const TopicPartition partition{topic.name, answer.partition_index};
                if (answer.error_code == kafka::ApiError::none) {
                    const int64_t offset = positions.at(partition);
                    committed_[partition] = offset;
                    ledger_.of(group_, partition).commit_acknowledged(offset);
                    ledger_.succeeded(Feat::commit);
                }
                CO_TRY_VOID(check(answer.error_code));
            }
        }
        co_return Result<void>();
    }

    Task<Result<void>> heartbeat() {
        kafka::HeartbeatRequest request;
        request.group_id = group_;
        request.generation_id = generation_;
        request.member_id = id_;
        CO_TRY(const auto response, co_await connection_->call(request));
        co_return check(response.error_code);
    }

    Task<Result<void>> leave() {
        kafka::LeaveGroupRequest request;
        request.group_id = group_;
        request.member_id = id_;
        request.members.push_back({.member_id = id_, .group_instance_id = {}, .reason = {}});
        CO_TRY(const auto response, co_await connection_->call(std::move(request)));
        co_return client::check(response.error_code);
    }

    ClientContext context_;
    BrokerLedger& ledger_;
    Cluster& cluster_;
    const std::string group_;
    client::ConnectionRef connection_;
    std::string id_;
    int32_t generation_ = -1;
    std::map<std::string, std::string> assignments_;  // of the leader: by member
    std::vector<TopicPartition> assigned_;
    std::optional<CheckingConsumer> consumer_;  // nothing while it is not in its generation
    std::map<TopicPartition, int64_t> committed_;
};

}  // namespace

// coroutine-safe: the caller awaits it
Task<Result<int64_t>> committed_offset(BrokerLedger& ledger, Cluster& cluster, std::string group,
                                       TopicPartition partition) {
    const GroupHistory& history = ledger.of(group, partition);
    CO_TRY(const auto connection, co_await cluster.group_coordinator(group));
    kafka::OffsetFetchRequest request;
    auto& wanted = request.groups.emplace_back();
    wanted.group_id = group;
    wanted.topics.emplace().push_back(
        {.name = partition.topic, .topic_id = {}, .partition_indexes = {partition.partition}});
    const int64_t floor = history.floor();
    CO_TRY(const auto response, co_await connection->call(std::move(request), kGroupsByName));
    const auto& answer = response.groups.at(0);
    CO_TRY_VOID(client::check(answer.error_code));
    const auto& found = answer.topics.at(0).partitions.at(0);
    CO_TRY_VOID(client::check(found.error_code));
    ledger.judge(fmt::format("group {} in {}", group, to_string(partition)),
                 history.fetched(found.committed_offset, floor));
    co_return found.committed_offset;
}

Task<void> consume_for_ever(ClientContext context, std::string group) {
    for (uint64_t i = 0; !context.ledger->over; ++i) {
        co_await io::sleep_for(context.stream.between({}, std::chrono::milliseconds(60)));
        if (!context.ledger->topics_exist || context.ledger->over) continue;
        Cluster cluster(*context.env, impatient(*context.ledger));
        Member member({context.env, context.ledger, context.stream.split("member", i)}, cluster,
                      group);
        if (!co_await member.live()) ++context.ledger->sessions_interrupted;
    }
}

}  // namespace polylog::sim
