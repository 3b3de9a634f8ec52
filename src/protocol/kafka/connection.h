#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/memory_budget.h"
#include "io/network.h"
#include "io/signal.h"
#include "protocol/kafka/call.h"
#include "protocol/kafka/dispatch.h"
#include "protocol/kafka/frame_reader.h"
#include "protocol/server/connection.h"

namespace polylog::kafka {

// One client's connection: reads frames, has them served in order, writes the answers in order and
// all that are ready with one system call per turn. Lives in the coroutine that serves it, on the
// accepting shard. Reading pauses while too many requests are unanswered or too many answers
// unsent: backpressure reaches the client through its socket.
class Connection final : public server::Connection {
public:
    Connection(Service& service, ReceiveSlabs& slabs, std::unique_ptr<io::Stream> stream);

    io::Task<void> run() override;

private:
    // The place of one request's answer in the order of the connection.
    struct Answer {
        bool done = false;
        Reply reply;
    };
    io::Task<base::Result<void>> receive();
    io::Task<void> serve_loop();
    void report(const base::Error& error);
    io::Task<base::Result<void>> start(base::Slice frame);
    io::Task<void> serve(const Served* served, Call call, Answer& answer);
    io::Task<base::Result<void>> refuse_version(const Call& call);
    io::Task<void> write_loop();
    io::Task<base::Result<void>> write_pieces(std::vector<base::Slice> pieces);
    std::vector<base::Slice> take_ready();
    bool congested() const;
    io::Task<base::Result<void>> wait_for_room();
    io::Task<void> wait_to_read();
    base::Result<void> count_memory();
    void complete(Answer& answer, Reply reply);

    Service& service_;
    ReceiveSlabs& slabs_;
    Client client_;
    FrameReader reader_;
    std::deque<base::Slice> waiting_;  // frames not begun, of one read at most
    std::deque<Answer> answers_;       // in the order of the requests
    size_t frame_bytes_ = 0;           // of those frames, and of the requests being served
    bool unwritable_ = false;          // sending has failed
    base::MemoryClaim requests_memory_;
    base::MemoryClaim responses_memory_;
    io::Signal arrived_;   // a frame waits
    io::Signal ready_;     // an answer may be written
    io::Signal progress_;  // a request was answered, or bytes were sent
    io::TaskScope scope_;  // the writer and pipelined requests; last, so that it goes first
};

}  // namespace polylog::kafka
