#pragma once

#include <cstdint>

#include "model/ids.h"

namespace polylog::log {

// What one entry of the write-ahead log says about one log. Replaying an entry twice is harmless.
enum class WalEntryKind : uint8_t {
    create = 1,         // payload: the topic's name; the log exists from here on
    append = 2,         // payload: one record batch, offset = its base offset
    truncate = 3,       // offset = the new end: later batches are forgotten (replication)
    advance_start = 4,  // offset = the new log start: earlier records are deleted
    drop = 5,           // the log and its files are gone
};

struct WalEntryHeader {
    WalEntryKind kind{};
    model::TopicPartition log;
    model::Offset offset{};
};

}  // namespace polylog::log
