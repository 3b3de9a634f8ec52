#pragma once

#include "io/env.h"

// A place where production code may legally misbehave, and does so now and then in the simulator: a
// batch cut short, a segment rolled early, an answer delayed. Rare paths then run under every seed.
//
//     if (FAULT_POINT(env, "log.append.short_batch")) batch = batch.first_half();
//
// `where` is an Env or a Shard; the name is a string literal, "room.verb.what", unique in the
// program. Whichever way it answers the code must be correct. Never true outside the simulator; in
// release builds the constant false (POLYLOG_FAULT_POINTS is not defined there).
#ifdef POLYLOG_FAULT_POINTS
#define FAULT_POINT(where, name) (::polylog::io::detail::random_of(where).fault_point(name))
#else
#define FAULT_POINT(where, name) (static_cast<void>(sizeof(where)), false)
#endif

namespace polylog::io::detail {

// The randomness of an Env, or of a shard's.
template <class EnvOrShard>
Random& random_of(EnvOrShard& where) {
    if constexpr (requires { where.random; }) {
        return where.random;
    } else {
        return where.env().random;
    }
}

}  // namespace polylog::io::detail
