#include <fmt/core.h>

#include "client/errors.h"
#include "io/when_all.h"
#include "model/record.h"
#include "protocol/kafka/messages/create_topics.h"
#include "protocol/kafka/messages/delete_topics.h"
#include "protocol/kafka/messages/fetch.h"
#include "protocol/kafka/messages/init_producer_id.h"
#include "protocol/kafka/messages/produce.h"
#include "test/sim/broker_clients.h"

// A topic that comes and goes under one name. Everything is asked by the topic's id, so that what
// is late cannot be taken for something about the next topic of that name.
namespace polylog::sim {

using base::Result;
using base::Uuid;
using client::Cluster;
using io::Task;
using kafka::ApiError;

namespace {

// From here on Produce and Fetch name topics by id (KIP-516).
constexpr int16_t kFirstVersionById = 13;
constexpr client::CallSettings kById{.min_version = kFirstVersionById};

// What one batch says of its producer.
struct Batch {
    model::BatchProducer producer;
    std::vector<Mark> marks;
};

base::Slice encode(const Batch& batch, int64_t timestamp_ms) {
    model::BatchBuilder builder(model::Compression::none, batch.producer);
    for (const Mark mark : batch.marks) {
        const std::string value = mark.to_value(40);
        builder.add({.timestamp_ms = timestamp_ms, .value = base::as_bytes(value), .headers = {}});
    }
    return base::Slice(builder.build());
}

// One client's dealings with one incarnation of the topic.
class Incarnation {
public:
    Incarnation(const ClientContext& context, client::ConnectionRef connection, Uuid id)
        : context_(context),
          ledger_(*context.ledger),
          connection_(std::move(connection)),
          id_(id),
          history_(ledger_.brief[id]) {}

    Task<Result<void>> live() {
        if (ledger_.deleted.contains(id_)) judge("is back after its deletion");
        CO_TRY_VOID(co_await introduce());
        const uint64_t rounds = 1 + context_.stream.below(4);
        for (uint64_t i = 0; i < rounds; ++i) CO_TRY_VOID(co_await write_some());
        if (context_.stream.chance(0.5)) CO_TRY_VOID(co_await send_as_fenced());
        CO_TRY_VOID(co_await read_all());
        if (context_.stream.chance(0.2)) co_return Result<void>();
        CO_TRY_VOID(co_await remove());
        ledger_.succeeded(Feat::recreate);
        co_return Result<void>();
    }

private:
    void judge(Complaint complaint) {
        ledger_.judge("topic " + id_.to_base64(), std::move(complaint));
    }

    Task<Result<void>> introduce() {
        CO_TRY(const auto response, co_await connection_->call(kafka::InitProducerIdRequest{}));
        CO_TRY_VOID(client::check(response.error_code));
        producer_ = {.id = {response.producer_id}, .epoch = {response.producer_epoch}};
        producer_.base_sequence = 0;
        writer_ = ledger_.next_writer++;
        co_return Result<void>();
    }

    Batch next_batch() {
        Batch batch{.producer = producer_, .marks = {}};
        const uint64_t records = 1 + context_.stream.below(3);
        for (uint64_t i = 0; i < records; ++i) {
            batch.marks.push_back({writer_, next_number_++});
            history_.sent(batch.marks.back());
        }
        producer_.base_sequence += static_cast<int32_t>(records);
        return batch;
    }

    // Some batches at once, as producers do, and the last of them once more, as if its answer had
    // been lost.
    Task<Result<void>> write_some() {
        std::vector<Batch> batches;
        const uint64_t count = 1 + context_.stream.below(4);
        for (uint64_t i = 0; i < count; ++i) batches.push_back(next_batch());
        if (context_.stream.chance(0.5)) {
            Batch again = batches.back();
            batches.push_back(std::move(again));
        }
        std::vector<Task<Result<kafka::ProduceResponse::Partition>>> calls;
        for (const Batch& batch : batches) calls.push_back(produce(batch));
        const auto answers = co_await io::when_all(std::move(calls));
        for (size_t i = 0; i < batches.size(); ++i) {
            if (!answers[i]) co_return base::fail(answers[i].error());
            CO_TRY_VOID(client::check(answers[i]->error_code));
            for (size_t j = 0; j < batches[i].marks.size(); ++j) {
                judge(history_.acknowledged(batches[i].marks[j],
                                            answers[i]->base_offset + static_cast<int64_t>(j)));
            }
        }
        co_return Result<void>();
    }

    // A newer epoch of the producer writes; then the old one must not.
    Task<Result<void>> send_as_fenced() {
        const model::BatchProducer fenced = producer_;
        ++producer_.epoch.value;
        producer_.base_sequence = 0;
        CO_TRY_VOID(co_await write_some());
        const Batch batch{.producer = fenced, .marks = {{writer_, next_number_++}}};
        CO_TRY(const auto answer, co_await produce(batch));
        if (answer.error_code == ApiError::none)
            judge("a batch of a producer's stale epoch was accepted");
        co_return Result<void>();
    }

