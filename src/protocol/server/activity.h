#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/limits.h"
#include "base/time.h"

namespace polylog::server {

// Why a connection is closed although nothing is wrong with its bytes.
enum class Overdue : uint8_t {
    no_request,   // connected, and never sent a whole request
    idle,         // nothing sent or received for long
    slow_sender,  // a request has begun and arrives too slowly
    slow_reader,  // answers are not read, or too slowly
};
constexpr size_t kOverdueKinds = 4;
std::string_view to_string(Overdue overdue);  // "slow_sender", as metrics label it

// What a connection is waiting for and since when: told by the connection, judged about once a
// second by whoever accepted it, so that the rules are the same for every protocol. A client is
// only blamed for what is up to it: while the broker does not read, no request arrives slowly.
class Activity {
public:
    // A request, or the reading of an answer, gets this long before its rate is judged: a pause on
    // the line is not an attack.
    static constexpr base::Duration kGrace = std::chrono::seconds(10);

    // The limits outlive it.
    Activity(const base::Limits& limits, base::MonoTime now)
        : limits_(limits), opened_at_(now), active_at_(now), reading_paused_at_(now) {}

    // --- Reading ---

    // The connection waits for bytes, until pause_reading.
    void resume_reading(base::MonoTime now);
    void pause_reading(base::MonoTime now);
    // Bytes came. `completed`: at least one request is whole now. `open_bytes`: what has come of
    // the one that is not; nothing when there is none.
    void received(base::MonoTime now, bool completed, std::optional<size_t> open_bytes);

    // --- Serving ---

    void begin_request() { ++serving_; }
    void end_request() { --serving_; }
    uint32_t serving() const { return serving_; }

    // --- Answering ---

    // So many bytes of answers are ready to be sent.
    void owe(base::MonoTime now, size_t bytes);
    void sent(base::MonoTime now, size_t bytes);
    size_t unsent_bytes() const { return unsent_bytes_; }

    // Nothing is being received, served or sent.
    bool quiet() const { return serving_ == 0 && unsent_bytes_ == 0 && !request_open_; }
    // Why the connection should be closed now, or nothing.
    std::optional<Overdue> overdue(base::MonoTime now) const;

private:
    bool reads_too_slowly(base::MonoTime now) const;
    bool sends_too_slowly(base::MonoTime now) const;
    base::Duration earned(size_t bytes) const;

    const base::Limits& limits_;
    const base::MonoTime opened_at_;
    base::MonoTime active_at_;  // last byte in or out
    std::optional<base::MonoTime> reading_paused_at_;
    bool had_request_ = false;
    bool request_open_ = false;
    base::MonoTime request_begun_at_{};  // without the time in which nothing was read
    size_t request_bytes_ = 0;           // of the open one, so far
    uint32_t serving_ = 0;
    size_t unsent_bytes_ = 0;
    base::MonoTime owing_since_{};  // something has been unsent all the time since
    size_t sent_since_ = 0;
    base::MonoTime sent_at_{};  // the last progress, or owing_since_
};

}  // namespace polylog::server
