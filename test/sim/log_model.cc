#include "test/sim/log_model.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.h"

namespace polylog::sim {

using Kind = ModelOperation::Kind;

void ModelState::apply(const ModelOperation& operation) {
    switch (operation.kind) {
    case Kind::create: *this = {.exists = true}; break;
    case Kind::drop: *this = {}; break;
    case Kind::append:
        batches.push_back(operation.batch);
        end = operation.batch.last + 1;
        break;
    case Kind::truncate: {
        int64_t cut = std::min(operation.offset, end);
        while (!batches.empty() && batches.back().last >= cut) {
            cut = std::min(cut, std::max(batches.back().base, int64_t{0}));
            batches.pop_back();
        }
        if (operation.offset <= start) cut = operation.offset;
        end = cut;
        if (end <= start) {
            start = end;
            batches.clear();
        }
        break;
    }
    case Kind::advance_start:
        start = std::max(start, operation.offset);
        while (!batches.empty() && batches.front().last < start) batches.pop_front();
        break;
    }
}

bool ModelState::same_as(const ModelState& other) const {
    return exists == other.exists && start == other.start && end == other.end &&
           batches == other.batches;
}

std::string ModelState::to_string() const {
    if (!exists) return "no log";
    return fmt::format("{}..{} in {} batches", start, end, batches.size());
}

uint64_t LogModel::begin(ModelOperation operation) {
    now_.apply(operation);
    if (operation.kind == Kind::append) {
        ever_appended_[operation.batch.base].insert(operation.batch.bytes);
    }
    history_.push_back(std::move(operation));
    return first_number_ + history_.size() - 1;
}

void LogModel::acknowledge(uint64_t number) {
    if (number < first_number_) return;
    history_[number - first_number_].acknowledged = true;
    forget_history();
}

void LogModel::acknowledge_upto(int64_t end) {
    for (ModelOperation& operation : history_) {
        if (operation.kind != Kind::append) break;
        if (operation.batch.last >= end) break;
        operation.acknowledged = true;
    }
    forget_history();
}

void LogModel::retract(uint64_t number) {
    CHECK(number == first_number_ + history_.size() - 1);
    history_.pop_back();
    now_ = base_;
    for (const ModelOperation& operation : history_) now_.apply(operation);
}

// What is durable need not be remembered step by step; what was appended before it is durable too,
// or has been taken back.
void LogModel::forget_history() {
    for (size_t left = durable_operations(); left > 0; --left) {
        base_.apply(history_.front());
        history_.pop_front();
        ++first_number_;
    }
}

size_t LogModel::durable_operations() const {
    size_t durable = history_.size();
    while (durable > 0 && !history_[durable - 1].acknowledged) --durable;
    return durable;
}

// What is not acknowledged may be missing from some point on.
bool LogModel::may_be(const ModelState& found, Kept kept) const {
    ModelState state = base_;
    for (size_t done = 0;; ++done) {
        if (state.same_as(found)) return true;
        if (kept == Kept::front_apart && front_ran_ahead(state, done, found)) return true;
        if (done == history_.size()) return false;
        state.apply(history_[done]);
    }
}

bool LogModel::front_ran_ahead(const ModelState& state, size_t next,
                               const ModelState& found) const {
    for (size_t i = next; i < history_.size(); ++i) {
        if (history_[i].kind != Kind::advance_start) continue;
        ModelState ahead = state;
        ahead.apply(history_[i]);
        ahead.end = std::max(ahead.end, ahead.start);
        if (ahead.same_as(found)) return true;
    }
    return false;
}

std::optional<std::string> LogModel::recovered(const ModelState& found, Kept kept) {
    std::optional<std::string> trouble;
    if (kept == Kept::any_part) {
        int64_t next = found.batches.empty() ? found.end : found.batches.front().base;
        for (const ModelBatch& batch : found.batches) {
            const auto known = ever_appended_.find(batch.base);
            const bool genuine = known != ever_appended_.end() &&
                                 known->second.contains(batch.bytes);
            if (batch.base != next || !genuine) {
                trouble = fmt::format("holds at {} what was never appended there", batch.base);
            }
            next = batch.last + 1;
        }
        if (next != found.end)
            trouble = fmt::format("ends at {}, its batches at {}", found.end, next);
    } else if (!may_be(found, kept)) {
        trouble = fmt::format("is {}, but was {} durably and {} at last", found.to_string(),
                              base_.to_string(), now_.to_string());
    }
    base_ = found;
    now_ = found;
    first_number_ += history_.size();
    history_.clear();
    return trouble;
}

}  // namespace polylog::sim
