#include "bench/kafka_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "bench/kafka_fetch.h"

namespace polylog::bench {

base::Result<void> write_acknowledged(const std::string& path, const TopicSpread& spread,
                                      const std::vector<int64_t>& ends) {
    std::ofstream file(path);
    const auto partitions = static_cast<size_t>(spread.partitions);
    for (size_t target = 0; target < ends.size(); ++target) {
        if (ends[target] == 0) continue;
        file << spread.topic_name(static_cast<int>(target / partitions)) << '\t'
             << target % partitions << '\t' << ends[target] << '\n';
    }
    file.close();
    if (!file) return base::fail(base::ErrorCode::io_failed, "writing " + path);
    return {};
}

namespace {

struct Acknowledged {
    int32_t partition = 0;
    int64_t end = 0;
};
using AcknowledgedByTopic = std::map<std::string, std::vector<Acknowledged>>;

base::Result<AcknowledgedByTopic> read_acknowledged(const std::string& path) {
    std::ifstream file(path);
    if (!file) return base::fail(base::ErrorCode::not_found, path);
    AcknowledgedByTopic topics;
    std::string topic;
    Acknowledged line;
    while (file >> topic >> line.partition >> line.end) topics[topic].push_back(line);
    if (!file.eof()) return base::fail(base::ErrorCode::corrupt, path);
    return topics;
}

base::Error damaged(std::string_view topic, int32_t partition, int64_t offset,
                    std::string_view what) {
    return {base::ErrorCode::corrupt,
            fmt::format("{}-{} at offset {}: {}", topic, partition, offset, what)};
}

// Reads one partition from `offset` up to `end`, adding to `result`.
base::Result<void> read_partition(KafkaClient& client, const std::string& topic, int32_t partition,
                                  int64_t offset, int64_t end, CheckResult& result) {
    constexpr int32_t kChunkBytes = 16 << 20;
    FetchRequest request = encode_fetch_request({.topic = topic,
                                                 .partitions = {partition},
                                                 .max_bytes = kChunkBytes,
                                                 .partition_max_bytes = kChunkBytes});
    while (offset < end) {
        base::store_be(request.bytes.data() + request.offsets_at.front(), offset);
        TRY(const base::Bytes response, client.call(request.bytes));
        const int64_t before = offset;
        const auto take = [&](const FetchedPartition& fetched) -> base::Result<void> {
            if (fetched.error != 0) {
                return base::fail(
                    damaged(topic, partition, offset, fmt::format("error {}", fetched.error)));
            }
            BatchCursor batches(fetched.records);
            while (const std::optional<model::BatchView> batch = batches.next()) {
                if (batch->base_offset().value != offset) {
                    return base::fail(
                        damaged(topic, partition, offset, "the next batch starts elsewhere"));
                }
                if (!batch->crc_matches())
                    return base::fail(damaged(topic, partition, offset, "checksum"));
                offset = batch->next_offset().value;
                result.read_records += static_cast<uint64_t>(batch->record_count());
                result.read_bytes += batch->size_bytes();
            }
            return {};
        };
        TRY_VOID(decode_fetch_response(response, take));
        if (offset == before)
            return base::fail(damaged(topic, partition, offset, "nothing to read"));
    }
    return {};
}

}  // namespace

base::Result<CheckResult> check_acknowledged(KafkaClient& client, const std::string& path,
                                             bool read) {
    TRY(const AcknowledgedByTopic topics, read_acknowledged(path));
    CheckResult result;
    for (const auto& [topic, lines] : topics) {
        const int32_t partitions = std::ranges::max(lines, {}, &Acknowledged::partition).partition +
                                   1;
        TRY(const std::vector<int64_t> starts, client.list_offsets(topic, partitions, kEarliest));
        TRY(const std::vector<int64_t> ends, client.list_offsets(topic, partitions, kLatest));
        for (const Acknowledged& line : lines) {
            const auto index = static_cast<size_t>(line.partition);
            ++result.partitions;
            result.acknowledged_records += static_cast<uint64_t>(line.end);
            result.lost_records += static_cast<uint64_t>(
                std::max<int64_t>(0, line.end - ends[index]));
            if (!read) continue;
            TRY_VOID(
                read_partition(client, topic, line.partition, starts[index], ends[index], result));
        }
    }
    return result;
}

}  // namespace polylog::bench
