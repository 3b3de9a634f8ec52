#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "bench/histogram.h"

// The load every benchmark puts on a server: one thread, epoll, N connections to the loopback
// address, up to D requests outstanding on each, answers in the order of the requests. What is said
// on the connections is a Conversation; the loop is the same for all of them, so that the client
// costs the same whether the limit server, Polylog or a peer is measured.
namespace polylog::bench {

using Seconds = std::chrono::duration<double>;

struct LoadShape {
    uint16_t port = 0;
    int connections = 1;
    int depth = 1;  // requests outstanding on one connection
    // 0: closed loop, each answer releases the next request. Otherwise open loop at this rate: a
    // request has an intended time and its latency counts from there, so a stalled server is
    // charged for every request that it kept waiting (no coordinated omission).
    double requests_per_second = 0;
    Seconds warm_up{0.6};
    Seconds measured{1.5};
    pid_t server_pid = 0;  // whose CPU time is read; 0: nobody's
};

// A place for one outstanding request; used again only after its answer has arrived.
struct Slot {
    int connection = 0;
    int index = 0;  // 0 .. depth - 1
};

// What an answer was worth.
struct Carried {
    uint64_t messages = 0;
    uint64_t bytes = 0;
    bool answers_request = true;  // false for something the server said unasked
};

class Conversation {
public:
    virtual ~Conversation() = default;

    // Whatever has to be said first on a connection; the socket still blocks.
    virtual base::Result<void> greet(int socket, int connection);
    // Appends the pieces of the next request; their bytes stay untouched until its answer has
    // arrived. False when there is nothing more to send on this connection; it is not asked again.
    virtual bool next_request(Slot slot, std::vector<iovec>& pieces) = 0;
    // What one request carries when the server answers none of them (then it counts once the kernel
    // has taken it); nullopt, the default, when every request is answered.
    virtual std::optional<Carried> unanswered() const;
    // Size of the answer at the front of `received`; 0 when more bytes are needed to tell.
    virtual size_t response_bytes(base::Bytes received) const = 0;
    // Takes one whole answer to the oldest outstanding request of the connection.
    virtual base::Result<Carried> take_response(Slot slot, base::Bytes response) = 0;
};

struct LoadResult {
    double seconds = 0;     // the measured time
    uint64_t requests = 0;  // answered within it
    uint64_t messages = 0;
    uint64_t bytes = 0;
    Histogram latency;       // nanoseconds, of requests that started (or should have) within it
    uint64_t abandoned = 0;  // still unanswered after the drain time; their age is in `latency`
    double server_cpu_seconds = 0;
    double client_cpu_seconds = 0;
    uint64_t server_written_bytes = 0;
    uint64_t server_peak_resident_bytes = 0;
    bool ended_by_peer = false;  // the server closed a connection
};

// Connects, warms up, measures, waits up to two seconds for outstanding answers and closes. Ends
// early when the conversation has nothing more to send or the server closes a connection. Errors:
// closed when nobody listens on the port, whatever the conversation reports, io_failed.
base::Result<LoadResult> run_load(const LoadShape& shape, Conversation& conversation);

// Nanoseconds on the monotonic clock.
int64_t now_ns();
// A connected, blocking TCP_NODELAY socket to 127.0.0.1, owned by the caller. Errors: closed.
base::Result<int> connect_loopback(uint16_t port);
// Lets this process hold `count` more descriptors, as far as the hard limit allows.
base::Result<void> reserve_descriptors(int count);

}  // namespace polylog::bench
