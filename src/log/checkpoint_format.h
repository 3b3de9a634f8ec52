#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "log/epoch_history.h"
#include "log/producer_state.h"
#include "log/segment.h"
#include "log/wal_ring.h"
#include "model/ids.h"

// The bytes of a checkpoint: docs/formats/checkpoint.md. Pure functions over memory.
namespace polylog::log {

// Everything a log is, but for its batches.
struct LogRecord {
    model::TopicPartition id;
    std::string topic_name;
    WalMode mode = WalMode::durable;
    model::Offset start;
    model::Offset end;
    model::Offset high_watermark;
    int32_t segment_bytes = 0;            // of the topic's configuration
    std::vector<SegmentRecord> segments;  // the last ends at `end`; empty when the log is
    std::vector<EpochHistory::Entry> epochs;
    std::vector<std::pair<model::ProducerId, ProducerState::Producer>> producers;
};

struct CheckpointHeader {
    base::Uuid data_directory_id;
    uint32_t storage_index = 0;
    bool clean_stop = false;
    WalSequence durable;  // the last group of each write-ahead log that is contained
    WalSequence buffered;
};

struct Checkpoint {
    CheckpointHeader header;
    std::vector<LogRecord> logs;
};

// A log's record including its length, as it stands in the file: unchanged logs are not encoded
// again.
std::string encode_record(const LogRecord& record);
// `records` are encoded ones, in the order of topic id and partition.
base::Slice encode_checkpoint(const CheckpointHeader& header,
                              const std::vector<std::string_view>& records);
// Errors: corrupt, saying what is wrong with the file.
base::Result<Checkpoint> decode_checkpoint(base::Bytes file);

}  // namespace polylog::log
