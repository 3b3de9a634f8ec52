#include "client/cluster.h"

#include <fmt/format.h>

#include "client/errors.h"
#include "protocol/kafka/messages/find_coordinator.h"

namespace polylog::client {

using base::ErrorCode;
using base::Result;
using io::Task;

Cluster::Cluster(io::Env& env, ClusterSettings settings)
    : env_(env), settings_(std::move(settings)) {}

Task<Result<ConnectionRef>> Cluster::any() {
    for (const auto& [name, slot] : slots_) {
        if (slot.connection && slot.connection->is_open()) co_return slot.connection;
    }
    Result<ConnectionRef> result = base::fail(ErrorCode::invalid_request,
                                              "no broker address is given");
    for (const io::Endpoint& endpoint : settings_.bootstrap) {
        result = co_await connect(endpoint);
        if (result) break;
    }
    co_return result;
}

// An attempt to connect, which may be dropped half-way.
class Cluster::Opening {
public:
    explicit Opening(Slot& slot) : slot_(slot) { slot_.opening = true; }
    ~Opening() {
        slot_.opening = false;
        slot_.opened.notify_all();
    }
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;

private:
    Slot& slot_;
};

// One attempt at a time per address; whoever comes meanwhile waits for its outcome.
Task<Result<ConnectionRef>> Cluster::connect(io::Endpoint endpoint) {
    Slot& slot = slots_[io::to_string(endpoint)];
    while (slot.opening) co_await slot.opened.wait();
    if (slot.connection && slot.connection->is_open()) co_return slot.connection;
    const Opening opening(slot);
    auto opened = co_await Connection::open(env_, std::move(endpoint), settings_.connection);
    if (!opened) co_return base::fail(std::move(opened).error());
    slot.connection = std::move(*opened);
    co_return slot.connection;
}

Task<Result<ConnectionRef>> Cluster::node(int32_t id) {
    if (!brokers_.contains(id)) {
        CO_TRY_VOID(co_await metadata({}));
    }
    const auto broker = brokers_.find(id);
    if (broker == brokers_.end()) {
        co_return base::fail(ErrorCode::leader_not_available,
                             fmt::format("no broker has the id {}", id));
    }
    co_return co_await connect(broker->second);
}

Task<Result<kafka::MetadataResponse>> Cluster::metadata(TopicsWanted wanted) {
    CO_TRY(const ConnectionRef connection, co_await any());
    kafka::MetadataRequest request;
    request.allow_auto_topic_creation = wanted.may_create;
    if (!wanted.all) {
        request.topics.emplace();
        for (const std::string& name : wanted.names)
            request.topics->push_back({.topic_id = {}, .name = name});
    }
    // Below version 4 a broker could not be told not to create topics.
    CO_TRY(auto response, co_await connection->call(request, {.min_version = 4}));
    CO_TRY_VOID(check(response.error_code));
    learn(response);
    co_return response;
}

void Cluster::learn(const kafka::MetadataResponse& response) {
    for (const auto& broker : response.brokers) {
        brokers_[broker.node_id] = {broker.host, static_cast<uint16_t>(broker.port)};
    }
    for (const auto& topic : response.topics) {
        if (!topic.name) continue;
        Leaders leaders;
        for (const auto& partition : topic.partitions) {
            leaders[partition.partition_index] = partition.leader_id;
        }
        leaders_[*topic.name] = std::move(leaders);
    }
}

Task<Result<int32_t>> Cluster::partition_count(std::string topic, bool may_create) {
    constexpr base::Duration kPause = std::chrono::milliseconds(20);
    const base::MonoTime give_up = env_.clock.now() + settings_.connection.request_timeout;
    TopicsWanted wanted{.names = {topic}, .all = false, .may_create = may_create};
    while (true) {
        CO_TRY(const auto response, co_await metadata(wanted));
        if (response.topics.empty()) co_return base::fail(ErrorCode::unknown_topic, topic);
        const auto state = check(response.topics.front());
        if (state) co_return static_cast<int32_t>(response.topics.front().partitions.size());
        // A broker answers a topic it is about to create as unknown or leaderless.
        const bool may_appear = state.error() == ErrorCode::leader_not_available ||
                                (may_create && state.error() == ErrorCode::unknown_topic);
        if (!may_appear || env_.clock.now() >= give_up) co_return base::fail(state.error());
        co_await io::sleep_for(kPause);
    }
}

Task<Result<ConnectionRef>> Cluster::leader(TopicPartition partition) {
    if (!leaders_.contains(partition.topic)) {
        CO_TRY_VOID(co_await partition_count(partition.topic));
    }
    const Leaders& leaders = leaders_[partition.topic];
    const auto found = leaders.find(partition.partition);
    if (found == leaders.end()) {
        co_return base::fail(ErrorCode::unknown_topic,
                             fmt::format("topic '{}' has no partition {}", partition.topic,
                                         partition.partition));
    }
    if (found->second < 0) {
        forget_leaders(partition.topic);
        co_return base::fail(ErrorCode::leader_not_available,
                             fmt::format("{} partition {}", partition.topic, partition.partition));
    }
    const int32_t id = found->second;
    co_return co_await node(id);
}

Task<Result<ConnectionRef>> Cluster::group_coordinator(std::string group) {
    CO_TRY(const ConnectionRef connection, co_await any());
    kafka::FindCoordinatorRequest request;
    request.coordinator_keys = {group};
    // From version 4 on, one question may name several groups (KIP-699).
    CO_TRY(const auto response, co_await connection->call(request, {.min_version = 4}));
    if (response.coordinators.empty())
        co_return base::fail(ErrorCode::coordinator_not_available, group);
    const auto& answer = response.coordinators.front();
    CO_TRY_VOID(check(answer.error_code, answer.error_message));
    io::Endpoint endpoint{answer.host, static_cast<uint16_t>(answer.port)};
    co_return co_await connect(std::move(endpoint));
}

Result<void> check(const kafka::MetadataResponse::Topic& topic) {
    using kafka::ApiError;
    const std::string name = topic.name.value_or("");
    if (topic.error_code == ApiError::unknown_topic_or_partition) {
        return base::fail(ErrorCode::unknown_topic, fmt::format("topic '{}' does not exist", name));
    }
    if (topic.error_code != ApiError::none) return base::fail(to_error(topic.error_code));
    for (const auto& partition : topic.partitions) {
        if (partition.error_code == ApiError::leader_not_available || partition.leader_id < 0) {
            return base::fail(ErrorCode::leader_not_available,
                              fmt::format("{} partition {}", name, partition.partition_index));
        }
    }
    return {};
}

}  // namespace polylog::client
