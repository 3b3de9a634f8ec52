#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "io/network.h"
#include "io/scope.h"
#include "io/shard.h"
#include "io/signal.h"
#include "protocol/http/request_parser.h"
#include "protocol/http/router.h"
#include "protocol/server/connection.h"

namespace polylog::http {

// One client's connection: requests are answered one after another, in order, and the answers of
// requests that came together leave together. A client that closes, its half of the connection is
// enough, gives up the answer that it waits for: the handler is dropped. Holds no buffer while it
// is idle.
class Connection final : public server::Connection {
public:
    Connection(const Router& router, const base::Limits& limits, size_t body_max_bytes,
               std::unique_ptr<io::Stream> stream);

    io::Task<void> run() override;
    // The next answer is the last, and says so.
    void finish() override { closing_ = true; }

private:
    // A request that is being handled.
    struct Attendance {
        std::optional<Response> response;
        bool client_gone = false;
        io::Signal changed;
        io::TaskScope scope;  // last: goes first
    };

    io::Task<base::Result<void>> receive();
    base::Result<void> read_once();
    io::Task<base::Result<void>> answer_received();
    io::Task<base::Result<Response>> attend(Request request);
    io::Task<void> answer(Request request, Attendance& attendance);
    io::Task<void> read_ahead(Attendance& attendance);
    io::Task<base::Result<void>> send();
    void note_received(bool completed);
    io::Task<void> discard_rest();
    void append(const Response& response, bool head_only, bool keep_alive);

    const Router& router_;
    RequestParser parser_;
    std::string received_;      // what is not parsed yet
    std::string unsent_;        // answers
    bool closing_ = false;      // after what is unsent
    size_t request_bytes_ = 0;  // received of the request that is not whole yet
    io::Timer linger_timer_;
};

}  // namespace polylog::http
