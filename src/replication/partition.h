#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "io/shard.h"
#include "io/signal.h"
#include "log/log.h"
#include "model/ids.h"
#include "model/topic_config.h"

namespace polylog::replication {

// Who leads a partition and who is in sync, as the metadata says.
struct Leadership {
    model::LeaderEpoch leader_epoch;
    std::vector<model::NodeId> in_sync_replicas;
};

// One partition on the broker that leads it: its log, its leader epoch and its high watermark,
// which is what all in-sync replicas have durably stored; nothing beyond it is ever shown to a
// consumer. With a single replica the in-sync set is {self} and the high watermark follows the
// log's own commits. Lives on the shard of its log; cheap when idle. Shared by those who wait on
// it: after close() the log is gone and everyone waiting or asking is told unknown_topic.
class Partition {
public:
    Partition(io::Shard& shard, log::Log& log, Leadership leadership,
              std::shared_ptr<const model::TopicConfig> config);
    ~Partition() { close(); }
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;

    model::LeaderEpoch leader_epoch() const { return leadership_.leader_epoch; }
    void lead(Leadership leadership);
    void configure(std::shared_ptr<const model::TopicConfig> config);
    void close();

    struct Appended {
        model::Offset first;
        model::Offset last;
        int64_t append_time_ms = -1;  // only for topics with append timestamps
        bool duplicate = false;       // the batch was already stored at these offsets
    };
    // Appends a validated batch of a client; `batch` is patched when the topic stamps append times.
    // Durable when the high watermark passes `last`: see replicated(). `all_replicas`: refuse at
    // once when the in-sync set is too small. Errors: not_enough_replicas, the producer errors of
    // log::ProducerState::check, and those of log::Log::append.
    base::Result<Appended> append(base::MutableBytes batch, bool all_replicas);

    // Returns once everything below `end` is durable on every in-sync replica.
    // Errors: timed_out, partition_offline, unknown_topic (deleted meanwhile).
    io::Task<base::Result<void>> replicated(model::Offset end, base::MonoTime deadline);

    model::Offset log_start() const { return log_->positions().start; }
    model::Offset high_watermark() const { return log_->high_watermark(); }
    // Up to where no transaction is undecided. Without transactions, the high watermark.
    model::Offset last_stable_offset() const { return high_watermark(); }

    // Checks the leader epoch a client believes in; none = not checked.
    // Errors: stale_leader_epoch, unknown_leader_epoch, partition_offline, unknown_topic (closed).
    base::Result<void> check_epoch(std::optional<model::LeaderEpoch> expected) const;
    // Checks a position to read from: offset_out_of_range outside [log start, high watermark].
    base::Result<void> check_position(model::Offset from) const;

    // Not after close().
    log::Log& log() { return *log_; }

    // Held by whoever waits for new records on several partitions at once: notifies its signal when
    // the high watermark moves or the partition goes away. Unlinks itself.
    class Watch : public boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        explicit Watch(io::Signal& signal) : signal_(signal) {}

    private:
        friend class Partition;
        io::Signal& signal_;
    };
    void watch(Watch& watch) { watches_.push_back(watch); }

private:
    void advance();
    void wake();

    io::Shard& shard_;
    log::Log* log_;  // null once closed
    Leadership leadership_;
    std::shared_ptr<const model::TopicConfig> config_;
    io::Signal advanced_;
    boost::intrusive::list<Watch, boost::intrusive::constant_time_size<false>> watches_;
};

}  // namespace polylog::replication
