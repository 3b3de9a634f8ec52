#pragma once

#include <cstdint>

namespace polylog::io {

// Breaks a long loop of a coroutine into pieces, so that one large request does not keep a shard
// from all others:
//     io::Pace pace;
//     for (...) {
//         if (pace.due()) co_await io::end_of_turn();
// End of turn and not yield: what is ready may be many such loops, and sockets are looked at once
// per turn.
class Pace {
public:
    // Counts one step; true when it is time to let others run.
    bool due() { return ++steps_ % kStepsPerTurn == 0; }

private:
    // Steps cost a microsecond or so: the others wait for less than a millisecond.
    static constexpr uint32_t kStepsPerTurn = 256;
    uint32_t steps_ = 0;
};

}  // namespace polylog::io
