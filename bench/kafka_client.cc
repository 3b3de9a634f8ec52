#include "bench/kafka_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "bench/load_loop.h"

namespace polylog::bench {

namespace {

constexpr timeval kPatience{.tv_sec = 60, .tv_usec = 0};
constexpr int32_t kCreateTimeoutMs = 50'000;
constexpr auto kLeaderPollInterval = std::chrono::milliseconds(20);
constexpr int kLeaderPolls = 1'500;  // 30 seconds and the calls' own time
constexpr size_t kMaxResponseBytes = size_t{256} << 20;

base::Error connection_error(const char* what) {
    return {base::ErrorCode::closed, fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

base::Result<KafkaClient> KafkaClient::connect(uint16_t port) {
    TRY(const int socket, connect_loopback(port));
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    return KafkaClient(socket, true);
}

KafkaClient::KafkaClient(KafkaClient&& other) noexcept
    : socket_(other.socket_),
      owned_(std::exchange(other.owned_, false)),
      correlation_(other.correlation_),
      response_(std::move(other.response_)) {}

KafkaClient::~KafkaClient() {
    if (owned_) close(socket_);
}

base::Result<base::Bytes> KafkaClient::call(std::vector<std::byte> request) {
    set_correlation(request, ++correlation_);
    for (size_t sent = 0; sent < request.size();) {
        const ssize_t count = send(socket_, request.data() + sent, request.size() - sent,
                                   MSG_NOSIGNAL);
        if (count <= 0) return base::fail(connection_error("send"));
        sent += static_cast<size_t>(count);
    }
    response_.resize(kSizeBytes);
    TRY_VOID(receive(response_));
    const size_t size = frame_bytes(response_);
    if (size > kMaxResponseBytes) {
        return base::fail(base::ErrorCode::corrupt, fmt::format("a response of {} bytes", size));
    }
    response_.resize(size);
    TRY_VOID(receive(base::MutableBytes(response_).subspan(kSizeBytes)));
    if (FrameReader(response_).correlation() != correlation_) {
        return base::fail(base::ErrorCode::corrupt, "a response to another request");
    }
    return base::Bytes(response_);
}

base::Result<void> KafkaClient::receive(base::MutableBytes bytes) {
    while (!bytes.empty()) {
        const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
        if (count == 0)
            return base::fail(base::ErrorCode::closed, "the broker closed the connection");
        if (count < 0) return base::fail(connection_error("recv"));
        bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return {};
}

base::Result<void> KafkaClient::ensure_topic(const TopicSpec& topic) {
    TRY(const base::Bytes created, call(encode_create_topics_request(topic, kCreateTimeoutMs)));
    TRY(const int16_t error, decode_create_topics_response(created));
    if (error != 0 && error != kTopicAlreadyExists) {
        return base::fail(base::ErrorCode::internal,
                          fmt::format("creating topic {}: error {}", topic.name, error));
    }
    const auto wanted = static_cast<size_t>(topic.partitions);
    for (int poll = 0; poll < kLeaderPolls; ++poll) {
        TRY(const base::Bytes described, call(encode_metadata_request(topic.name)));
        TRY(const TopicMetadata metadata, decode_metadata_response(described));
        if (metadata.error == 0 && metadata.partitions != 0 && metadata.partitions != wanted) {
            return base::fail(base::ErrorCode::invalid_partition_count,
                              fmt::format("topic {} has {} partitions", topic.name,
                                          metadata.partitions));
        }
        // A leader in the metadata may not know yet that it leads; one that tells its offsets does.
        if (metadata.partitions_with_leader == wanted &&
            list_offsets(topic.name, topic.partitions, kLatest).has_value()) {
            return {};
        }
        std::this_thread::sleep_for(kLeaderPollInterval);
    }
    return base::fail(base::ErrorCode::timed_out,
                      fmt::format("topic {} has no leaders", topic.name));
}

base::Result<std::vector<int64_t>> KafkaClient::list_offsets(std::string_view topic,
                                                             int32_t partitions,
                                                             int64_t timestamp) {
    TRY(const base::Bytes answer, call(encode_list_offsets_request(topic, partitions, timestamp)));
    TRY(auto offsets, decode_list_offsets_response(answer));
    if (offsets.size() != static_cast<size_t>(partitions)) {
        return base::fail(base::ErrorCode::corrupt, "offsets of another number of partitions");
    }
    return offsets;
}

}  // namespace polylog::bench
