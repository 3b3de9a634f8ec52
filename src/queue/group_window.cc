#include "queue/group_window.h"

#include <algorithm>

namespace polylog::queue {

using base::Result;
using io::Task;
using model::Offset;

namespace {

// Messages looked at before others on the shard get their turn.
constexpr int kScannedPerTurn = 256;

}  // namespace

GroupWindow::GroupWindow(DeliveryLedger& ledger, std::shared_ptr<replication::Partition> messages,
                         model::TopicPartition id)
    : ledger_(ledger), reader_(std::move(messages), id), order_(ledger.state().start()) {
    ledger_.observe(*this);
}

Task<Result<std::vector<Offset>>> GroupWindow::pick(size_t max) {
    for (;;) {
        std::vector<Offset> picked = order_.pick(max);
        const bool all_scanned = order_.scanned() >= ledger_.state().end();
        if (picked.size() == max || all_scanned || order_.room() == 0) co_return picked;
        CO_TRY(const bool more, co_await scan());
        if (more) co_await io::yield();
    }
}

// True when it stopped only to let others run.
Task<Result<bool>> GroupWindow::scan() {
    if (order_.scanned() < ledger_.state().start()) order_.skip(ledger_.state().start());
    for (int i = 0; i < kScannedPerTurn && order_.room() > 0; ++i) {
        const Offset from = order_.scanned();
        if (from >= ledger_.state().end()) co_return false;
        const uint64_t version = version_;
        CO_TRY(const auto found, co_await reader_.first_from(from));
        if (order_.scanned() != from || version_ != version) continue;  // moved on meanwhile
        if (!found) {
            order_.skip(ledger_.state().end());
            continue;
        }
        order_.skip(found->offset);
        const MessageState state = ledger_.state().message(found->offset);
        if (state.place == MessageState::Place::absent) co_return false;
        if (state.place == MessageState::Place::settled) {
            order_.skip({found->offset.value + 1});
            continue;
        }
        order_.add(found->offset, group_hash(found->message.group.value_or(std::string())),
                   state.place == MessageState::Place::ready);
    }
    co_return true;
}

void GroupWindow::held(Offset offset) {
    order_.hold(offset);
}

void GroupWindow::ready_again(Range range) {
    ++version_;
    for (Offset offset = range.first; offset <= range.last && offset < order_.scanned();
         ++offset.value)
        order_.release(offset);
}

void GroupWindow::settled(Range range) {
    for (Offset offset = range.first; offset <= range.last && offset < order_.scanned();
         ++offset.value)
        order_.settle(offset);
}

void GroupWindow::settled_below(Offset offset) {
    order_.settle_below(offset);
}

void GroupWindow::rewound() {
    ++version_;
    order_.restart(ledger_.state().start());
}

}  // namespace polylog::queue
