#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/time.h"
#include "io/shard.h"
#include "io/task.h"

namespace polylog::server {

// Which limit a new connection has run into.
enum class Refusal : uint8_t {
    connections,  // of the process
    address,      // of one address
    rate,         // new ones of one address
    memory,       // the last stage of the memory budget
};
constexpr size_t kRefusalKinds = 4;
std::string_view to_string(Refusal refusal);  // "address", as metrics label it

// Counts the connections of the whole process, over all listeners, protocols and shards, and says
// whether one more may come. Lives on one shard, which others ask by message: a new connection
// costs one round trip there, and nothing while it lasts. Outlives every acceptor.
class Admission {
public:
    // Limits and budget outlive it.
    Admission(io::Shard& home, const base::Limits& limits, const base::MemoryBudget& memory)
        : home_(home), limits_(limits), memory_(memory) {}
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    // Callable from any shard. Nothing: the connection is counted until it is released.
    io::Task<std::optional<Refusal>> admit(std::string host);
    // Callable from any shard; for an admitted connection that has ended.
    void release(std::string host);
    // On its own shard.
    uint32_t open() const { return open_; }

private:
    // One address. It may open as many connections at once as it may have, then as many in a second
    // as the limit says: a restart of all its clients passes, a loop without a pause does not.
    struct Address {
        uint32_t open = 0;
        double allowance = 0;
        base::MonoTime updated_at{};
    };
    std::optional<Refusal> admit_here(const std::string& host);
    void release_here(const std::string& host);
    Address& refilled(const std::string& host);
    void forget_quiet_addresses();

    io::Shard& home_;
    const base::Limits& limits_;
    const base::MemoryBudget& memory_;
    uint32_t open_ = 0;
    std::map<std::string, Address> addresses_;
};

}  // namespace polylog::server
