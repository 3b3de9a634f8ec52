#include <algorithm>

#include "model/validation.h"
#include "protocol/kafka/handlers/records.h"
#include "protocol/kafka/handlers/topic_lookup.h"
#include "protocol/kafka/request_metrics.h"

namespace polylog::kafka {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

Result<broker::Acks> parse_acks(int16_t acks) {
    switch (acks) {
    case -1: return broker::Acks::all_replicas;
    case 0: return broker::Acks::none;
    case 1: return broker::Acks::leader;
    default: return fail(ErrorCode::invalid_acks);
    }
}

// Collects the parts that can be appended, and remembers where in the response their answers
// belong.
class ProducePlan {
public:
    ProducePlan(Client& client, const Call& call, const ProduceRequest& request)
        : client_(client),
          call_(call),
          request_(request),
          image_(client.service.broker.topics().image()) {}

    void make() {
        const Result<broker::Acks> acks = parse_acks(request_.acks);
        const base::MonoTime deadline = io::Shard::current().now() +
                                        std::chrono::milliseconds(std::max(request_.timeout_ms, 0));
        const bool by_id = call_.version() >= 13;
        for (const ProduceRequest::Topic& topic : request_.topic_data) {
            auto& answer = response.responses.emplace_back();
            answer.name = topic.name;
            answer.topic_id = topic.topic_id;
            const auto found = find_topic(*image_, topic.name, topic.topic_id, by_id);
            answer.partition_responses.resize(topic.partition_data.size());
            for (size_t i = 0; i < topic.partition_data.size(); ++i) {
                const ProduceRequest::Partition& partition = topic.partition_data[i];
                answer.partition_responses[i].index = partition.index;
                Place place{.topic = response.responses.size() - 1, .partition = i};
                Result<void> added = acks ? Result<void>() : fail(acks.error());
                if (added && !found) added = fail(found.error());
                if (added) added = add(**found, partition, *acks, deadline, place);
                if (!added) refuse(place, added.error());
            }
        }
    }

    void answer(const std::vector<Result<broker::Appended>>& answers) {
        for (size_t i = 0; i < answers.size(); ++i) {
            ProduceResponse::Partition& partition = at(places_[i]);
            if (!answers[i]) {
                refuse(places_[i], answers[i].error());
                continue;
            }
            partition.base_offset = answers[i]->first.value;
            partition.log_append_time_ms = answers[i]->append_time_ms;
            partition.log_start_offset = answers[i]->log_start.value;
        }
    }

    std::vector<broker::AppendPart> parts;
    ProduceResponse response;
    bool failed = false;

private:
    struct Place {
        size_t topic;
        size_t partition;
    };

    Result<void> add(const meta::Topic& topic, const ProduceRequest::Partition& partition,
                     broker::Acks acks, base::MonoTime deadline, Place place) {
        if (topic.internal) return fail(ErrorCode::invalid_name, "an internal topic");
        TRY(const model::TopicPartition id, find_partition(topic, partition.index));
        if (!partition.records) return fail(ErrorCode::invalid_record, "no records");
        base::Slice records = partition.records->joined();
        model::BatchRules rules = model::BatchRules::of(*topic.config);
        rules.zstd_allowed = call_.version() >= 7;
        const int64_t now_ms = base::to_unix_ms(io::Shard::current().env().clock.wall());
        auto validated = model::validate_batches(records.bytes(), rules, now_ms,
                                                 client_.service.decompressor);
        if (!validated) {
            for (model::RecordError& error : validated.error().records) {
                at(place).record_errors.push_back(
                    {.batch_index = error.index,
                     .batch_index_error_message = std::move(error.reason)});
            }
            return fail(std::move(validated.error().error));
        }
        if (validated->batch.transactional()) {
            return fail(ErrorCode::unsupported, "transactions are not served");
        }
        // These bytes of the slab came from this client and are read by nobody else: timestamps
        // may be corrected in place. The log writes offsets into a copy of its own.
        base::Buffer frame = records.buffer();
        std::byte* batch = frame.writable_data() + (records.data() - frame.data());
        if (validated->max_timestamp_misstated) {
            model::assign_max_timestamp({batch, records.size()}, validated->max_timestamp_ms);
        }
        parts.push_back({.partition = id,
                         .frame = std::move(frame),
                         .batch = base::MutableBytes(batch, records.size()),
                         .acks = acks,
                         .deadline = deadline});
        places_.push_back(place);
        return {};
    }

    ProduceResponse::Partition& at(Place place) {
        return response.responses[place.topic].partition_responses[place.partition];
    }

    void refuse(Place place, const Error& error) {
        ProduceResponse::Partition& partition = at(place);
        partition.error_code = to_api_error(error.code(), Subject::records);
        partition.base_offset = -1;
        if (error == ErrorCode::throttled) count_throttle(Throttle::memory_refuse);
        if (error == ErrorCode::disk_full) count_throttle(Throttle::disk);
        if (!error.detail().empty()) partition.error_message = std::string(error.detail());
        failed = true;
    }

    void count_throttle(Throttle reason) { client_.service.metrics.count_throttle(reason); }

    Client& client_;
    const Call& call_;
    const ProduceRequest& request_;
    const meta::ImagePtr image_;
    std::vector<Place> places_;
};

// The fuller memory is, the longer a producer is asked to pause. It is answered at once, and not
// read from until then, whether or not it understands the answer (KIP-219).
void slow_down(Client& client, ProduceResponse& response) {
    client.produces = true;
    const base::Duration pause = client.service.broker.memory().producer_pause();
    if (pause == base::Duration::zero()) return;
    client.service.metrics.count_throttle(Throttle::memory_slow);
    client.paused_until = io::Shard::current().now() + pause;
    response.throttle_time_ms = static_cast<int32_t>(base::to_ms(pause));
}

}  // namespace

Task<Result<Reply>> produce(Client& client, const Call& call) {
    CO_TRY(const auto decoded, decode<ProduceRequest>(call.request.body, call.version()));
    ProducePlan plan(client, call, decoded.message);
    plan.make();
    plan.answer(co_await client.service.broker.streams().append(std::move(plan.parts)));
    slow_down(client, plan.response);
    if (decoded.message.acks == 0) {
        if (plan.failed)
            co_return fail(ErrorCode::invalid_request,
                           "a batch sent without acknowledgement was refused");
        co_return Reply();
    }
    CO_TRY(Output output,
           encode_response(call.request.header.correlation_id, call.version(), plan.response));
    co_return Reply(std::move(output));
}

}  // namespace polylog::kafka
