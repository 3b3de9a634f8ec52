#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "bench/kafka_frames.h"

namespace polylog::bench {

// One blocking connection to a broker, for what is not measured: creating topics, asking for
// offsets, checking what is stored. Gives up on a broker that is silent for 60 seconds.
class KafkaClient {
public:
    // Errors: closed when nobody listens.
    static base::Result<KafkaClient> connect(uint16_t port);
    // Takes over a connected, blocking socket without owning it.
    static KafkaClient borrow(int socket) { return KafkaClient(socket, false); }
    KafkaClient(KafkaClient&& other) noexcept;
    KafkaClient& operator=(KafkaClient&&) = delete;
    ~KafkaClient();

    // Sends a request frame and waits for its response frame, which stays valid until the next
    // call. Errors: closed, corrupt (an answer to something else, or of an absurd size).
    base::Result<base::Bytes> call(std::vector<std::byte> request);

    // Creates the topic unless it exists, and waits until every partition has a leader that serves
    // it. Errors: internal (the broker's error code), invalid_partition_count when the topic exists
    // with another count, timed_out.
    base::Result<void> ensure_topic(const TopicSpec& topic);
    // Offsets of partitions 0 .. partitions-1.
    base::Result<std::vector<int64_t>> list_offsets(std::string_view topic, int32_t partitions,
                                                    int64_t timestamp);

private:
    KafkaClient(int socket, bool owned) : socket_(socket), owned_(owned) {}
    base::Result<void> receive(base::MutableBytes bytes);

    int socket_;
    bool owned_;
    int32_t correlation_ = 0;
    std::vector<std::byte> response_;
};

}  // namespace polylog::bench
