#include "queue/settlement.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace polylog::queue {

using base::ByteReader;
using base::ByteWriter;
using base::ErrorCode;
using base::fail;
using base::Result;
using model::Offset;

namespace {

// docs/formats/settlements.md
constexpr uint8_t kVersion = 1;
enum class Kind : uint8_t {
    clock = 0,
    settled = 1,
    settled_below = 2,
    released = 3,
    delayed = 4,
    leased = 5,
    condemned = 6,
    rewound = 7,
    position = 8,
    deduplicated = 9,
    deduplication_cleared = 10,
    handed_off = 11,
    hand_off_forgotten = 12,
};
constexpr uint8_t kKindMask = 0x0F;
constexpr uint8_t kSingle = 0x10;     // one offset: no count
constexpr uint8_t kAdjoins = 0x20;    // begins where the last range ended: no gap
constexpr uint8_t kUncounted = 0x40;  // all counts are zero: not there
constexpr uint8_t kAlike = 0x80;      // time, reason and counts are those of the last such entry

// Room for the next entry in a record: the longest one, a hand-off, takes less.
constexpr size_t kEntryBytesMax = 96;
// Offsets, attempts and times beyond are nobody's, and sums of two of them do not overflow.
constexpr int64_t kNumberMax = int64_t{1} << 61;

constexpr bool is_number(int64_t value) {
    return value >= 0 && value <= kNumberMax;
}

// What entries of a record leave out because earlier ones have said it; the same on both sides.
struct Context {
    int64_t next_offset = 0;
    int64_t next_attempt = 0;
    std::optional<Released> released;
    std::optional<Delayed> delayed;
    std::optional<Leased> leased;
    std::optional<Condemned> condemned;
};

bool is_alike(const std::optional<Released>& last, const Released& next) {
    return last && last->counts == next.counts;
}
bool is_alike(const std::optional<Delayed>& last, const Delayed& next) {
    return last && last->counts == next.counts && last->due == next.due;
}
bool is_alike(const std::optional<Leased>& last, const Leased& next) {
    return last && last->counts == next.counts && last->deadline == next.deadline;
}
bool is_alike(const std::optional<Condemned>& last, const Condemned& next) {
    return last && last->counts == next.counts && last->reason == next.reason;
}

// --- Writing ---

class Encoder {
public:
    explicit Encoder(const Moment& now) : now_(now) {}

    void add(const Settlement& settlement) {
        if (writer_.size_bytes() + kEntryBytesMax > kSettlementRecordBytesMax) finish_record();
        if (writer_.size_bytes() == 0) writer_.le<uint8_t>(kVersion);
        std::visit([this](const auto& one) { write(one); }, settlement);
    }
    std::vector<base::Slice> finish() {
        if (writer_.size_bytes() > 0) finish_record();
        return std::move(records_);
    }

private:
    void finish_record() {
        records_.push_back(writer_.finish());
        context_ = {};
        has_clock_ = false;
    }

    void write(const Settled& settled) { range(Kind::settled, 0, settled.range); }
    void write(const SettledBelow& settled) {
        head(Kind::settled_below);
        number(settled.offset.value);
    }
    void write(const Released& released) {
        counted(Kind::released, released, context_.released, [] {});
    }
    void write(const Delayed& delayed) {
        counted(Kind::delayed, delayed, context_.delayed, [&] { time(delayed.due); });
    }
    void write(const Leased& leased) {
        counted(Kind::leased, leased, context_.leased, [&] { time(leased.deadline); });
        const auto attempt = static_cast<int64_t>(leased.first_attempt.value);
        writer_.varlong(attempt - context_.next_attempt);
        context_.next_attempt = attempt + static_cast<int64_t>(leased.range.count());
    }
    void write(const Condemned& condemned) {
        counted(Kind::condemned, condemned, context_.condemned,
                [&] { writer_.le<uint8_t>(std::to_underlying(condemned.reason)); });
    }
    void write(const Rewound& rewound) {
        head(Kind::rewound);
        number(rewound.offset.value);
    }
    void write(const Position& position) {
        head(Kind::position);
        number(position.start.value);
        number(position.cursor.value - position.start.value);
        number(static_cast<int64_t>(position.next_attempt.value));
    }
    void write(const Deduplicated& deduplicated) {
        clock();
        head(Kind::deduplicated);
        writer_.le<uint64_t>(deduplicated.key.high);
        writer_.le<uint64_t>(deduplicated.key.low);
        number(deduplicated.offset.value);
        time(deduplicated.until);
    }
    void write(const DeduplicationCleared&) { head(Kind::deduplication_cleared); }
    void write(const HandedOff& handed_off) {
        clock();
        head(Kind::handed_off);
        hand_off(handed_off.hand_off);
        number(handed_off.offset.value);
        time(handed_off.until);
    }
    void write(const HandOffForgotten& forgotten) {
        head(Kind::hand_off_forgotten);
        hand_off(forgotten.hand_off);
    }

