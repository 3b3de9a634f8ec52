#pragma once

#include <memory>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "io/network.h"
#include "io/shard.h"
#include "protocol/http/request_parser.h"
#include "protocol/http/router.h"

namespace polylog::http {

// One client's connection: requests are answered one after another, in order, and the answers of
// requests that came together leave together. Holds no buffer while it is idle. Closes itself when
// the client is idle, sends too slowly or does not read. Lives in the coroutine that serves it.
class Connection {
public:
    Connection(const Router& router, const base::Limits& limits, size_t body_max_bytes,
               std::unique_ptr<io::Stream> stream);

    // Serves until either side closes.
    io::Task<void> run();

    // Nothing is being received, served or sent.
    bool quiet() const { return !busy_ && !parser_.inside_request(); }
    // Lets what is under way be answered, then closes.
    void finish();
    void close() { stream_->close(); }
    bool was_overdue() const { return overdue_; }

private:
    io::Task<base::Result<void>> receive();
    io::Task<base::Result<void>> answer_received();
    io::Task<base::Result<void>> send();
    io::Task<void> discard_rest();
    void append(const Response& response, bool head_only, bool keep_alive);
    void close_at(base::MonoTime deadline);
    base::MonoTime receive_deadline() const;

    const Router& router_;
    const base::Limits& limits_;
    std::unique_ptr<io::Stream> stream_;
    RequestParser parser_;
    std::string received_;  // what is not parsed yet
    std::string unsent_;    // answers
    bool busy_ = false;     // a request is being answered or sent
    bool closing_ = false;  // after what is unsent
    bool overdue_ = false;
    base::MonoTime request_begun_at_;
    size_t request_bytes_ = 0;  // received of it so far
    io::Timer overdue_timer_;
};

}  // namespace polylog::http
