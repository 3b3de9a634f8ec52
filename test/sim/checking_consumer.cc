#include "test/sim/checking_consumer.h"

#include <fmt/core.h>

#include "client/admin.h"

namespace polylog::sim {

using base::ErrorCode;
using base::Result;
using client::ConsumedRecord;
using client::TopicPartition;
using io::Task;

namespace {

client::ConsumerSettings any_settings(RandomStream stream) {
    client::ConsumerSettings settings;
    settings.partition_max_bytes = 100 + stream.below(8000);
    settings.retry_timeout = std::chrono::milliseconds(300);
    return settings;
}

}  // namespace

// coroutine-safe: the caller awaits it
Task<Result<Bounds>> bounds_of(BrokerLedger& ledger, client::Cluster& cluster,
                               TopicPartition partition) {
    client::Admin admin(cluster);
    CO_TRY(auto ends, co_await admin.list_offsets(partition.topic, kafka::kLatestTimestamp));
    CO_TRY(auto starts, co_await admin.list_offsets(partition.topic, kafka::kEarliestTimestamp));
    const Bounds bounds{starts[partition.partition].offset, ends[partition.partition].offset};
    ledger.judge(to_string(partition), ledger.of(partition).starts_at(bounds.start));
    co_return bounds;
}

CheckingConsumer::CheckingConsumer(const ClientContext& context, client::Cluster& cluster)
    : ledger_(*context.ledger),
      cluster_(cluster),
      consumer_(cluster, any_settings(context.stream.split("consumer"))) {}

void CheckingConsumer::assign(TopicPartition partition, int64_t offset) {
    wanted_[partition] = offset;
    consumer_.assign(std::move(partition), offset);
}

Task<Result<std::vector<ConsumedRecord>>> CheckingConsumer::poll(base::Duration max_wait) {
    auto records = co_await consumer_.poll(max_wait);
    if (!records && records.error() == ErrorCode::offset_out_of_range) {
        CO_TRY_VOID(co_await catch_up());
        co_return std::vector<ConsumedRecord>();
    }
    if (!records) co_return records;
    for (const ConsumedRecord& record : *records) {
        const TopicPartition partition{record.topic, record.partition};
        int64_t& wanted = wanted_.at(partition);
        ledger_.judge(to_string(partition),
                      ledger_.of(partition).read(wanted, record.offset, record.leader_epoch,
                                                 record.value.value_or("")));
        wanted = record.offset + 1;
    }
    co_return records;
}

Task<Result<void>> CheckingConsumer::catch_up() {
    const auto positions = wanted_;
    for (const auto& [partition, position] : positions) {
        CO_TRY(const Bounds bounds, co_await bounds_of(ledger_, cluster_, partition));
        if (position > bounds.end) {
            ledger_.judge(to_string(partition),
                          fmt::format("ends at {}, but was read up to {}", bounds.end, position));
        }
        if (position < bounds.start) assign(partition, bounds.start);
    }
    co_return Result<void>();
}

}  // namespace polylog::sim
