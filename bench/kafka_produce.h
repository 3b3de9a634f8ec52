#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/kafka_client.h"
#include "bench/kafka_frames.h"
#include "bench/load_loop.h"

namespace polylog::bench {

// Where records go: `topics` topics of `partitions` partitions each. A single topic bears the name
// itself, several are numbered behind it.
struct TopicSpread {
    std::string name = "bench";
    int topics = 1;
    int32_t partitions = 8;
    std::vector<std::pair<std::string, std::string>> configs = {};

    std::string topic_name(int topic) const;
    size_t targets() const { return static_cast<size_t>(topics) * static_cast<size_t>(partitions); }
};

// Creates every topic of the spread that does not exist yet.
base::Result<void> ensure_topics(KafkaClient& client, const TopicSpread& spread);

struct ProduceOptions {
    TopicSpread spread;
    BatchSpec batch;
    int16_t acks = -1;         // -1 all in-sync replicas, 1 the leader, 0 no answer
    uint64_t total_bytes = 0;  // payload to send in all; 0: no end
};

// Produce requests of one record batch each, to one partition after the other. The batch is built
// once and shared by all requests: only the partition index and the correlation id are patched, in
// a head of less than a hundred bytes per slot, so a request costs this client what a frame costs
// the limit line's.
class ProduceConversation : public Conversation {
public:
    ProduceConversation(const ProduceOptions& options, const LoadShape& shape);

    bool next_request(Slot slot, std::vector<iovec>& pieces) override;
    std::optional<Carried> unanswered() const override;
    size_t response_bytes(base::Bytes received) const override { return frame_bytes(received); }
    base::Result<Carried> take_response(Slot slot, base::Bytes response) override;

    size_t batch_bytes() const { return batch_.size(); }
    // Per target (topic * partitions + partition): the offset behind the last acknowledged record;
    // 0 when none.
    const std::vector<int64_t>& acknowledged_ends() const { return acknowledged_ends_; }

private:
    struct Request {
        std::vector<std::byte> head;
        size_t target = 0;
        int32_t correlation = 0;
    };
    Request& at(Slot slot);
    Carried carried() const;

    const ProduceOptions options_;
    const int depth_;
    std::vector<std::byte> batch_;
    std::vector<ProduceHead> heads_;  // by topic
    std::vector<Request> requests_;   // by connection and slot
    std::vector<int64_t> acknowledged_ends_;
    uint64_t sent_ = 0;
};

}  // namespace polylog::bench
