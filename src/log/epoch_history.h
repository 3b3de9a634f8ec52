#pragma once

#include <optional>
#include <vector>

#include "model/ids.h"

namespace polylog::log {

// Where each leader epoch of a partition begins: (epoch, first offset) in rising order. Answers how
// far two replicas agree (KIP-101, KIP-279). Part of the log: saved, truncated and trimmed together
// with it.
class EpochHistory {
public:
    struct Entry {
        model::LeaderEpoch epoch;
        model::Offset start;
        bool operator==(const Entry&) const = default;
    };
    struct EpochEnd {
        // The greatest known epoch at or below the one asked for; -1 if none.
        model::LeaderEpoch epoch;
        model::Offset end;  // where that epoch's records end; -1 if none
    };

    // Notes that `epoch` begins at `start`; ignored unless the epoch is newer than the latest.
    void begin(model::LeaderEpoch epoch, model::Offset start);
    std::optional<model::LeaderEpoch> latest() const;
    // For the offset just past the records of `epoch`; `log_end` closes the latest epoch.
    EpochEnd end_of(model::LeaderEpoch epoch, model::Offset log_end) const;
    // The epoch under which the record at `offset` was written; nothing when it is below the
    // history.
    std::optional<model::LeaderEpoch> epoch_at(model::Offset offset) const;
    void truncate(model::Offset end);
    // Drops what lies before `start`, keeping the entry that covers it.
    void trim(model::Offset start);

    const std::vector<Entry>& entries() const { return entries_; }
    void restore(std::vector<Entry> entries) { entries_ = std::move(entries); }

private:
    std::vector<Entry> entries_;
};

}  // namespace polylog::log
