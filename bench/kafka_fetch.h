#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/kafka_frames.h"
#include "bench/load_loop.h"
#include "model/record_batch.h"

namespace polylog::bench {

// Walks the whole batches of a fetched record set; a batch that is cut off at the end is left out.
class BatchCursor {
public:
    explicit BatchCursor(base::Bytes records) : left_(records) {}
    std::optional<model::BatchView> next();

private:
    base::Bytes left_;
};

enum class FetchStart { earliest, latest };
enum class AtEnd {
    wait,    // for new records, as a consumer of the tail does
    rewind,  // start over: reads the same records again and again
    stop,    // the run ends when every connection has read up to where the log ended when it began
};

struct FetchOptions {
    std::string topic = "bench";
    int32_t partitions = 8;
    FetchStart start = FetchStart::earliest;
    AtEnd at_end = AtEnd::wait;
    int32_t max_wait_ms = 500;
    int32_t min_bytes = 1;
    int32_t max_bytes = 50 << 20;           // of a response
    int32_t partition_max_bytes = 1 << 20;  // of a partition in a response
};

// What list_offsets said before the run, by partition.
struct LogRange {
    int64_t start = 0;
    int64_t end = 0;
};

// Every connection is a consumer that reads all partitions. With a depth above 1 its partitions are
// dealt to that many requests which are outstanding together, as clients do that keep a socket
// full. Counts the records and bytes of whole batches; never decompresses or parses records.
class FetchConversation : public Conversation {
public:
    // shape.depth <= ranges.size() == options.partitions.
    FetchConversation(const FetchOptions& options, const LoadShape& shape,
                      std::vector<LogRange> ranges);

    bool next_request(Slot slot, std::vector<iovec>& pieces) override;
    size_t response_bytes(base::Bytes received) const override { return frame_bytes(received); }
    base::Result<Carried> take_response(Slot slot, base::Bytes response) override;

private:
    struct Request {
        FetchRequest frame;
        std::vector<size_t> partitions;
    };
    struct Consumer {
        std::vector<int64_t> offsets;   // next to read, by partition
        std::vector<Request> requests;  // by slot
        size_t unfinished = 0;          // partitions not read to their end yet
    };
    base::Result<Carried> advance(Consumer& consumer, const FetchedPartition& fetched) const;

    const FetchOptions options_;
    const std::vector<LogRange> ranges_;
    std::vector<Consumer> consumers_;
};

}  // namespace polylog::bench
