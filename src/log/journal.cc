#include "log/journal.h"

#include "log/stored_log.h"

namespace polylog::log {

using base::Error;
using base::fail;
using base::Result;
using io::Task;
using model::Offset;

Journal::Journal(io::Shard& shard, WalMode mode, Statistics& statistics, OnFailure on_failure)
    : shard_(shard), mode_(mode), statistics_(statistics), on_failure_(std::move(on_failure)) {}

Task<Result<std::unique_ptr<Journal>>> Journal::open(io::Shard& shard, WalOptions options,
                                                     WalSequence last, Statistics& statistics,
                                                     OnFailure on_failure) {
    auto journal = std::make_unique<Journal>(shard, options.mode, statistics,
                                             std::move(on_failure));
    Journal& self = *journal;
    auto on_commit = [&self](Result<WalSequence> upto) { self.handle_commit(std::move(upto)); };
    CO_TRY(journal->wal_,
           co_await WriteAheadLog::open(shard, std::move(options), last, std::move(on_commit)));
    co_return journal;
}

Result<WalPlace> Journal::append(const WalEntryHeader& header, base::Bytes payload) {
    TRY(WalPlace place, wal_->append(header, payload));
    if (opened_.empty() || opened_.back().group != place.group) {
        opened_.push_back({.group = place.group, .at = shard_.now()});
    }
    return place;
}

void Journal::touch(StoredLog& log, WalSequence group, Offset end) {
    JournalMark& mark = log.journal_mark;
    if (mark.group == group && mark.mode == mode_ && mark.number >= forgotten_) {
        touched_[mark.number - forgotten_].end = end;
        return;
    }
    mark = {.mode = mode_, .group = group, .number = forgotten_ + touched_.size()};
    touched_.push_back({.log = &log, .group = group, .end = end});
}

void Journal::clamp(const StoredLog& log, Offset end) {
    for (size_t i = 0; i < touched_.size(); ++i) {
        if (touched_[i].log == &log && touched_[i].end > end) touched_[i].end = end;
    }
}

void Journal::forget(const StoredLog& log) {
    for (size_t i = 0; i < touched_.size(); ++i) {
        if (touched_[i].log == &log) touched_[i].log = nullptr;
    }
}

Task<Result<void>> Journal::committed(WalSequence group) {
    while (!failed_ && wal_->committed_upto() < group) co_await progress_.wait();
    if (wal_->committed_upto() < group) co_return fail(*failed_);
    co_return {};
}

void Journal::handle_commit(Result<WalSequence> upto) {
    if (!upto) {
        failed_ = upto.error();
        progress_.notify_all();
        on_failure_(mode_, *failed_);
        return;
    }
    while (!opened_.empty() && opened_.front().group <= *upto) {
        statistics_.commit.record(shard_.now() - opened_.front().at);
        opened_.pop_front();
    }
    // A listener may append, which adds groups behind these.
    while (!touched_.empty() && touched_.front().group <= *upto) {
        const Touched touched = touched_.front();
        touched_.pop_front();
        ++forgotten_;
        if (touched.log) touched.log->committed(mode_, touched.end);
    }
    progress_.notify_all();
    if (on_commit_) on_commit_();
}

}  // namespace polylog::log
