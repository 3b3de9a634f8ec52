#include "client/consumer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "client/errors.h"
#include "io/when_all.h"
#include "model/record.h"

namespace polylog::client {

using base::ErrorCode;
using base::Result;
using io::Task;
using model::BatchView;

namespace {

// Above it, Fetch names topics by their id.
constexpr int16_t kLastVersionByName = 12;
constexpr base::Duration kRetryPause = std::chrono::milliseconds(100);

std::optional<std::string> text_of(std::optional<base::Bytes> bytes) {
    if (!bytes) return std::nullopt;
    return std::string(base::as_text(*bytes));
}

Result<std::vector<Header>> headers_of(const model::RecordView& view) {
    std::vector<Header> headers;
    model::HeaderReader reader(view);
    while (reader.has_next()) {
        TRY(const model::HeaderView header, reader.next());
        headers.push_back({std::string(header.key), text_of(header.value)});
    }
    return headers;
}

// Which producers' records do not count, while a read_committed fetch is walked through: a
// transaction is aborted from its first offset to its producer's next abort marker (Kafka
// documentation, "Fetch").
class AbortedTransactions {
public:
    explicit AbortedTransactions(const kafka::FetchResponse::Partition& answer) {
        if (answer.aborted_transactions) waiting_ = *answer.aborted_transactions;
        std::ranges::sort(waiting_, {}, &kafka::FetchResponse::AbortedTransaction::first_offset);
    }

