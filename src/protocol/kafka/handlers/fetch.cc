#include <algorithm>
#include <map>

#include "io/pace.h"
#include "io/signal.h"
#include "protocol/kafka/handlers/mentions.h"
#include "protocol/kafka/handlers/records.h"
#include "protocol/kafka/handlers/topic_lookup.h"

namespace polylog::kafka {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

broker::Isolation to_isolation(IsolationLevel level) {
    return level == IsolationLevel::read_committed ? broker::Isolation::read_committed
                                                   : broker::Isolation::read_uncommitted;
}

size_t to_size(int32_t bytes) {
    return static_cast<size_t>(std::max(bytes, 0));
}

// Collects the partitions that can be read, and remembers where in the response their answers
// belong. A partition that is named again is read once, at the position said last, as in Kafka.
class FetchPlan {
public:
    FetchPlan(const Call& call, const FetchRequest& request, const meta::MetadataImage& image)
        : by_id_(call.version() >= 13), request_(request), image_(image) {}

    Task<void> make() {
        io::Pace pace;
        for (const FetchRequest::Topic& topic : request_.topics) {
            const TopicMention mention(topic.topic, topic.topic_id);
            const auto found = find_topic(image_, topic.topic, topic.topic_id, by_id_);
            FetchResponse::Topic answer{.topic = std::string(topic.topic),
                                        .topic_id = topic.topic_id};
            for (const FetchRequest::Partition& partition : topic.partitions) {
                if (pace.due()) co_await io::end_of_turn();
                add({mention, partition.partition}, partition, found, answer);
            }
            if (!answer.partitions.empty()) response.responses.push_back(std::move(answer));
        }
    }

    void answer(std::vector<broker::FetchAnswer> answers, bool committed_only) {
        auto next = answers.begin();
        for (FetchResponse::Topic& topic : response.responses) {
            for (FetchResponse::Partition& partition : topic.partitions) {
                if (partition.error_code == ApiError::none)
                    fill(partition, std::move(*next++), committed_only);
            }
        }
    }

    broker::Fetch fetch;
    FetchResponse response;
    bool refused = false;

private:
    static constexpr size_t kRefused = SIZE_MAX;

    void add(PartitionMention mention, const FetchRequest::Partition& partition,
             const base::Result<TopicPtr>& topic, FetchResponse::Topic& answer) {
        const auto [place, is_first] = parts_.try_emplace(mention, kRefused);
        if (is_first) {
            auto& part = answer.partitions.emplace_back();
            part.partition_index = partition.partition;
            part.high_watermark = -1;
            const auto id = topic ? find_partition(**topic, partition.partition)
                                  : fail(topic.error());
            if (!id) {
                part.error_code = to_api_error(id.error().code(), Subject::topic);
                refused = true;
                return;
            }
            place->second = fetch.parts.size();
            fetch.parts.push_back({.partition = *id});
        }
        if (place->second == kRefused) return;
        broker::FetchPart& part = fetch.parts[place->second];
        part.from = {partition.fetch_offset};
        part.leader_epoch = known_epoch(partition.current_leader_epoch);
        part.max_bytes = to_size(partition.partition_max_bytes);
        part.isolation = to_isolation(request_.isolation_level);
    }

    static void fill(FetchResponse::Partition& partition, broker::FetchAnswer answer,
                     bool committed_only) {
        if (!answer.status)
            partition.error_code = to_api_error(answer.status.error().code(), Subject::records);
        partition.high_watermark = answer.high_watermark.value;
        partition.last_stable_offset = answer.last_stable_offset.value;
        partition.log_start_offset = answer.log_start.value;
        if (committed_only) partition.aborted_transactions.emplace();
        for (base::Slice& batches : answer.read.batches)
            partition.records->append(std::move(batches));
    }

    const bool by_id_;
    const FetchRequest& request_;
    const meta::MetadataImage& image_;
    std::map<PartitionMention, size_t> parts_;  // where in fetch.parts, or kRefused
};

}  // namespace

// Every fetch is a full one: session id 0 tells the client that no session was made. Epochs 0 and
// -1 ask for that, whatever session they begin or end; a later epoch goes on with a session, and
// there is none (KIP-227).
Task<FetchResponse> fetch(Client& client, const Call& call, FetchRequest request) {
    if (request.session_epoch != FetchRequest::kFirstEpoch &&
        request.session_epoch != FetchRequest::kFinalEpoch) {
        FetchResponse response;
        response.error_code = ApiError::fetch_session_id_not_found;
        co_return response;
    }
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    FetchPlan plan(call, request, *image);
    co_await plan.make();
    plan.fetch.max_bytes = std::min(to_size(request.max_bytes),
                                    to_size(image->broker_config.fetch_max_bytes));
    plan.fetch.min_bytes = to_size(request.min_bytes);
    // A refused partition is news enough: the client must learn of it now.
    const auto wait = std::chrono::milliseconds(plan.refused ? 0
                                                             : std::max(request.max_wait_ms, 0));
    plan.fetch.deadline = io::Shard::current().now() + wait;
    auto answers = co_await broker.streams().fetch(std::move(plan.fetch));
    plan.answer(std::move(answers), request.isolation_level == IsolationLevel::read_committed);
    co_return std::move(plan.response);
}

}  // namespace polylog::kafka
