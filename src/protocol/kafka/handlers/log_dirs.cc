#include <map>
#include <set>

#include "protocol/kafka/handlers/cluster.h"

namespace polylog::kafka {

using io::Task;

// One data directory, named as the configuration names it.
Task<DescribeLogDirsResponse> describe_log_dirs(Client& client, const Call&,
                                                DescribeLogDirsRequest request) {
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    std::map<std::string_view, std::set<int32_t>> wanted;
    if (request.topics) {
        for (const DescribeLogDirsRequest::Topic& topic : *request.topics) {
            wanted[topic.topic].insert(topic.partitions.begin(), topic.partitions.end());
        }
    }
    DescribeLogDirsResponse response;
    auto& dir = response.results.emplace_back();
    if (!image->broker_config.log_dirs.empty()) dir.log_dir = image->broker_config.log_dirs.front();
    const auto space = co_await io::Shard::current().env().disk.space();
    if (space) {
        dir.total_bytes = static_cast<int64_t>(space->total_bytes);
        dir.usable_bytes = static_cast<int64_t>(space->available_bytes);
    }
    std::map<std::string, std::vector<DescribeLogDirsResponse::Partition>> by_topic;
    for (const broker::StoredLog& log : co_await broker.streams().stored_logs()) {
        const auto topic = image->find(log.partition.topic);
        if (!topic) continue;
        const int32_t index = log.partition.partition.value;
        if (request.topics) {
            const auto found = wanted.find(topic->name);
            if (found == wanted.end() || !found->second.contains(index)) continue;
        }
        by_topic[topic->name].push_back({.partition_index = index,
                                         .partition_size = static_cast<int64_t>(log.size_bytes),
                                         .offset_lag = log.end.value - log.high_watermark.value});
    }
    for (auto& [name, partitions] : by_topic)
        dir.topics.push_back({.name = name, .partitions = std::move(partitions)});
    co_return response;
}

}  // namespace polylog::kafka
