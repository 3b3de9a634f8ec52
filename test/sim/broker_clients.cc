#include "test/sim/broker_clients.h"

#include <fmt/core.h>

#include <deque>

#include "client/admin.h"
#include "client/errors.h"
#include "client/producer.h"
#include "protocol/kafka/messages/delete_records.h"
#include "test/sim/checking_consumer.h"

namespace polylog::sim {

using base::ErrorCode;
using base::Result;
using client::Cluster;
using client::TopicPartition;
using io::Task;

namespace {

constexpr base::Duration kPauseMax = std::chrono::milliseconds(60);

Task<void> pause(ClientContext& context) {  // coroutine-safe: the caller awaits it
    co_await io::sleep_for(context.stream.between({}, kPauseMax));
}

const LastingTopic& any_topic(RandomStream& stream) {
    return kLastingTopics[stream.below(std::size(kLastingTopics))];
}

// --- Writers ---

// What one producer has given to send and not seen acknowledged, partition by partition.
struct Unacknowledged {
    std::string topic;
    std::vector<std::deque<Mark>> marks;

    void acknowledge(BrokerLedger& ledger, const client::Acknowledged& batch) {
        const TopicPartition partition{topic, batch.partition};
        std::deque<Mark>& waiting = marks[static_cast<size_t>(batch.partition)];
        for (size_t i = 0; i < batch.records; ++i) {
            const int64_t offset = batch.base_offset < 0
                                       ? PartitionHistory::kUnknown
                                       : batch.base_offset + static_cast<int64_t>(i);
            ledger.judge(to_string(partition),
                         ledger.of(partition).acknowledged(waiting.front(), offset));
            waiting.pop_front();
        }
        ledger.succeeded(Feat::produce);
    }
};

client::ProducerSettings any_producer(RandomStream& stream) {
    client::ProducerSettings settings;
    settings.idempotent = stream.chance(0.6);
    if (!settings.idempotent) settings.acks = static_cast<int16_t>(stream.below(3)) - 1;
    settings.batch_max_bytes = 200 + stream.below(4000);
    settings.delivery_timeout = std::chrono::seconds(4);
    settings.replication_timeout = std::chrono::seconds(1);
    settings.may_create_topic = false;
    return settings;
}

// One producer's life. Its error is its end.
Task<Result<void>> write(ClientContext context) {
    BrokerLedger& ledger = *context.ledger;
    const LastingTopic& topic = any_topic(context.stream);
    const auto settings = any_producer(context.stream);
    const uint64_t writer = ledger.next_writer++;
    Unacknowledged unacknowledged{.topic = std::string(topic.name), .marks = {}};
    unacknowledged.marks.resize(static_cast<size_t>(topic.partitions));

    Cluster cluster(*context.env, impatient(ledger));
    client::Producer producer(cluster, std::string(topic.name), settings);
    CO_TRY_VOID(co_await producer.open());
    producer.on_acknowledged([&](const client::Acknowledged& batch) {
        if (settings.acks != 0) unacknowledged.acknowledge(ledger, batch);
    });
    const uint64_t records = 1 + context.stream.below(100);
    for (uint64_t number = 0; number < records && !ledger.quiet; ++number) {
        const auto index = static_cast<int32_t>(
            context.stream.below(static_cast<uint64_t>(topic.partitions)));
        const Mark mark{writer, number};
        const size_t size_bytes = context.stream.chance(0.03) ? 3000 : 20;
        ledger.of({std::string(topic.name), index}).sent(mark);
        unacknowledged.marks[static_cast<size_t>(index)].push_back(mark);
        client::Record record{.value = mark.to_value(size_bytes), .partition = index};
        CO_TRY_VOID(co_await producer.send(std::move(record)));
        if (context.stream.chance(0.3)) co_await pause(context);
    }
    co_return co_await producer.flush();
}

// --- Readers ---

// A reader's life: from somewhere it has been before.
Task<Result<void>> read(ClientContext context) {
    BrokerLedger& ledger = *context.ledger;
    Cluster cluster(*context.env, impatient(ledger));
    CheckingConsumer consumer(context, cluster);
    const LastingTopic& topic = any_topic(context.stream);
    for (int32_t index = 0; index < topic.partitions; ++index) {
        TopicPartition partition{std::string(topic.name), index};
        const int64_t known = ledger.of(partition).known_end();
        const auto from = static_cast<int64_t>(
            context.stream.below(static_cast<uint64_t>(known) + 1));
        consumer.assign(std::move(partition), from);
    }
    const uint64_t polls = 1 + context.stream.below(10);
    for (uint64_t i = 0; i < polls; ++i) {
        const auto max_wait = context.stream.between({}, std::chrono::milliseconds(200));
        CO_TRY(const auto records, co_await consumer.poll(max_wait));
        if (!records.empty()) ledger.succeeded(Feat::read);
    }
    co_return Result<void>();
}

// --- Trimming ---

// coroutine-safe: the caller awaits it
Task<Result<void>> trim(ClientContext& context, Cluster& cluster, TopicPartition partition) {
    BrokerLedger& ledger = *context.ledger;
    CO_TRY(const Bounds bounds, co_await bounds_of(ledger, cluster, partition));
    const auto length = static_cast<uint64_t>(bounds.end - bounds.start);
    const int64_t before = bounds.start + static_cast<int64_t>(context.stream.below(length + 1));
    CO_TRY(const auto leader, co_await cluster.leader(partition));
    kafka::DeleteRecordsRequest request;
    request.timeout_ms = 1000;
    auto& topic = request.topics.emplace_back();
    topic.name = partition.topic;
    topic.partitions.push_back({.partition_index = partition.partition, .offset = before});
    ledger.of(partition).deletable_before(before);
    CO_TRY(const auto response, co_await leader->call(request));
    const auto& answer = response.topics.at(0).partitions.at(0);
    CO_TRY_VOID(client::check(answer.error_code));
    if (answer.low_watermark < before)
        ledger.judge(to_string(partition), "records were not deleted as far as asked");
    ledger.succeeded(Feat::trim);
    co_return Result<void>();
}

// --- The lasting topics ---

// coroutine-safe: the caller awaits it
Task<Result<void>> create(Cluster& cluster, const LastingTopic& topic) {
    client::Admin admin(cluster);
    client::NewTopic wanted{.name = std::string(topic.name), .partitions = topic.partitions};
    wanted.configs = {// Clients' clocks jump.
                      {"message.timestamp.after.max.ms", "9223372036854775807"},
                      // A new segment every few kilobytes.
                      {"index.interval.bytes", "500"},
                      {"segment.index.bytes", "64"},
                      {"retention.bytes", fmt::format("{}", topic.retention_bytes)}};
    const auto created = co_await admin.create_topic(std::move(wanted), false);
    if (!created && created.error() != ErrorCode::topic_exists)
        co_return base::fail(created.error());
    co_return Result<void>();
}

Task<Result<void>> create_all(ClientContext context) {
    Cluster cluster(*context.env, impatient(*context.ledger));
    for (const LastingTopic& topic : kLastingTopics) CO_TRY_VOID(co_await create(cluster, topic));
    context.ledger->topics_exist = true;
    co_return Result<void>();
}

Task<Result<void>> trim_some(ClientContext context) {
    Cluster cluster(*context.env, impatient(*context.ledger));
    for (const LastingTopic& topic : kLastingTopics) {
        if (!topic.is_trimmed) continue;
        TopicPartition partition{std::string(topic.name), 0};
        CO_TRY_VOID(co_await trim(context, cluster, std::move(partition)));
    }
    co_return Result<void>();
}

using Session = Task<Result<void>> (*)(ClientContext);

// Sessions one after another; what ends one is not worth a word.
Task<void> repeat(ClientContext context, Session session, base::Duration pause_max) {
    for (uint64_t i = 0; !context.ledger->quiet; ++i) {
        co_await io::sleep_for(context.stream.between({}, pause_max));
        if (!context.ledger->topics_exist || context.ledger->quiet) continue;
        ClientContext own{context.env, context.ledger, context.stream.split("session", i)};
        if (!co_await session(std::move(own))) ++context.ledger->sessions_interrupted;
    }
}

}  // namespace

Task<void> create_lasting_topics(ClientContext context) {
    while (!context.ledger->topics_exist) {
        const auto created = co_await create_all(context);
        if (!created) co_await pause(context);
    }
}

Task<void> write_for_ever(ClientContext context) {
    return repeat(std::move(context), &write, kPauseMax);
}

Task<void> read_for_ever(ClientContext context) {
    return repeat(std::move(context), &read, kPauseMax);
}

Task<void> trim_for_ever(ClientContext context) {
    return repeat(std::move(context), &trim_some, std::chrono::milliseconds(500));
}

ClientProgram::ClientProgram(Node& node, std::shared_ptr<BrokerLedger> ledger, uint64_t index)
    : ledger_(std::move(ledger)), start_number_(ledger_->client_starts++) {
    const RandomStream stream = node.world().random("clients", index);
    const auto context = [&](std::string_view purpose) {
        return ClientContext{&node.shard(0).env(), ledger_, stream.split(purpose, start_number_)};
    };
    constexpr Count kWriters = &BrokerLedger::writers_busy;
    constexpr Count kMembers = &BrokerLedger::members_busy;
    start(kWriters, write_for_ever(context("writer")));
    start(kMembers, consume_for_ever(context("red"), "red"));
    if (index == 0) {
        start(kWriters, create_lasting_topics(context("creator")));
        start(kWriters, trim_for_ever(context("trimmer")));
        start(kWriters, recreate_for_ever(context("recreator"), "brief"));
    } else {
        start(kWriters, write_for_ever(context("second writer")));
        start(kWriters, read_for_ever(context("reader")));
        start(kMembers, consume_for_ever(context("blue"), "blue"));
    }
}

// Those who die with the node do not count any more.
ClientProgram::~ClientProgram() {
    for (const auto& [number, count] : busy_) --(*ledger_.*count);
}

void ClientProgram::start(Count count, Task<void> work) {
    scope_.spawn(counted(count, std::move(work)));
}

Task<void> ClientProgram::counted(Count count, Task<void> work) {
    const uint64_t number = started_++;
    busy_.emplace(number, count);
    ++(*ledger_.*count);
    co_await std::move(work);
    busy_.erase(number);
    --(*ledger_.*count);
}

}  // namespace polylog::sim
