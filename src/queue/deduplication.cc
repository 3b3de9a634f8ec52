#include "queue/deduplication.h"

#include <algorithm>

#include "base/hash.h"

namespace polylog::queue {

using model::Offset;

namespace {

constexpr size_t kIndexSlotsMin = 16;
constexpr uint32_t kNoEntry = UINT32_MAX;
// How much longer than its window a key may be known, so that keys are forgotten together.
constexpr int64_t kBucketMs = 1000;

}  // namespace

DeduplicationKey deduplication_key(std::string_view id, std::string_view scope) {
    const uint64_t seed = scope.empty() ? 0 : base::xxh3_64(base::as_bytes(scope), 1);
    const base::Hash128 hash = base::xxh3_128(base::as_bytes(id), seed);
    return {.high = hash.high, .low = hash.low};
}

// --- Keys ---

// Where the key's entry is, or an empty slot where it would be. The key is a hash already: its low
// bits are its home.
size_t Deduplication::slot_of(const DeduplicationKey& key) const {
    const size_t mask = index_.size() - 1;
    size_t slot = home_of(key);
    while (index_[slot] != kNoEntry && entry(index_[slot]).key != key) slot = (slot + 1) & mask;
    return slot;
}

std::optional<Offset> Deduplication::find(const DeduplicationKey& key) const {
    if (index_.empty()) return std::nullopt;
    const uint32_t number = index_[slot_of(key)];
    return number == kNoEntry ? std::nullopt : std::optional(entry(number).offset);
}

Deduplicated Deduplication::remember(const DeduplicationKey& key, Offset offset, Tick until) {
    const Deduplicated deduplicated{.key = key, .offset = offset, .until = until};
    apply_one(deduplicated);
    return deduplicated;
}

void Deduplication::grow_index() {
    std::vector<uint32_t> numbers = std::move(index_);
    index_.assign(std::max(kIndexSlotsMin, numbers.size() * 2), kNoEntry);
    for (const uint32_t number : numbers) {
        if (number != kNoEntry) index_[slot_of(entry(number).key)] = number;
    }
}

// Closes the gap: what follows without one moves up where its home allows.
void Deduplication::unindex(const DeduplicationKey& key) {
    const size_t mask = index_.size() - 1;
    size_t gap = slot_of(key);
    for (size_t at = (gap + 1) & mask; index_[at] != kNoEntry; at = (at + 1) & mask) {
        const size_t home = home_of(entry(index_[at]).key);
        if (((at - home) & mask) < ((at - gap) & mask)) continue;
        index_[gap] = index_[at];
        gap = at;
    }
    index_[gap] = kNoEntry;
}

void Deduplication::apply_one(const Deduplicated& deduplicated) {
    if ((entries_.size() + 1) * 4 > index_.size() * 3) grow_index();
    const uint64_t number = first_ + entries_.size();
    index_[slot_of(deduplicated.key)] = static_cast<uint32_t>(number);
    entries_.push_back({.key = deduplicated.key, .offset = deduplicated.offset});
    // Until the end of the second; never before what was remembered earlier.
    const Tick until{(deduplicated.until.value / kBucketMs + 1) * kBucketMs};
    if (buckets_.empty() || buckets_.back().until < until) buckets_.push_back({.until = until});
    buckets_.back().end = number + 1;
}

bool Deduplication::is_newest(uint64_t number) const {
    const auto low = static_cast<uint32_t>(number);
    return index_[slot_of(entry(low).key)] == low;
}

void Deduplication::forget_first() {
    if (is_newest(first_)) unindex(entries_.front().key);
    entries_.pop_front();
    ++first_;
}

DeduplicationCleared Deduplication::clear() {
    apply_one(DeduplicationCleared{});
    return {};
}

void Deduplication::apply_one(const DeduplicationCleared&) {
    first_ += entries_.size();
    entries_ = {};
    buckets_ = {};
    index_ = {};
}

// --- Hand-offs ---

std::optional<Offset> Deduplication::find(const HandOff& hand_off) const {
    const auto found = hand_offs_.find(hand_off);
    return found == hand_offs_.end() ? std::nullopt : std::optional(found->second.offset);
}

HandedOff Deduplication::remember(const HandOff& hand_off, Offset offset, Tick until) {
    const HandedOff handed_off{.hand_off = hand_off, .offset = offset, .until = until};
    apply_one(handed_off);
    return handed_off;
}

HandOffForgotten Deduplication::forget(const HandOff& hand_off) {
    apply_one(HandOffForgotten{hand_off});
    return {hand_off};
}

void Deduplication::apply_one(const HandedOff& handed_off) {
    apply_one(HandOffForgotten{handed_off.hand_off});
    hand_offs_[handed_off.hand_off] = {.offset = handed_off.offset, .until = handed_off.until};
    hand_offs_by_expiry_.insert({handed_off.until, handed_off.hand_off});
}

void Deduplication::apply_one(const HandOffForgotten& forgotten) {
    const auto found = hand_offs_.find(forgotten.hand_off);
    if (found == hand_offs_.end()) return;
    hand_offs_by_expiry_.erase({found->second.until, forgotten.hand_off});
    hand_offs_.erase(found);
}

// --- Both ---

size_t Deduplication::expire(Tick now, size_t max) {
    size_t forgotten = 0;
    while (forgotten < max && !buckets_.empty() && buckets_.front().until <= now) {
        if (first_ == buckets_.front().end) {
            buckets_.pop_front();
            continue;
        }
        forget_first();
        ++forgotten;
    }
    while (forgotten < max && !hand_offs_by_expiry_.empty() &&
           hand_offs_by_expiry_.begin()->first <= now) {
        apply_one(HandOffForgotten{hand_offs_by_expiry_.begin()->second});
        ++forgotten;
    }
    return forgotten;
}

std::optional<Tick> Deduplication::next_expiry() const {
    std::optional<Tick> next;
    if (!buckets_.empty()) next = buckets_.front().until;
    if (!hand_offs_by_expiry_.empty()) {
        const Tick first = hand_offs_by_expiry_.begin()->first;
        next = next ? std::min(*next, first) : first;
    }
    return next;
}

void Deduplication::apply(const Settlement& settlement) {
    std::visit(
        [this](const auto& one) {
            if constexpr (requires { this->apply_one(one); }) apply_one(one);
        },
        settlement);
}

void Deduplication::capture(const std::function<void(const Settlement&)>& emit) const {
    uint64_t number = first_;
    for (const Bucket& bucket : buckets_) {
        // The tick that falls into the same bucket again.
        const Tick until{bucket.until.value - 1};
        for (; number < bucket.end; ++number) {
            if (!is_newest(number)) continue;
            const Entry& known = entry(static_cast<uint32_t>(number));
            emit(Deduplicated{.key = known.key, .offset = known.offset, .until = until});
        }
    }
    for (const auto& [hand_off, stored] : hand_offs_) {
        emit(HandedOff{.hand_off = hand_off, .offset = stored.offset, .until = stored.until});
    }
}

bool Deduplication::clip(Offset log_end) {
    std::vector<Settlement> kept;
    bool clipped = false;
    capture([&](const Settlement& settlement) {
        const auto* key = std::get_if<Deduplicated>(&settlement);
        const auto* hand_off = std::get_if<HandedOff>(&settlement);
        const bool lost = (key && key->offset >= log_end) ||
                          (hand_off && hand_off->offset >= log_end);
        clipped = clipped || lost;
        if (!lost) kept.push_back(settlement);
    });
    if (!clipped) return false;
    clear();
    hand_offs_.clear();
    hand_offs_by_expiry_.clear();
    for (const Settlement& settlement : kept) apply(settlement);
    return true;
}

size_t Deduplication::size_bytes() const {
    constexpr size_t kHandOffBytes = 8 * sizeof(void*) + 2 * sizeof(HandOff) + sizeof(HandOffEntry);
    return sizeof(*this) + entries_.size() * sizeof(Entry) + buckets_.size() * sizeof(Bucket) +
           index_.capacity() * sizeof(uint32_t) + hand_offs_.size() * kHandOffBytes;
}

}  // namespace polylog::queue
