#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/scope.h"
#include "io/signal.h"
#include "log/checkpointer.h"
#include "log/storage.h"
#include "log/storage_context.h"
#include "log/stored_log.h"
#include "log/write_behind.h"

namespace polylog::log {

// Storage: holds its parts, opens and closes them in order, and keeps the table of logs.
class StorageEngine final : public Storage {
public:
    StorageEngine(io::Shard& shard, StorageOptions options);

    // Recovers, and starts the background tasks.
    io::Task<base::Result<void>> start();

    const RecoveryReport& recovery() const override { return recovery_; }
    Log* find(const model::TopicPartition& id) override;
    std::vector<Log*> logs() override;
    base::Result<Log*> create(model::TopicPartition id, std::string topic_name,
                              std::shared_ptr<const model::TopicConfig> config) override;
    io::Task<base::Result<void>> drop(model::TopicPartition id) override;
    void configure(Upkeep upkeep) override;
    io::Task<void> apply_retention() override;
    io::Task<base::Result<void>> checkpoint() override;
    io::Task<base::Result<void>> close() override;
    Usage usage() const override;
    const Statistics& statistics() const override { return context_.statistics; }

private:
    io::Task<base::Result<void>> prepare_directories();
    io::Task<base::Result<void>> open_journal(WalMode mode, WalSequence last);
    void journal_failed(WalMode mode, const base::Error& error);
    void journal_committed();
    void switch_mode(StoredLog& log);
    io::Task<void> delete_log(std::shared_ptr<StoredLog> log, StoredLog::Noted noted,
                              std::shared_ptr<Deletion> deletion);
    io::Task<void> retention_loop();
    base::MonoTime next_retention(base::MonoTime last) const;
    io::Task<base::Result<void>> close_journals();

    StorageContext context_;
    WriteBehind write_behind_;
    Checkpointer checkpointer_;
    RecoveryReport recovery_;
    bool closed_ = false;
    io::Signal upkeep_changed_;
    io::TaskScope retention_;
    io::TaskScope scope_;  // last, so that it goes first
};

}  // namespace polylog::log