    Task<Result<kafka::ProduceResponse::Partition>> produce(Batch batch) {
        kafka::ProduceRequest request;
        request.acks = -1;
        request.timeout_ms = 1000;
        kafka::ProduceRequest::Topic topic{.name = {}, .topic_id = id_, .partition_data = {}};
        const int64_t now_ms = base::to_unix_ms(context_.env->clock.wall());
        topic.partition_data.push_back(
            {.index = 0, .records = kafka::Records(encode(batch, now_ms))});
        request.topic_data.push_back(std::move(topic));
        client::CallSettings settings = kById;
        settings.patience = std::chrono::seconds(1);
        CO_TRY(const auto response, co_await connection_->call(std::move(request), settings));
        co_return response.responses.at(0).partition_responses.at(0);
    }

    Task<Result<kafka::FetchResponse::Partition>> fetch(int64_t from) {
        kafka::FetchRequest request;
        auto& topic = request.topics.emplace_back();
        topic.topic_id = id_;
        topic.partitions.push_back({.fetch_offset = from, .partition_max_bytes = 1000});
        CO_TRY(auto response, co_await connection_->call(std::move(request), kById));
        co_return std::move(response.responses.at(0).partitions.at(0));
    }

    Task<Result<void>> read_all() {
        int64_t next = 0;
        int64_t end = 0;
        do {
            CO_TRY(const auto answer, co_await fetch(next));
            CO_TRY_VOID(client::check(answer.error_code));
            if (end == 0) end = answer.high_watermark;
            const base::Slice batches = answer.records->joined();
            if (batches.empty() && next < end) judge("a fetch below the high watermark is empty");
            CO_TRY_VOID(read(batches.bytes(), next));
        } while (next < end);
        judge(history_.complete(0, end));
        co_return Result<void>();
    }

    Result<void> read(base::Bytes bytes, int64_t& next) {
        while (!bytes.empty()) {
            TRY(const model::BatchView batch, model::parse_batch(bytes));
            model::RecordReader records(batch, batch.records());
            while (records.has_next()) {
                TRY(const model::RecordView record, records.next());
                if (record.offset.value < next) continue;  // a batch comes whole
                judge(history_.read(next, record.offset.value, batch.leader_epoch().value,
                                    base::as_text(record.value.value_or(base::Bytes()))));
                next = record.offset.value + 1;
            }
            bytes = bytes.subspan(batch.size_bytes());
        }
        return {};
    }

    // Once it is gone, nothing knows it any more.
    Task<Result<void>> remove() {
        kafka::DeleteTopicsRequest request;
        request.timeout_ms = 1000;
        request.topics.push_back({.name = std::nullopt, .topic_id = id_});
        CO_TRY(const auto response, co_await connection_->call(request, {.min_version = 6}));
        const ApiError error = response.responses.at(0).error_code;
        if (error != ApiError::unknown_topic_id) CO_TRY_VOID(client::check(error));
        ledger_.deleted.insert(id_);
        CO_TRY(const auto produced, co_await produce(next_batch()));
        CO_TRY(const auto fetched, co_await fetch(0));
        if (produced.error_code != ApiError::unknown_topic_id ||
            fetched.error_code != ApiError::unknown_topic_id)
            judge("is still there after its deletion");
        co_return Result<void>();
    }

    ClientContext context_;
    BrokerLedger& ledger_;
    const client::ConnectionRef connection_;
    const Uuid id_;
    PartitionHistory& history_;
    model::BatchProducer producer_;
    uint64_t writer_ = 0;
    uint64_t next_number_ = 0;
};

// The topic of that name, new or left by somebody who was interrupted.
Task<Result<Uuid>> find_or_create(client::ConnectionRef connection, std::string name) {
    kafka::CreateTopicsRequest request;
    request.timeout_ms = 1000;
    auto& wanted = request.topics.emplace_back();
    wanted.name = name;
    wanted.num_partitions = 1;
    wanted.replication_factor = -1;
    wanted.configs.push_back(
        {.name = "message.timestamp.after.max.ms", .value = "9223372036854775807"});
    CO_TRY(const auto created, co_await connection->call(request, {.min_version = 7}));
    const auto& answer = created.topics.at(0);
    if (answer.error_code == ApiError::none) co_return answer.topic_id;
    if (answer.error_code != ApiError::topic_already_exists)
        co_return base::fail(client::to_error(answer.error_code));
    kafka::MetadataRequest question;
    question.allow_auto_topic_creation = false;
    question.topics.emplace().push_back({.topic_id = {}, .name = name});
    CO_TRY(const auto metadata, co_await connection->call(question, {.min_version = 12}));
    CO_TRY_VOID(client::check(metadata.topics.at(0)));
    co_return metadata.topics.at(0).topic_id;
}

Task<Result<void>> recreate(ClientContext context, std::string name) {
    Cluster cluster(*context.env, impatient(*context.ledger));
    CO_TRY(const auto connection, co_await cluster.any());
    CO_TRY(const Uuid id, co_await find_or_create(connection, std::move(name)));
    Incarnation incarnation(context, connection, id);
    co_return co_await incarnation.live();
}

}  // namespace

Task<void> recreate_for_ever(ClientContext context, std::string name) {
    for (uint64_t i = 0; !context.ledger->quiet; ++i) {
        co_await io::sleep_for(context.stream.between({}, std::chrono::milliseconds(200)));
        if (!context.ledger->topics_exist || context.ledger->quiet) continue;
        const ClientContext own{context.env, context.ledger, context.stream.split("recreation", i)};
        if (!co_await recreate(own, name)) ++context.ledger->sessions_interrupted;
    }
}

}  // namespace polylog::sim
