#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "coordinator/classic_group.h"
#include "coordinator/group_config.h"
#include "io/scope.h"
#include "io/shard.h"
#include "replication/journal.h"

namespace polylog::coordinator {

// The groups whose ids fall to one partition of the offsets topic, and the journal there that keeps
// them: what GroupMembership and GroupOffsets both work on. Records have Kafka's own layout
// (docs/formats/consumer-offsets.md), so that other tools read them. Lives on the partition's
// shard.
class GroupTable {
public:
    GroupTable(io::Shard& shard, std::unique_ptr<replication::Journal> journal, GroupConfig config);

    io::Shard& shard() { return shard_; }
    const GroupConfig& config() const { return config_; }
    // Unix milliseconds.
    int64_t now_ms() const;

    // Reads the groups back. See GroupCoordinator::load.
    io::Task<base::Result<void>> load();
    // Idempotent.
    void close();
    // Whether groups may be asked at all. Errors: coordinator_loading, coordinator_not_available
    // (load() has failed), not_coordinator (after close()).
    base::Result<void> available() const;

    const std::map<std::string, std::unique_ptr<ClassicGroup>>& all() const { return groups_; }
    // Null when there is none.
    ClassicGroup* find(const std::string& group_id) const;
    // Errors: invalid_name, policy_violation (too many groups).
    base::Result<ClassicGroup*> find_or_create(const std::string& group_id);
    void erase(const std::string& group_id);
    // What the groups and their offsets take, about. Goes through all of them.
    uint64_t live_bytes() const;

    // Makes what a group is to be durable; the group itself is the caller's to change. Errors:
    // to_group_error().
    io::Task<base::Result<void>> store(std::string group_id, StoredGroup stored);
    // Records of any kind; the same.
    io::Task<base::Result<void>> append(base::Buffer batch);

private:
    base::Result<void> apply(const model::RecordView& record);
    ClassicGroup& find_or_make(const std::string& group_id);
    std::vector<base::Buffer> capture() const;
    void rewrite_if_grown();
    io::Task<void> rewrite();

    io::Shard& shard_;
    std::unique_ptr<replication::Journal> journal_;
    const GroupConfig config_;
    std::map<std::string, std::unique_ptr<ClassicGroup>> groups_;
    bool loaded_ = false;
    std::optional<std::string> load_failure_;  // why the last load() did not succeed
    bool closed_ = false;
    bool rewriting_ = false;
    uint32_t appends_ = 0;  // since the size of the log was last looked at
    io::TaskScope scope_;   // rewriting; last, so that it goes first
};

}  // namespace polylog::coordinator