    void head(Kind kind, uint8_t flags = 0) {
        writer_.le<uint8_t>(static_cast<uint8_t>(std::to_underlying(kind) | flags));
    }
    // Before the first entry that refers to it.
    void clock() {
        if (std::exchange(has_clock_, true)) return;
        head(Kind::clock);
        number(now_.wall_ms);
    }
    void range(Kind kind, uint8_t flags, Range range) {
        if (range.first == range.last) flags |= kSingle;
        if (range.first.value == context_.next_offset) flags |= kAdjoins;
        head(kind, flags);
        if ((flags & kAdjoins) == 0) writer_.varlong(range.first.value - context_.next_offset);
        if ((flags & kSingle) == 0) writer_.uvarlong(range.count());
        context_.next_offset = range.last.value + 1;
    }
    template <class Entry, class WriteDetails>
    void counted(Kind kind, const Entry& entry, std::optional<Entry>& last, WriteDetails details) {
        const bool alike = is_alike(last, entry);
        const bool uncounted = entry.counts == DeliveryCounts{};
        if (!alike && !(uncounted && kind == Kind::released)) clock();
        range(kind, static_cast<uint8_t>((alike ? kAlike : 0) | (uncounted ? kUncounted : 0)),
              entry.range);
        last = entry;
        if (alike) return;
        details();
        if (!uncounted) counts(entry.counts);
    }
    void counts(const DeliveryCounts& counts) {
        writer_.uvarint(counts.leased);
        writer_.le<uint8_t>(counts.failed);
        writer_.varlong(now_.wall_ms - counts.first_leased_at_ms);
    }
    void time(Tick due) {
        if (due == kNoDeadline) return number(0);
        number(std::max<int64_t>(0, due.value - now_.tick.value) + 1);
    }
    void hand_off(const HandOff& hand_off) {
        writer_.bytes(std::as_bytes(std::span(hand_off.source.topic.value.bytes)));
        number(hand_off.source.partition.value);
        number(hand_off.offset.value);
    }
    void number(int64_t value) { writer_.uvarlong(static_cast<uint64_t>(value)); }

    const Moment now_;
    ByteWriter writer_;
    Context context_;
    bool has_clock_ = false;
    std::vector<base::Slice> records_;
};

// --- Reading ---

class Decoder {
public:
    Decoder(base::Bytes value, const Moment& now) : reader_(value), now_(now) {}

    Result<std::vector<Settlement>> decode() {
        if (reader_.le<uint8_t>() != kVersion) {
            return fail(ErrorCode::corrupt, "settlements: unknown version");
        }
        while (reader_.remaining() > 0) read_entry();
        if (!reader_.ok()) return fail(ErrorCode::corrupt, "settlements: malformed entry");
        return std::move(settlements_);
    }

private:
    void read_entry() {
        flags_ = reader_.le<uint8_t>();
        switch (static_cast<Kind>(flags_ & kKindMask)) {
        case Kind::clock: clock_ = number(); return;
        case Kind::settled: return add(Settled{range()});
        case Kind::settled_below: return add(SettledBelow{{number()}});
        case Kind::released: return read_released();
        case Kind::delayed: return read_delayed();
        case Kind::leased: return read_leased();
        case Kind::condemned: return read_condemned();
        case Kind::rewound: return add(Rewound{{number()}});
        case Kind::position: return read_position();
        case Kind::deduplicated: return read_deduplicated();
        case Kind::deduplication_cleared: return add(DeduplicationCleared{});
        case Kind::handed_off: return read_handed_off();
        case Kind::hand_off_forgotten: return add(HandOffForgotten{hand_off()});
        }
        reader_.fail();
    }

