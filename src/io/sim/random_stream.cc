#include "io/sim/random_stream.h"

namespace polylog::sim {

RandomStream::RandomStream(uint64_t seed) : seed_(seed) {
    uint64_t word = seed;
    for (uint64_t& part : state_) part = word = scatter(word);
}

}  // namespace polylog::sim
