// What the delivery state of a queue costs: time per lease and settlement, memory per message, how
// long many expiries at once take, bytes in the settlement log. `micro_delivery_state` takes no
// arguments and prints one figure a line.
#include "queue/delivery_state.h"

#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

#include "queue/deduplication.h"
#include "queue/group_order.h"
#include "queue/priority_lanes.h"
#include "queue/settlement.h"

namespace polylog::queue {
namespace {

using model::Offset;

constexpr Tick kSoon{30'000};
constexpr int64_t kWallMs = 1'700'000'000'000;

double seconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

size_t heap_bytes() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

void print(std::string_view what, double value, std::string_view unit) {
    fmt::print("{:<58} {:>10.2f} {}\n", what, value, unit);
}

void lease_and_settle(uint64_t in_flight, bool in_order) {
    constexpr uint64_t kMessages = 4'000'000;
    DeliveryState state(Offset{0});
    state.extend(Offset{kMessages + 1});
    std::vector<Offset> leased(in_flight);
    std::mt19937_64 random(1);
    SettlementBatch batch;
    size_t logged_bytes = 0;
    const double taken = seconds([&] {
        for (uint64_t i = 0; i < kMessages; ++i) {
            const uint64_t slot = in_order ? i % in_flight : random() % in_flight;
            if (leased[slot].value > 0 || (in_order && i >= in_flight)) {
                batch.add(state.settle(leased[slot]));
            }
            leased[slot] = *state.next();
            batch.add(state.lease(leased[slot], kSoon, kWallMs));
            if (i % 256 != 255) continue;
            for (const auto& record : batch.encode({{0}, kWallMs})) logged_bytes += record.size();
        }
    });
    const std::string name = fmt::format("lease, settle and log, {} in flight, {}", in_flight,
                                         in_order ? "in order" : "at random");
    print(name, taken * 1e9 / kMessages, "ns");
    print("  logged", static_cast<double>(logged_bytes) / kMessages, "bytes a message");
}

void hold_a_million_leases() {
    constexpr uint64_t kMessages = 1'000'000;
    const size_t before = heap_bytes();
    DeliveryState state(Offset{0});
    state.extend(Offset{kMessages});
    std::mt19937_64 random(1);
    for (uint64_t i = 0; i < kMessages; ++i) {
        state.lease(*state.next(), Tick{1'000 + static_cast<int64_t>(random() % 43'200'000)},
                    kWallMs);
    }
    print("a leased message, 1 M of them", static_cast<double>(heap_bytes() - before) / kMessages,
          "bytes");
    print("  by its own account", static_cast<double>(state.size_bytes()) / kMessages, "bytes");
    size_t ended = 0;
    double slowest = 0;
    const double taken = seconds([&] {
        while (state.next_expiry()) {
            slowest = std::max(slowest, seconds([&] {
                                   for (const Released& one :
                                        state.expire(Tick{50'000'000}, 10'000)) {
                                       ended += one.range.count();
                                   }
                               }));
        }
    });
    print("1 M leases end at once, in slices of 10,000", taken * 1e3, "ms");
    print("  the slowest slice", slowest * 1e3, "ms");
    print("a ready message that was leased before",
          static_cast<double>(heap_bytes() - before) / static_cast<double>(ended), "bytes");
    print("leasing 1 M that came back", seconds([&] {
                                            while (const auto next = state.next())
                                                state.lease(*next, kSoon, kWallMs);
                                        }) * 1e3,
          "ms");
    print("a release of all of them, one by one",
          seconds([&] {
              for (int64_t i = 0; i < static_cast<int64_t>(kMessages); ++i)
                  state.release(Offset{i});
          }) * 1e3,
          "ms");
}

void delay_ten_million() {
    constexpr int64_t kMessages = 10'000'000;
    const size_t before = heap_bytes();
    DeliveryState state(Offset{0});
    std::mt19937_64 random(1);
    const double taken = seconds([&] {
        for (int64_t i = 0; i < kMessages; ++i) {
            state.delay(Offset{i}, Tick{1 + static_cast<int64_t>(random() % 900'000)});
        }
    });
    state.extend(Offset{kMessages});
    print("delaying a message", taken * 1e9 / kMessages, "ns");
    print("a delayed message, 10 M of them", static_cast<double>(heap_bytes() - before) / kMessages,
          "bytes");
    uint64_t ended = 0;
    const double expiry = seconds([&] {
        for (Tick now{10}; ended < kMessages; now.value += 10) {
            while (state.next_expiry().value_or(kNoDeadline) <= now) {
                for (const Released& one : state.expire(now, 10'000)) ended += one.range.count();
            }
        }
    });
    print("ending 10 M delays over 15 minutes", expiry * 1e3, "ms");
}

void deduplicate() {
    constexpr int64_t kKeys = 3'000'000;
    const size_t before = heap_bytes();
    Deduplication table;
    std::mt19937_64 random(1);
    const double taken = seconds([&] {
        for (int64_t i = 0; i < kKeys; ++i) {
            table.remember({.high = random(), .low = random()}, Offset{i}, Tick{i / 10});
        }
    });
    print("remembering a key", taken * 1e9 / kKeys, "ns");
    print("a deduplication key, 3 M of them", static_cast<double>(heap_bytes() - before) / kKeys,
          "bytes");
}

void order_groups() {
    constexpr int64_t kMessages = 1'000'000;
    GroupOrder order(Offset{0});
    int64_t next = 0;
    uint64_t settled = 0;
    const double taken = seconds([&] {
        while (settled < kMessages) {
            while (order.room() > 0 && next < kMessages) {
                order.add(Offset{next}, GroupHash{static_cast<uint64_t>(next % 1'000)}, true);
                ++next;
            }
            const std::vector<Offset> picked = order.pick(10);
            for (const Offset offset : picked) order.hold(offset);
            for (const Offset offset : picked) order.settle(offset);
            settled += picked.size();
        }
    });
    print("an ordered message, 1,000 groups", taken * 1e9 / kMessages, "ns");
    GroupOrder full(Offset{0});
    for (int64_t i = 0; full.room() > 0; ++i) {
        full.add(Offset{i}, GroupHash{static_cast<uint64_t>(i % 1'000)}, true);
    }
    print("an indexed message of an ordered queue",
          static_cast<double>(full.size_bytes()) / kGroupWindow, "bytes");
}

void order_priorities() {
    constexpr int64_t kMessages = 1'000'000;
    PriorityLanes lanes;
    const double taken = seconds([&] {
        for (int64_t i = 0; i < kMessages; ++i) {
            lanes.add({Offset{i}, static_cast<uint8_t>(i % 10)});
        }
    });
    print("a ready message with a priority, 10 levels",
          static_cast<double>(lanes.size_bytes()) / kMessages, "bytes");
    print("  adding", taken * 1e9 / kMessages, "ns");
    print("  taking",
          seconds([&] {
              while (const auto place = lanes.next()) lanes.remove(*place);
          }) * 1e9 /
              kMessages,
          "ns");
}

}  // namespace

void run() {
    for (const uint64_t in_flight : {1u, 1'000u, 1'000'000u}) lease_and_settle(in_flight, true);
    for (const uint64_t in_flight : {1'000u, 1'000'000u}) lease_and_settle(in_flight, false);
    hold_a_million_leases();
    delay_ten_million();
    deduplicate();
    order_groups();
    order_priorities();
}

}  // namespace polylog::queue

int main() {
    polylog::queue::run();
}
