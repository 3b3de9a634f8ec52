#include "queue/settlement.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "queue/deduplication.h"
#include "queue/delivery_state.h"

// Any bytes are settlements or an error. What is accepted is the same after it has been written
// again, and is a state that its own snapshot gives again.
namespace polylog::queue {
namespace {

constexpr Moment kNow{.tick = {5'000'000}, .wall_ms = 1'700'000'000'000};
// Settlements that reach further are right, and their state is too large for a short run.
constexpr int64_t kOffsetMax = 100'000;

std::vector<Settlement> tidied(const std::vector<Settlement>& settlements) {
    SettlementBatch batch;
    for (const Settlement& one : settlements) batch.add(one);
    return batch.take();
}

int64_t reach_of(const Settlement& settlement) {
    return std::visit(
        [](const auto& one) {
            if constexpr (requires { one.range; }) return one.range.last.value;
            if constexpr (requires { one.cursor; }) return one.cursor.value;
            if constexpr (requires { one.offset; }) return one.offset.value;
            return int64_t{0};
        },
        settlement);
}

void apply_all(const std::vector<Settlement>& settlements) {
    DeliveryState state(model::Offset{0});
    Deduplication deduplication;
    for (const Settlement& one : settlements) {
        if (reach_of(one) > kOffsetMax) return;
        state.apply(one);
        deduplication.apply(one);
    }
    state.extend({kOffsetMax + 1});
    DeliveryState again(model::Offset{0});
    state.capture([&](const Settlement& one) { again.apply(one); });
    again.extend({kOffsetMax + 1});
    CHECK(again.depth() == state.depth());
    CHECK(again.start() == state.start() && again.cursor() == state.cursor());
    while (state.next_expiry() && *state.next_expiry() <= kNow.tick) state.expire(kNow.tick, 1'000);
    while (deduplication.expire(kNow.tick, 1'000) == 1'000) {}
    state.clip({kOffsetMax / 2});
    CHECK(state.cursor().value <= kOffsetMax / 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto decoded = decode_settlements(bytes, kNow);
    if (!decoded) return 0;
    const std::vector<Settlement> expected = tidied(*decoded);
    SettlementBatch batch;
    for (const Settlement& one : expected) batch.add(one);
    std::vector<Settlement> again;
    for (const base::Slice& record : batch.encode(kNow)) {
        CHECK(record.size() <= kSettlementRecordBytesMax);
        const auto settlements = decode_settlements(record.bytes(), kNow);
        CHECK(settlements);
        again.insert(again.end(), settlements->begin(), settlements->end());
    }
    CHECK(again == expected);
    apply_all(*decoded);
    return 0;
}

}  // namespace polylog::queue
