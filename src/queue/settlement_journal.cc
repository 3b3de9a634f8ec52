#include "queue/settlement_journal.h"

#include "base/logging.h"
#include "io/signal.h"
#include "log/epoch_history.h"
#include "model/record.h"

namespace polylog::queue {

using base::Buffer;
using base::Result;
using io::Task;
using model::Offset;

namespace {

const base::Logger kLogger("queues");

constexpr size_t kBatchBytes = size_t{256} << 10;

}  // namespace

SettlementJournal::SettlementJournal(io::Shard& shard, std::shared_ptr<replication::Partition> log,
                                     Capture capture)
    : shard_(shard), log_(std::move(log)), journal_(log_), capture_(std::move(capture)) {}

Task<Result<void>> SettlementJournal::replay(Apply apply) {
    return journal_.replay([this, now = moment(), apply = std::move(apply)](
                               const model::RecordView& record) mutable -> Result<void> {
        TRY_VOID(log_->check_epoch(std::nullopt));  // closed while it was read
        if (!record.value) return {};
        TRY(const auto settlements, decode_settlements(*record.value, now));
        const auto epoch = log_->log().epochs().epoch_at(record.offset);
        for (const Settlement& settlement : settlements)
            apply(epoch.value_or(log_->leader_epoch()), settlement);
        return {};
    });
}

void SettlementJournal::note(const Settlement& settlement) {
    noted_.add(settlement);
    close_turn_later();
}

void SettlementJournal::close_turn_later() {
    if (std::exchange(closing_turn_, true)) return;
    scope_.spawn(flush_at_end_of_turn());
}

Task<void> SettlementJournal::flush_at_end_of_turn() {
    co_await io::end_of_turn();
    closing_turn_ = false;
    const Result<void> flushed = flush();
    if (!flushed && flushed.error() != base::ErrorCode::unknown_topic) {
        kLogger.warn("settlements_not_stored", "what became of messages could not be stored",
                     {{"err", flushed.error()}});
    }
}

Result<void> SettlementJournal::flush() {
    if (noted_.empty() && trusted_) return {};
    const auto turn = std::exchange(turn_, std::make_shared<Turn>());
    if (trusted_) {
        turn->result = append(noted_);
    } else {
        capture_(noted_);
        turn->result = append(noted_);
    }
    trusted_ = turn->result.has_value();
    turn->is_flushed = true;
    turn->flushed.notify_all();
    return turn->result;
}

Result<void> SettlementJournal::append(SettlementBatch& settlements) {
    const Moment now = moment();
    const std::vector<base::Slice> values = settlements.encode(now);
    model::BatchBuilder batch;
    for (size_t i = 0; i < values.size(); ++i) {
        batch.add(
            {.timestamp_ms = now.wall_ms, .key = {}, .value = values[i].bytes(), .headers = {}});
        if (i + 1 < values.size() && batch.size_bytes() < kBatchBytes) continue;
        base::Buffer built = batch.build();
        TRY_VOID(log_->append(built.writable(), true));
    }
    return {};
}

Moment SettlementJournal::moment() const {
    const io::Clock& clock = shard_.env().clock;
    return {.tick = {base::to_ms(clock.now().time_since_epoch())},
            .wall_ms = base::to_unix_ms(clock.wall())};
}

Task<Result<void>> SettlementJournal::durable() {
    if (!noted_.empty() || !trusted_) {
        close_turn_later();
        const auto turn = turn_;
        if (!turn->is_flushed) co_await turn->flushed.wait();
        CO_TRY_VOID(turn->result);
    }
    CO_TRY_VOID(log_->check_epoch(std::nullopt));
    co_return co_await log_->replicated(log_->log().positions().end, base::kNever);
}

Task<Result<void>> SettlementJournal::rewrite() {
    CO_TRY_VOID(flush());
    CO_TRY_VOID(log_->check_epoch(std::nullopt));
    const Offset begin = log_->log().positions().end;
    SettlementBatch state;
    capture_(state);
    CO_TRY_VOID(append(state));
    CO_TRY_VOID(co_await log_->replicated(log_->log().positions().end, base::kNever));
    co_return co_await log_->log().advance_start(begin);
}

}  // namespace polylog::queue
