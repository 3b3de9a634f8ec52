#include <fmt/core.h>

#include "client/producer.h"
#include "test/sim/checking_consumer.h"

// What must hold when all harm has ended.
namespace polylog::sim {

using base::Result;
using client::Cluster;
using client::TopicPartition;
using io::Task;

namespace {

// In a healthy world nothing takes longer, and everything that waits is told at once.
constexpr base::Duration kPrompt = std::chrono::seconds(2);
constexpr base::Duration kWaitMax = std::chrono::seconds(5);
constexpr int kProbes = 20;

Task<Result<void>> audit_one(ClientContext context, TopicPartition partition) {
    BrokerLedger& ledger = *context.ledger;
    Cluster cluster(*context.env, impatient(ledger));
    CheckingConsumer consumer(context, cluster);
    CO_TRY(const Bounds bounds, co_await bounds_of(ledger, cluster, partition));
    consumer.assign(partition, bounds.start);
    while (consumer.positions().at(partition) < bounds.end) {
        CO_TRY(const auto records, co_await consumer.poll(kPrompt));
        if (records.empty()) ledger.judge(to_string(partition), "gives nothing, but has not ended");
    }
    // Records may be expiring while they are read, and a late batch may have come.
    CO_TRY(const Bounds after, co_await bounds_of(ledger, cluster, partition));
    ledger.judge(to_string(partition), ledger.of(partition).complete(after.start, after.end));
    for (const std::string_view group : kGroups) {
        CO_TRY(const int64_t committed,
               co_await committed_offset(ledger, cluster, std::string(group), partition));
        ledger.judge(fmt::format("group {} in {}", group, to_string(partition)),
                     ledger.of(group, partition).complete(after.start, committed));
    }
    co_return Result<void>();
}

Task<void> send_later(client::Producer& producer, client::Record record, base::MonoTime& acked_at) {
    // coroutine-safe: the caller joins it
    co_await io::sleep_for(std::chrono::milliseconds(20));
    const auto sent = co_await producer.send(std::move(record));
    const auto flushed = co_await producer.flush();
    if (sent && flushed) acked_at = io::Shard::current().now();
}

}  // namespace

Task<Result<void>> audit(ClientContext context) {
    for (const auto& [partition, history] : context.ledger->partitions)
        CO_TRY_VOID(co_await audit_one(context, partition));
    co_return Result<void>();
}

Task<Result<bool>> groups_have_caught_up(ClientContext context) {
    BrokerLedger& ledger = *context.ledger;
    Cluster cluster(*context.env, impatient(ledger));
    for (const auto& [key, history] : ledger.groups) {
        const TopicPartition partition = key.second;
        CO_TRY(const Bounds bounds, co_await bounds_of(ledger, cluster, partition));
        CO_TRY(const int64_t committed,
               co_await committed_offset(ledger, cluster, key.first, partition));
        if (std::max<int64_t>(committed, 0) < bounds.end) co_return false;
    }
    co_return true;
}

// A reader that waits is told of a record as soon as there is one, and so is its writer.
Task<Result<void>> probe_promptness(ClientContext context) {
    BrokerLedger& ledger = *context.ledger;
    Cluster cluster(*context.env, impatient(ledger));
    const TopicPartition partition{std::string(kLastingTopics[0].name), 0};
    client::Producer producer(cluster, partition.topic,
                              {.delivery_timeout = kWaitMax,
                               .replication_timeout = kWaitMax,
                               .may_create_topic = false});
    CO_TRY_VOID(co_await producer.open());
    Cluster readers_cluster(*context.env, impatient(ledger));
    CheckingConsumer consumer(context, readers_cluster);
    CO_TRY(const Bounds bounds, co_await bounds_of(ledger, cluster, partition));
    consumer.assign(partition, bounds.end);
    const uint64_t writer = ledger.next_writer++;
    for (uint64_t number = 0; number < kProbes; ++number) {
        const Mark mark{writer, number};
        ledger.of(partition).sent(mark);
        client::Record record{.value = mark.to_value(20), .partition = partition.partition};
        base::MonoTime acked_at{};
        io::TaskScope scope;
        const base::MonoTime begun_at = io::Shard::current().now();
        scope.spawn(send_later(producer, std::move(record), acked_at));
        CO_TRY(const auto records, co_await consumer.poll(kWaitMax));
        const base::MonoTime read_at = io::Shard::current().now();
        co_await scope.join();
        if (records.empty() || read_at - begun_at > kPrompt)
            ledger.judge("a waiting fetch", "was not told of a record");
        if (acked_at == base::MonoTime{} || acked_at - begun_at > kPrompt)
            ledger.judge("a produce", "was not told that its record is stored");
    }
    co_return Result<void>();
}

}  // namespace polylog::sim
