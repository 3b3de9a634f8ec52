#include "cmd/verbs/group_lag.h"

#include <algorithm>
#include <map>

#include "client/consumer.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using client::TopicPartition;
using io::Task;

namespace {

using OffsetsByPartition = std::map<int32_t, client::Offsets>;

// Where partitions end, or begin; none for a topic that does not exist any more.
Task<Result<OffsetsByPartition>> offsets_of(client::Admin& admin, std::string topic,
                                            int64_t timestamp_ms) {
    auto offsets = co_await admin.list_offsets(std::move(topic), timestamp_ms);
    if (!offsets && offsets.error() == ErrorCode::unknown_topic) co_return OffsetsByPartition();
    co_return offsets;
}

// The partitions with unread records, and the offset of the first one that is still there.
Task<Result<std::map<TopicPartition, int64_t>>> unread(client::Admin& admin,
                                                       std::vector<PartitionLag> lags) {
    std::map<std::string, OffsetsByPartition> starts;
    std::map<TopicPartition, int64_t> first_offsets;
    for (const PartitionLag& lag : lags) {
        if (lag.lag() == 0) continue;
        const std::string& topic = lag.partition.topic;
        if (!starts.contains(topic)) {
            CO_TRY(starts[topic], co_await offsets_of(admin, topic, kafka::kEarliestTimestamp));
        }
        const int64_t start = starts[topic][lag.partition.partition].offset;
        if (start < lag.end) first_offsets[lag.partition] = std::max(start, lag.committed);
    }
    co_return first_offsets;
}

// When the records at these offsets were written. What retention takes away meanwhile, or does not
// come in time, is left out.
Task<Result<std::map<TopicPartition, int64_t>>> write_times(
    Session& session, std::map<TopicPartition, int64_t> offsets) {
    constexpr base::Duration kWait = std::chrono::milliseconds(200);
    constexpr size_t kEnoughForARecord = size_t{64} << 10;  // a larger batch comes all the same
    client::Consumer consumer(session.cluster(), {.partition_max_bytes = kEnoughForARecord,
                                                  .retry_timeout = session.options().timeout});
    for (const auto& [partition, offset] : offsets) consumer.assign(partition, offset);
    std::map<TopicPartition, int64_t> times;
    const base::MonoTime give_up = session.env().clock.now() + session.options().timeout;
    while (!consumer.empty() && session.env().clock.now() < give_up) {
        const auto records = co_await consumer.poll(kWait);
        if (!records && records.error() == ErrorCode::offset_out_of_range) break;
        if (!records) co_return base::fail(records.error());
        if (records->empty()) break;
        for (const client::ConsumedRecord& record : *records) {
            const TopicPartition partition{record.topic, record.partition};
            if (times.try_emplace(partition, record.timestamp_ms).second) {
                consumer.unassign(partition);
            }
        }
    }
    co_return times;
}

}  // namespace

Task<Result<std::vector<PartitionLag>>> group_lag(Session& session, std::string group) {
    CO_TRY(const auto committed, co_await session.admin().committed(group));
    std::map<std::string, OffsetsByPartition> ends;
    std::vector<PartitionLag> lags;
    for (const auto& [partition, offset] : committed) {
        const std::string& topic = partition.topic;
        if (!ends.contains(topic)) {
            CO_TRY(ends[topic],
                   co_await offsets_of(session.admin(), topic, kafka::kLatestTimestamp));
        }
        const auto end = ends[topic].find(partition.partition);
        if (end != ends[topic].end()) lags.push_back({partition, offset, end->second.offset});
    }
    CO_TRY(auto offsets, co_await unread(session.admin(), lags));
    if (offsets.empty()) co_return lags;
    CO_TRY(const auto times, co_await write_times(session, std::move(offsets)));
    const int64_t now_ms = base::to_unix_ms(session.env().clock.wall());
    for (PartitionLag& lag : lags) {
        const auto time = times.find(lag.partition);
        if (time == times.end() || time->second < 0) continue;
        lag.age = std::chrono::milliseconds(std::max<int64_t>(now_ms - time->second, 0));
    }
    co_return lags;
}

std::optional<base::Duration> oldest(std::span<const PartitionLag> lags) {
    std::optional<base::Duration> age;
    for (const PartitionLag& lag : lags) age = std::max(age, lag.age);
    return age;
}

Cell seconds_cell(const std::optional<base::Duration>& age) {
    return age ? Cell(std::chrono::duration<double>(*age).count()) : Cell();
}

}  // namespace polylog::cmd
