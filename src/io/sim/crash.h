#pragma once

#include "io/sim/random_stream.h"

namespace polylog::sim {

// How a node dies.
enum class Crash : uint8_t {
    kill,       // the process: the page cache survives, the kernel closes its connections
    power_cut,  // the machine: unsynced data is at risk, and peers hear nothing
};

// What a power cut leaves of a sequence of unsynced changes. Real disks do all four; the extremes
// are as good at finding errors as the mixtures.
enum class Survival : uint8_t {
    nothing,
    everything,
    prefix,     // in order up to some point
    scattered,  // any subset that the file system's own rules allow
};

// One of the four, all equally likely.
inline Survival draw_survival(RandomStream& stream) {
    return static_cast<Survival>(stream.below(4));
}

}  // namespace polylog::sim