    void add(Settlement settlement) {
        if (reader_.ok()) settlements_.push_back(std::move(settlement));
    }

    // The entry with its details, which are those of the last one of its kind if it says so.
    template <class Entry, class ReadDetails>
    Entry counted(std::optional<Entry>& last, ReadDetails details) {
        const Range where = range();
        Entry entry;
        if ((flags_ & kAlike) != 0) {
            if (!last) reader_.fail();
            entry = last.value_or(Entry{});
        } else {
            details(entry);
            if ((flags_ & kUncounted) == 0) entry.counts = counts();
        }
        entry.range = where;
        last = entry;
        return entry;
    }

    void read_released() {
        add(counted(context_.released, [](Released&) {}));
    }
    void read_delayed() {
        add(counted(context_.delayed, [this](Delayed& delayed) { delayed.due = time(); }));
    }
    void read_leased() {
        Leased leased = counted(context_.leased,
                                [this](Leased& entry) { entry.deadline = time(); });
        const int64_t attempt = sum(context_.next_attempt, reader_.varlong());
        const auto count = static_cast<int64_t>(leased.range.count());
        context_.next_attempt = sum(attempt, count);
        leased.first_attempt = {static_cast<uint64_t>(attempt)};
        add(leased);
    }
    void read_condemned() {
        add(counted(context_.condemned, [this](Condemned& condemned) {
            const auto reason = reader_.le<uint8_t>();
            if (reason > std::to_underlying(DeathReason::over_length)) reader_.fail();
            condemned.reason = static_cast<DeathReason>(reason);
        }));
    }
    void read_position() {
        const int64_t start = number();
        const int64_t cursor = sum(start, number());
        add(Position{.start = {start},
                     .cursor = {cursor},
                     .next_attempt = {static_cast<uint64_t>(number())}});
    }
    void read_deduplicated() {
        Deduplicated deduplicated;
        deduplicated.key.high = reader_.le<uint64_t>();
        deduplicated.key.low = reader_.le<uint64_t>();
        deduplicated.offset = {number()};
        deduplicated.until = time();
        add(deduplicated);
    }
    void read_handed_off() {
        HandedOff handed_off{.hand_off = hand_off(), .offset = {}, .until = {}};
        handed_off.offset = {number()};
        handed_off.until = time();
        add(handed_off);
    }

    Range range() {
        const int64_t gap = (flags_ & kAdjoins) != 0 ? 0 : reader_.varlong();
        const int64_t first = sum(context_.next_offset, gap);
        const int64_t count = (flags_ & kSingle) != 0 ? 1 : number();
        if (count == 0) reader_.fail();
        const int64_t next = sum(first, count);
        context_.next_offset = next;
        return {{first}, {std::max(first, next - 1)}};
    }
    DeliveryCounts counts() {
        const uint32_t leased = reader_.uvarint();
        const auto failed = reader_.le<uint8_t>();
        const int64_t age_ms = reader_.varlong();
        if (leased > std::numeric_limits<uint16_t>::max() || !clock_) reader_.fail();
        return {.first_leased_at_ms = sum(clock_.value_or(0), -std::max(age_ms, -kNumberMax)),
                .leased = static_cast<uint16_t>(leased),
                .failed = failed};
    }
    // What was left when it was written; less when the wall clock has gone on since.
    Tick time() {
        const int64_t coded = number();
        if (coded == 0) return kNoDeadline;
        if (!clock_) reader_.fail();
        const int64_t remaining = coded - 1;
        const int64_t by_wall = clock_.value_or(0) + remaining - now_.wall_ms;
        return {now_.tick.value + std::clamp<int64_t>(by_wall, 0, remaining)};
    }
    HandOff hand_off() {
        HandOff hand_off;
        auto& id = hand_off.source.topic.value.bytes;
        const base::Bytes bytes = reader_.take(id.size());
        if (!bytes.empty()) std::memcpy(id.data(), bytes.data(), id.size());
        const int64_t partition = number();
        if (partition > std::numeric_limits<int32_t>::max()) reader_.fail();
        hand_off.source.partition = {static_cast<int32_t>(partition)};
        hand_off.offset = {number()};
        return hand_off;
    }
    int64_t number() {
        const auto value = static_cast<int64_t>(reader_.uvarlong());
        if (is_number(value)) return value;
        reader_.fail();
        return 0;
    }
    // Of a number and a difference; a number itself.
    int64_t sum(int64_t value, int64_t difference) {
        const bool fits = difference >= -kNumberMax && difference <= kNumberMax;
        if (fits && is_number(value + difference)) return value + difference;
        reader_.fail();
        return 0;
    }

