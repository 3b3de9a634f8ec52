#include "log/tail.h"

namespace polylog::log {

using model::Offset;

size_t Tail::find(Offset offset) const {
    CHECK(offset >= begin_);
    size_t low = 0;
    size_t high = batches_.size();
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (batches_[middle].last < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void Tail::push(TailBatch batch) {
    CHECK(batch.base == end_);
    end_ = {batch.last.value + 1};
    batches_.push_back(std::move(batch));
}

void Tail::truncate(Offset end) {
    if (end <= begin_) return reset(end);
    while (!batches_.empty() && batches_.back().last >= end) {
        end_ = batches_.back().base;
        batches_.pop_back();
    }
}

void Tail::reset(Offset begin) {
    batches_.clear();
    begin_ = begin;
    end_ = begin;
}

void Tail::pop_front() {
    begin_ = {batches_.front().last.value + 1};
    batches_.pop_front();
}

void Tail::forget_before(Offset upto) {
    while (!batches_.empty() && batches_.front().last < upto) pop_front();
}

bool Tail::evict(SlabNumber slab, Offset upto) {
    while (!batches_.empty() && batches_.front().slab <= slab) {
        if (batches_.front().last >= upto) return false;
        pop_front();
    }
    return true;
}

std::optional<ReadBatches> Tail::read(const ReadRange& range) const {
    if (range.from < begin_) return std::nullopt;
    ReadBatches read;
    for (size_t i = find(range.from); i < batches_.size(); ++i) {
        const TailBatch& batch = batches_[i];
        if (batch.last >= range.upto) break;
        const bool fits = read.size_bytes + batch.bytes.size() <= range.max_bytes;
        if (!fits && !(read.batches.empty() && range.first_batch_always)) break;
        read.size_bytes += batch.bytes.size();
        read.batches.push_back(batch.bytes);
    }
    return read;
}

}  // namespace polylog::log