    bool hides(BatchView batch) {
        while (next_ < waiting_.size() &&
               waiting_[next_].first_offset <= batch.last_offset().value) {
            aborted_.insert(waiting_[next_++].producer_id);
        }
        if (!batch.transactional() || !aborted_.contains(batch.producer_id().value)) return false;
        if (batch.control()) aborted_.erase(batch.producer_id().value);
        return true;
    }

private:
    std::vector<kafka::FetchResponse::AbortedTransaction> waiting_;
    size_t next_ = 0;
    std::set<int64_t> aborted_;
};

}  // namespace

Consumer::Consumer(Cluster& cluster, ConsumerSettings settings)
    : cluster_(cluster), settings_(settings) {}

void Consumer::assign(TopicPartition partition, int64_t offset) {
    positions_[std::move(partition)] = offset;
}

Task<Result<std::vector<ConsumedRecord>>> Consumer::poll(base::Duration max_wait) {
    std::map<std::string, Share> shares;  // by leader, in an order that repeats
    std::optional<base::Error> passing;   // an error that the next poll may not meet
    const Positions positions = positions_;
    for (const auto& [partition, offset] : positions) {
        auto leader = co_await cluster_.leader(partition);
        if (!leader && !is_retriable(leader.error().code())) co_return base::fail(leader.error());
        if (!leader) {
            passing = leader.error();
            continue;
        }
        Share& share = shares[io::to_string((*leader)->peer())];
        share.leader = *leader;
        share.positions.emplace(partition, offset);
    }
    std::vector<Task<Result<Records>>> fetches;
    for (auto& [name, share] : shares) {
        fetches.push_back(fetch(share.leader, std::move(share.positions), max_wait));
    }
    Records all;
    for (Result<Records>& result : co_await io::when_all(std::move(fetches))) {
        if (!result && !is_retriable(result.error().code())) co_return base::fail(result.error());
        if (!result) passing = result.error();
        if (result) std::ranges::move(*result, std::back_inserter(all));
    }
    if (passing) CO_TRY_VOID(co_await recover(*passing));
    if (!passing) failing_since_ = base::kNever;
    co_return all;
}

Task<Result<void>> Consumer::recover(base::Error error) {
    const base::MonoTime now = cluster_.env().clock.now();
    failing_since_ = std::min(failing_since_, now);
    if (now - failing_since_ >= settings_.retry_timeout) co_return base::fail(std::move(error));
    for (const auto& [partition, offset] : positions_) cluster_.forget_leaders(partition.topic);
    co_await io::sleep_for(kRetryPause);
    co_return Result<void>();
}

kafka::FetchRequest Consumer::request_for(const Positions& positions,
                                          base::Duration max_wait) const {
    kafka::FetchRequest request;
    request.max_wait_ms = static_cast<int32_t>(base::to_ms(max_wait));
    request.min_bytes = 1;
    request.max_bytes = static_cast<int32_t>(settings_.fetch_max_bytes);
    request.isolation_level = settings_.isolation;
    for (const auto& [partition, offset] : positions) {
        if (request.topics.empty() || request.topics.back().topic != partition.topic) {
            request.topics.emplace_back().topic = partition.topic;
        }
        auto& wanted = request.topics.back().partitions.emplace_back();
        wanted.partition = partition.partition;
        wanted.fetch_offset = offset;
        wanted.partition_max_bytes = static_cast<int32_t>(settings_.partition_max_bytes);
    }
    return request;
}

Task<Result<Consumer::Records>> Consumer::fetch(ConnectionRef connection, Positions positions,
                                                base::Duration max_wait) {
    const CallSettings settings{.max_version = kLastVersionByName, .patience = max_wait};
    CO_TRY(const auto response,
           co_await connection->call(request_for(positions, max_wait), settings));
    CO_TRY_VOID(check(response.error_code));
    Records records;
    Result<void> first_error;
    for (const auto& topic : response.responses) {
        for (const auto& answer : topic.partitions) {
            const Result<void> result = read(topic.topic, answer, records);
            if (!result && first_error) first_error = result;
        }
    }
    // What the other partitions gave is not thrown away; the error comes again with the next poll.
    if (!first_error && records.empty()) co_return base::fail(first_error.error());
    co_return records;
}

Result<void> Consumer::read(const std::string& topic, const kafka::FetchResponse::Partition& answer,
                            Records& records) {
    const TopicPartition partition{topic, answer.partition_index};
    const auto position = positions_.find(partition);
    if (position == positions_.end()) return {};
    if (answer.error_code == kafka::ApiError::offset_out_of_range) {
        return base::fail(ErrorCode::offset_out_of_range,
                          fmt::format("{} partition {} does not have offset {}", topic,
                                      answer.partition_index, position->second));
    }
    TRY_VOID(check(answer.error_code));
    if (!answer.records) return {};
    AbortedTransactions aborted(answer);
    const base::Slice batches = answer.records->joined();
    base::Bytes rest = batches.bytes();
    // The last batch may be cut off by the size limit.
    while (rest.size() >= model::kBatchHeaderBytes) {
        const BatchView header(rest);
        if (base::load_be<int32_t>(rest.data() + 8) < 0 || header.size_bytes() > rest.size()) break;
        TRY(const BatchView batch, model::parse_batch(rest));
        if (!batch.crc_matches()) {
            return base::fail(ErrorCode::corrupt,
                              fmt::format("{} partition {}: the batch at offset {} does not "
                                          "match its checksum",
                                          topic, answer.partition_index,
                                          batch.base_offset().value));
        }
        if (!aborted.hides(batch) && !batch.control()) {
            TRY_VOID(read_batch(partition, batch, position->second, records));
        }
        position->second = std::max(position->second, batch.next_offset().value);
        rest = rest.subspan(batch.size_bytes());
    }
    return {};
}

Result<void> Consumer::read_batch(const TopicPartition& partition, BatchView batch, int64_t from,
                                  Records& records) {
    TRY(const base::Bytes plain, model::plain_records(batch, decompressor_));
    model::RecordReader reader(batch, plain);
    while (reader.has_next()) {
        TRY(const model::RecordView view, reader.next());
        if (view.offset.value < from) continue;  // a batch is delivered whole
        TRY(std::vector<Header> headers, headers_of(view));
        records.push_back({.topic = partition.topic,
                           .partition = partition.partition,
                           .offset = view.offset.value,
                           .leader_epoch = batch.leader_epoch().value,
                           .timestamp_ms = view.timestamp_ms,
                           .timestamp_type = batch.timestamp_type(),
                           .key = text_of(view.key),
                           .value = text_of(view.value),
                           .headers = std::move(headers)});
    }
    return {};
}

}  // namespace polylog::client
