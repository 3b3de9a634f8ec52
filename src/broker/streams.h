#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "base/time.h"
#include "io/task.h"
#include "log/log.h"
#include "model/ids.h"

namespace polylog::broker {

class Shards;

// How much must be safe before an append is answered.
enum class Acks : uint8_t {
    none,          // nothing: the answer says only that the batch was accepted
    leader,        // durable on the leader
    all_replicas,  // durable on every in-sync replica
};

// One batch for one partition.
struct AppendPart {
    model::TopicPartition partition;
    base::Buffer frame;        // keeps `batch` alive
    base::MutableBytes batch;  // one batch that model/validation.h accepted; patched in place
    Acks acks = Acks::all_replicas;
    base::MonoTime deadline = base::kNever;
};

// Where a batch is, as durable as its part's acks asked for.
struct Appended {
    model::Offset first{-1};
    model::Offset last{-1};
    model::Offset log_start{-1};
    int64_t append_time_ms = -1;  // only for topics with append timestamps
};

// Up to where a reader sees: the high watermark, or the last stable offset.
enum class Isolation : uint8_t { read_uncommitted, read_committed };

// Where to read in one partition.
struct FetchPart {
    model::TopicPartition partition;
    model::Offset from;
    std::optional<model::LeaderEpoch> leader_epoch;  // what the client believes
    size_t max_bytes = 0;
    Isolation isolation = Isolation::read_uncommitted;
};

// Whole batches of one partition, and its offsets. The slices stay valid as long as they are held.
struct FetchAnswer {
    base::Result<void> status;
    model::Offset high_watermark{-1};
    model::Offset last_stable_offset{-1};
    model::Offset log_start{-1};
    log::ReadBatches read;
};

// What one reader waits for.
struct Fetch {
    std::vector<FetchPart> parts;
    size_t max_bytes = 0;       // of all parts; the first batch of the answer may exceed it
    size_t min_bytes = 1;       // wait for so much, ...
    base::MonoTime deadline{};  // ... but no longer than this
};

// Which offset a client asks for.
struct OffsetQuery {
    // The log's ends, the record with the largest timestamp, or the first that is not older than a
    // time.
    enum class Kind : uint8_t { earliest, latest, max_timestamp, at_time };
    model::TopicPartition partition;
    Kind kind = Kind::latest;
    int64_t timestamp_ms = -1;  // for at_time
    std::optional<model::LeaderEpoch> leader_epoch;
    Isolation isolation = Isolation::read_uncommitted;
};
// The first record that is asked for, or the end that is.
struct OffsetAnswer {
    base::Result<void> status;
    model::Offset offset{-1};   // -1: no such record
    int64_t timestamp_ms = -1;  // of that record, Unix time; -1 when an end was asked for
    model::LeaderEpoch leader_epoch = model::kNoLeaderEpoch;  // in which it was written
};

// From where on one partition's records are kept.
struct TrimPart {
    model::TopicPartition partition;
    std::optional<model::Offset> before;  // absent: up to the high watermark
    base::MonoTime deadline = base::kNever;
};
// Where the log begins now, durably.
struct TrimAnswer {
    base::Result<void> status;
    model::Offset log_start{-1};
};

// Where an earlier leader epoch ended: how a reader finds out that records it has seen are gone.
struct EpochQuery {
    model::TopicPartition partition;
    std::optional<model::LeaderEpoch> current_epoch;  // what the client believes
    model::LeaderEpoch epoch;                         // the one it asks about
};
// The largest epoch up to the one asked about that has records, and where its successor begins.
struct EpochAnswer {
    base::Result<void> status;
    model::LeaderEpoch epoch = model::kNoLeaderEpoch;
    model::Offset end{-1};
};

// One partition as it is stored here.
struct StoredLog {
    model::TopicPartition partition;
    uint64_t size_bytes = 0;
    model::Offset start;
    model::Offset high_watermark;
    model::Offset end;
    bool online = true;
};

// Records in and out of partitions, wherever their shard is. Callable from any shard; answers
// arrive there, one per part, in the order of the parts. A partition this broker does not have
// answers unknown_topic.
class Streams {
public:
    explicit Streams(Shards& shards) : shards_(shards) {}

    // Batches of one call, and of calls started one after another on a shard, are appended in that
    // order.
    io::Task<std::vector<base::Result<Appended>>> append(std::vector<AppendPart> parts);
    // Returns when min_bytes are there, a part has failed, or the deadline has passed.
    io::Task<std::vector<FetchAnswer>> fetch(Fetch fetch);
    io::Task<std::vector<OffsetAnswer>> find_offsets(std::vector<OffsetQuery> queries);
    // Deletes the records before an offset; durable when it returns. Errors: offset_out_of_range,
    // those of log::Log::advance_start.
    io::Task<std::vector<TrimAnswer>> trim(std::vector<TrimPart> parts);
    io::Task<std::vector<EpochAnswer>> epoch_ends(std::vector<EpochQuery> queries);
    // Every partition stored here.
    io::Task<std::vector<StoredLog>> stored_logs();

private:
    Shards& shards_;
};

}  // namespace polylog::broker