    ByteReader reader_;
    const Moment now_;
    uint8_t flags_ = 0;  // of the entry being read
    std::optional<int64_t> clock_;
    Context context_;
    std::vector<Settlement> settlements_;
};

// --- Joining ---

bool adjoins(const Range& last, const Range& next) {
    return last.last.value + 1 == next.first.value;
}

// Makes `next` part of `last`, where both say the same of neighbouring offsets.
template <class Entry>
bool join(Entry& last, const Entry& next) {
    if constexpr (std::is_same_v<Entry, Released> || std::is_same_v<Entry, Delayed> ||
                  std::is_same_v<Entry, Leased> || std::is_same_v<Entry, Condemned>) {
        if (!adjoins(last.range, next.range) || !is_alike(std::optional(last), next)) return false;
        if constexpr (std::is_same_v<Entry, Leased>) {
            if (last.first_attempt.value + last.range.count() != next.first_attempt.value) {
                return false;
            }
        }
        last.range.last = next.range.last;
        return true;
    } else {
        return false;
    }
}

bool join(Settlement& last, const Settlement& next) {
    return std::visit(
        [&](const auto& entry) {
            auto* same = std::get_if<std::remove_cvref_t<decltype(entry)>>(&last);
            return same != nullptr && join(*same, entry);
        },
        next);
}

}  // namespace

void SettlementBatch::add(const Settlement& settlement) {
    if (const auto* settled = std::get_if<Settled>(&settlement)) {
        if (!settled_.empty() && adjoins(settled_.back(), settled->range)) {
            settled_.back().last = settled->range.last;
        } else {
            settled_.push_back(settled->range);
        }
        return;
    }
    // Only these two bring settled messages back.
    if (std::holds_alternative<Rewound>(settlement) ||
        std::holds_alternative<Position>(settlement)) {
        flush_settled();
    }
    if (!ordered_.empty() && join(ordered_.back(), settlement)) return;
    ordered_.push_back(settlement);
}

void SettlementBatch::flush_settled() {
    std::ranges::sort(settled_);
    size_t count = 0;
    for (const Range& next : settled_) {
        if (count > 0 && next.first.value <= settled_[count - 1].last.value + 1) {
            Range& last = settled_[count - 1];
            last.last = std::max(last.last, next.last);
        } else {
            settled_[count++] = next;
        }
    }
    settled_.resize(count);
    for (const Range& range : settled_) ordered_.push_back(Settled{range});
    settled_.clear();
}

std::vector<Settlement> SettlementBatch::take() {
    flush_settled();
    return std::exchange(ordered_, {});
}

std::vector<base::Slice> SettlementBatch::encode(const Moment& now) {
    flush_settled();
    Encoder encoder(now);
    for (const Settlement& settlement : ordered_) encoder.add(settlement);
    ordered_.clear();
    return encoder.finish();
}

void SettlementBatch::clear() {
    ordered_.clear();
    settled_.clear();
}

Result<std::vector<Settlement>> decode_settlements(base::Bytes value, const Moment& now) {
    return Decoder(value, now).decode();
}

}  // namespace polylog::queue
