#include "bench/kafka_produce.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polylog::bench {

namespace {

// The bytes behind the batch. Shared by all requests; never written.
std::array<std::byte, kProduceTrailerBytes> produce_trailer{};

}  // namespace

std::string TopicSpread::topic_name(int topic) const {
    return topics == 1 ? name : fmt::format("{}-{}", name, topic);
}

base::Result<void> ensure_topics(KafkaClient& client, const TopicSpread& spread) {
    for (int topic = 0; topic < spread.topics; ++topic) {
        TRY_VOID(client.ensure_topic({.name = spread.topic_name(topic),
                                      .partitions = spread.partitions,
                                      .configs = spread.configs}));
    }
    return {};
}

ProduceConversation::ProduceConversation(const ProduceOptions& options, const LoadShape& shape)
    : options_(options),
      depth_(shape.depth),
      batch_(encode_batch(options.batch)),
      requests_(static_cast<size_t>(shape.connections) * static_cast<size_t>(shape.depth)),
      acknowledged_ends_(options.spread.targets()) {
    for (int topic = 0; topic < options_.spread.topics; ++topic) {
        heads_.push_back(
            encode_produce_head(options_.spread.topic_name(topic), options_.acks, batch_.size()));
    }
}

ProduceConversation::Request& ProduceConversation::at(Slot slot) {
    return requests_[static_cast<size_t>(slot.connection) * static_cast<size_t>(depth_) +
                     static_cast<size_t>(slot.index)];
}

Carried ProduceConversation::carried() const {
    const auto records = static_cast<uint64_t>(options_.batch.records);
    return {.messages = records, .bytes = records * options_.batch.value_bytes};
}

bool ProduceConversation::next_request(Slot slot, std::vector<iovec>& pieces) {
    if (options_.total_bytes != 0 && sent_ * carried().bytes >= options_.total_bytes) return false;
    Request& request = at(slot);
    request.target = sent_ % acknowledged_ends_.size();
    request.correlation = static_cast<int32_t>(sent_);
    ++sent_;
    const auto partitions = static_cast<size_t>(options_.spread.partitions);
    const ProduceHead& head = heads_[request.target / partitions];
    request.head = head.bytes;  // keeps its memory from the slot's earlier requests
    base::store_be(request.head.data() + head.partition_at,
                   static_cast<int32_t>(request.target % partitions));
    set_correlation(request.head, request.correlation);
    pieces.push_back({.iov_base = request.head.data(), .iov_len = request.head.size()});
    pieces.push_back({.iov_base = batch_.data(), .iov_len = batch_.size()});
    pieces.push_back({.iov_base = produce_trailer.data(), .iov_len = produce_trailer.size()});
    return true;
}

std::optional<Carried> ProduceConversation::unanswered() const {
    return options_.acks == 0 ? std::optional(carried()) : std::nullopt;
}

base::Result<Carried> ProduceConversation::take_response(Slot slot, base::Bytes response) {
    const Request& request = at(slot);
    if (FrameReader(response).correlation() != request.correlation) {
        return base::fail(base::ErrorCode::corrupt, "a response out of the order of requests");
    }
    TRY(const Produced produced, decode_produce_response(response));
    if (produced.error != 0) {
        return base::fail(base::ErrorCode::internal,
                          fmt::format("produce: the broker answered error {}", produced.error));
    }
    int64_t& end = acknowledged_ends_[request.target];
    end = std::max(end, produced.base_offset + options_.batch.records);
    return carried();
}

}  // namespace polylog::bench
