#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "io/disk.h"
#include "io/network.h"

namespace polylog::io {

// The time. The monotonic clock never goes back; the wall clock may, when an operator or NTP sets
// it.
class Clock {
public:
    virtual ~Clock() = default;
    virtual base::MonoTime now() const = 0;
    virtual base::WallTime wall() const = 0;
};

// Uniform random bits; in the simulator a stream derived from the seed.
class Random {
public:
    virtual ~Random() = default;
    virtual uint64_t next() = 0;
    // Uniform in [0, bound); bound > 0. The bias of a 64-bit modulo is below anything Polylog uses
    // it for.
    uint64_t below(uint64_t bound) { return next() % bound; }
    // Whether the fault point of that name fires now (io/fault.h). Only the simulator's ever do.
    virtual bool fault_point(std::string_view) { return false; }
};

// All that a program can touch outside its own memory. Handed in, never global: io/linux gives the
// real one, io/sim one that runs from a seed. Each shard has its own; the parts are not
// thread-safe.
struct Env {
    Clock& clock;
    Random& random;
    Disk& disk;
    Network& network;
};

}  // namespace polylog::io
