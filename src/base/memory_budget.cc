#include "base/memory_budget.h"

#include <algorithm>

namespace polylog::base {

namespace {

uint64_t percent_of(uint64_t bytes, uint32_t percent) {
    return bytes / 100 * percent;
}

}  // namespace

std::string_view to_string(MemoryUse use) {
    switch (use) {
    case MemoryUse::requests: return "requests";
    case MemoryUse::responses: return "responses";
    case MemoryUse::storage: return "storage";
    case MemoryUse::groups: return "groups";
    }
    return "";
}

MemoryBudget::MemoryBudget(uint64_t limit_bytes, const Limits& limits)
    : limit_bytes_(limit_bytes),
      slow_from_bytes_(percent_of(limit_bytes, limits.memory_slow_producers_percent)),
      pause_from_bytes_(percent_of(limit_bytes, limits.memory_pause_producers_percent)),
      refuse_from_bytes_(percent_of(limit_bytes, limits.memory_refuse_percent)),
      connection_share_bytes_(percent_of(limit_bytes, limits.memory_per_connection_percent)) {}

uint64_t MemoryBudget::used_bytes() const {
    uint64_t bytes = 0;
    for (const auto& used : used_) bytes += used.load(kOrder);
    return bytes;
}

MemoryStage MemoryBudget::stage() const {
    const uint64_t used = used_bytes();
    if (used >= refuse_from_bytes_) return MemoryStage::refuse;
    if (used >= pause_from_bytes_) return MemoryStage::pause_producers;
    if (used >= slow_from_bytes_) return MemoryStage::slow_producers;
    return MemoryStage::normal;
}

Duration MemoryBudget::producer_pause() const {
    const uint64_t used = used_bytes();
    if (used < slow_from_bytes_) return {};
    const uint64_t range = std::max<uint64_t>(pause_from_bytes_ - slow_from_bytes_, 1);
    const double share = static_cast<double>(used - slow_from_bytes_) / static_cast<double>(range);
    const double longest = std::chrono::duration<double, std::nano>(kPauseMax).count();
    return Duration(static_cast<int64_t>(std::min(share, 1.0) * longest));
}

}  // namespace polylog::base
