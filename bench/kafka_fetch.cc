#include "bench/kafka_fetch.h"

#include <fmt/format.h>

#include <utility>

#include "base/bytes.h"

namespace polylog::bench {

std::optional<model::BatchView> BatchCursor::next() {
    if (left_.size() < model::kBatchHeaderBytes) return std::nullopt;
    const model::BatchView view(left_);
    const size_t size = view.size_bytes();
    if (size < model::kBatchHeaderBytes || size > left_.size()) return std::nullopt;
    const model::BatchView batch(left_.first(size));
    left_ = left_.subspan(size);
    return batch;
}

FetchConversation::FetchConversation(const FetchOptions& options, const LoadShape& shape,
                                     std::vector<LogRange> ranges)
    : options_(options),
      ranges_(std::move(ranges)),
      consumers_(static_cast<size_t>(shape.connections)) {
    const auto depth = static_cast<size_t>(shape.depth);
    for (Consumer& consumer : consumers_) {
        consumer.requests.resize(depth);
        for (size_t partition = 0; partition < ranges_.size(); ++partition) {
            const LogRange& range = ranges_[partition];
            consumer.offsets.push_back(options_.start == FetchStart::latest ? range.end
                                                                            : range.start);
            if (consumer.offsets.back() < range.end) ++consumer.unfinished;
            consumer.requests[partition % depth].partitions.push_back(partition);
        }
        for (Request& request : consumer.requests) {
            request.frame = encode_fetch_request(
                {.topic = options_.topic,
                 .partitions = {request.partitions.begin(), request.partitions.end()},
                 .max_wait_ms = options_.at_end == AtEnd::wait ? options_.max_wait_ms : 0,
                 .min_bytes = options_.min_bytes,
                 .max_bytes = options_.max_bytes,
                 .partition_max_bytes = options_.partition_max_bytes});
        }
    }
}

bool FetchConversation::next_request(Slot slot, std::vector<iovec>& pieces) {
    Consumer& consumer = consumers_[static_cast<size_t>(slot.connection)];
    if (options_.at_end == AtEnd::stop && consumer.unfinished == 0) return false;
    Request& request = consumer.requests[static_cast<size_t>(slot.index)];
    for (size_t i = 0; i < request.partitions.size(); ++i) {
        base::store_be(request.frame.bytes.data() + request.frame.offsets_at[i],
                       consumer.offsets[request.partitions[i]]);
    }
    pieces.push_back(
        {.iov_base = request.frame.bytes.data(), .iov_len = request.frame.bytes.size()});
    return true;
}

base::Result<Carried> FetchConversation::take_response(Slot slot, base::Bytes response) {
    Consumer& consumer = consumers_[static_cast<size_t>(slot.connection)];
    Carried carried;
    const auto take = [&](const FetchedPartition& fetched) -> base::Result<void> {
        TRY(const Carried more, advance(consumer, fetched));
        carried.messages += more.messages;
        carried.bytes += more.bytes;
        return {};
    };
    TRY_VOID(decode_fetch_response(response, take));
    return carried;
}

base::Result<Carried> FetchConversation::advance(Consumer& consumer,
                                                 const FetchedPartition& fetched) const {
    const auto index = static_cast<size_t>(fetched.index);
    if (fetched.error != 0 || index >= ranges_.size()) {
        return base::fail(base::ErrorCode::internal, fmt::format("fetch of partition {}: error {}",
                                                                 fetched.index, fetched.error));
    }
    Carried carried;
    int64_t& offset = consumer.offsets[index];
    const bool was_finished = offset >= ranges_[index].end;
    BatchCursor batches(fetched.records);
    while (const std::optional<model::BatchView> batch = batches.next()) {
        carried.messages += static_cast<uint64_t>(batch->record_count());
        carried.bytes += batch->size_bytes();
        offset = batch->next_offset().value;
    }
    const bool at_end = offset >= ranges_[index].end;
    if (options_.at_end == AtEnd::stop && at_end && !was_finished) --consumer.unfinished;
    if (options_.at_end == AtEnd::rewind && at_end) offset = ranges_[index].start;
    return carried;
}

}  // namespace polylog::bench
