#include "cmd/verbs/group_lag.h"

#include <map>

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;

io::Task<Result<std::vector<PartitionLag>>> group_lag(client::Admin& admin, std::string group) {
    CO_TRY(const auto committed, co_await admin.committed(group));
    std::map<std::string, std::map<int32_t, client::Offsets>> ends;
    for (const auto& [partition, offset] : committed) {
        if (ends.contains(partition.topic)) continue;
        auto of_topic = co_await admin.list_offsets(partition.topic, kafka::kLatestTimestamp);
        if (!of_topic && !(of_topic.error() == ErrorCode::unknown_topic)) {
            co_return base::fail(of_topic.error());
        }
        ends[partition.topic] = of_topic ? std::move(*of_topic)
                                         : std::map<int32_t, client::Offsets>();
    }
    std::vector<PartitionLag> lags;
    for (const auto& [partition, offset] : committed) {
        const auto& of_topic = ends.at(partition.topic);
        const auto end = of_topic.find(partition.partition);
        if (end != of_topic.end()) lags.push_back({partition, offset, end->second.offset});
    }
    co_return lags;
}

}  // namespace polylog::cmd
