#include "protocol/kafka/connection.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/logging.h"
#include "io/shard.h"
#include "protocol/kafka/handlers/api_versions.h"
#include "protocol/kafka/request_metrics.h"

namespace polylog::kafka {

using base::ErrorCode;
using base::fail;
using base::MonoTime;
using base::Result;
using base::Slice;
using io::Task;

namespace {

const base::Logger kLogger("kafka");

constexpr size_t kPiecesPerWrite = 64;
// How often a producer that waits for memory asks again.
constexpr base::Duration kMemoryInterval = std::chrono::milliseconds(20);

}  // namespace

Connection::Connection(Service& service, ReceiveSlabs& slabs, std::unique_ptr<io::Stream> stream)
    : server::Connection(service.limits, std::move(stream)),
      service_(service),
      slabs_(slabs),
      client_{.service = service, .peer = stream_->peer(), .local = stream_->local()},
      reader_(service.limits),
      requests_memory_(service.broker.memory(), base::MemoryUse::requests),
      responses_memory_(service.broker.memory(), base::MemoryUse::responses) {}

Task<void> Connection::run() {
    scope_.spawn(write_loop());
    for (;;) {
        const auto received = co_await receive();
        if (received) continue;
        if (received.error() != ErrorCode::closed) {
            kLogger.warn("connection_closed", "closing a connection",
                         {{"peer", io::to_string(peer())}, {"err", received.error()}});
        }
        break;
    }
    stream_->close();
}

Task<Result<void>> Connection::receive() {
    CO_TRY_VOID(co_await wait_for_room());
    activity_.resume_reading(io::Shard::current().now());
    CO_TRY_VOID(co_await stream_->readable());
    co_await wait_to_read();
    std::vector<Slice> frames;
    CO_TRY_VOID(reader_.read(*stream_, slabs_, frames));
    const MonoTime now = io::Shard::current().now();
    std::optional<size_t> open_bytes;
    if (reader_.inside_frame()) open_bytes = reader_.received_bytes();
    activity_.received(now, !frames.empty(), open_bytes);
    activity_.pause_reading(now);
    CO_TRY_VOID(count_memory());
    for (Slice& frame : frames) {
        CO_TRY_VOID(co_await wait_for_room());
        CO_TRY_VOID(co_await start(std::move(frame)));
    }
    co_return {};
}

// Begins to serve one request; returns when the next may begin.
Task<Result<void>> Connection::start(Slice frame) {
    CO_TRY(RequestFrame request, parse_request_frame(frame));
    Call call{.frame = std::move(frame), .request = std::move(request)};
    const Served* served = find_served(call.request.header.request_api_key);
    if (!served) co_return fail(ErrorCode::unsupported, "a request that is not served");
    if (!served->api->has(call.version())) co_return co_await refuse_version(call);
    if (!served->pipelined) {
        while (activity_.serving() > 0) co_await progress_.wait();
    }
    activity_.begin_request();
    frame_bytes_ += call.frame.size();
    Answer& answer = answers_.emplace_back();
    if (served->pipelined) {
        scope_.spawn(serve(served, std::move(call), answer));
    } else {
        co_await serve(served, std::move(call), answer);
    }
    co_return {};
}

Task<void> Connection::serve(const Served* served, Call call, Answer& answer) {
    const MonoTime begun_at = io::Shard::current().now();
    const size_t size_bytes = call.frame.size();
    auto reply = co_await served->handler(client_, call);
    service_.metrics.record(*served, io::Shard::current().now() - begun_at);
    frame_bytes_ -= size_bytes;
    if (!reply) {
        service_.metrics.count_failure();
        kLogger.warn("request_failed",
                     "closing a connection after a request that cannot be answered",
                     {{"peer", io::to_string(peer())},
                      {"api", served->api->name},
                      {"version", call.version()},
                      {"client", call.client_id()},
                      {"err", reply.error()}});
        stream_->close();
        complete(answer, Reply());
        co_return;
    }
    complete(answer, std::move(*reply));
}

void Connection::complete(Answer& answer, Reply reply) {
    activity_.end_request();
    if (reply) activity_.owe(io::Shard::current().now(), reply->size_bytes());
    requests_memory_.set(frame_bytes_ + reader_.reserved_bytes());
    responses_memory_.set(activity_.unsent_bytes());
    answer.reply = std::move(reply);
    answer.done = true;
    ready_.notify_all();
    progress_.notify_all();
}

// A version this broker does not speak. Only ApiVersions is answered: in version 0, so that the
// client learns what is spoken (KIP-511). For everything else the connection is closed.
Task<Result<void>> Connection::refuse_version(const Call& call) {
    constexpr int16_t kApiVersionsKey = 18;
    if (call.request.header.request_api_key != kApiVersionsKey) {
        co_return fail(ErrorCode::unsupported_version, "a version that was not advertised");
    }
    while (activity_.serving() > 0) co_await progress_.wait();
    activity_.begin_request();
    Answer& answer = answers_.emplace_back();
    CO_TRY(Output output, refuse_api_versions(call));
    complete(answer, Reply(std::move(output)));
    co_return {};
}

// Producers wait while memory is short, between their frames: one that has begun is better brought
// to its end. Nobody is told when others give memory back, so it is asked for again and again.
Task<void> Connection::wait_to_read() {
    io::Shard& shard = io::Shard::current();
    activity_.pause_reading(shard.now());
    if (client_.paused_until > shard.now()) co_await io::sleep_until(client_.paused_until);
    const base::MemoryBudget& memory = service_.broker.memory();
    const auto must_wait = [&] {
        return client_.produces && !reader_.inside_frame() &&
               memory.stage() >= base::MemoryStage::pause_producers;
    };
    if (must_wait()) service_.metrics.count_throttle(Throttle::memory_pause);
    while (must_wait()) co_await io::sleep_for(kMemoryInterval);
    activity_.resume_reading(shard.now());
}

// Error: throttled, when the frame that arrives needs memory that is not there.
Result<void> Connection::count_memory() {
    requests_memory_.set(frame_bytes_ + reader_.reserved_bytes());
    const size_t allowed = service_.limits.frame_unauthenticated_max_bytes;
    if (reader_.reserved_bytes() <= allowed) return {};
    if (service_.broker.memory().stage() < base::MemoryStage::refuse) return {};
    service_.metrics.count_throttle(Throttle::memory_refuse);
    return fail(ErrorCode::throttled, "the memory budget is used up");
}

// Error: closed, when no answer will leave any more.
Task<Result<void>> Connection::wait_for_room() {
    while (congested() && !unwritable_) co_await progress_.wait();
    if (unwritable_) co_return fail(ErrorCode::closed);
    co_return {};
}

// The share of one connection keeps it from starving the others.
bool Connection::congested() const {
    const size_t held = requests_memory_.bytes() + responses_memory_.bytes();
    if (!answers_.empty() && held > service_.broker.memory().connection_share_bytes()) return true;
    return activity_.serving() >= service_.limits.requests_in_flight_per_connection_max ||
           activity_.unsent_bytes() > service_.limits.write_buffer_per_connection_max_bytes;
}

Task<void> Connection::write_loop() {
    for (;;) {
        while (answers_.empty() || !answers_.front().done) co_await ready_.wait();
        co_await io::end_of_turn();
        const auto written = co_await write_pieces(take_ready());
        if (!written) {
            stream_->close();
            unwritable_ = true;
            progress_.notify_all();
            co_return;
        }
        progress_.notify_all();
    }
}

std::vector<Slice> Connection::take_ready() {
    std::vector<Slice> pieces;
    while (!answers_.empty() && answers_.front().done) {
        if (Reply& reply = answers_.front().reply) {
            std::vector<Slice> more = reply->take();
            pieces.insert(pieces.end(), std::make_move_iterator(more.begin()),
                          std::make_move_iterator(more.end()));
        }
        answers_.pop_front();
    }
    return pieces;
}

Task<Result<void>> Connection::write_pieces(std::vector<Slice> pieces) {
    size_t next = 0;  // the first piece not wholly sent
    size_t sent_of_it = 0;
    while (next < pieces.size()) {
        std::array<base::Bytes, kPiecesPerWrite> views;
        const size_t count = std::min(kPiecesPerWrite, pieces.size() - next);
        for (size_t i = 0; i < count; ++i) views[i] = pieces[next + i].bytes();
        views[0] = views[0].subspan(sent_of_it);
        CO_TRY(size_t sent, stream_->write_some(std::span(views).first(count)));
        if (sent == 0) {
            CO_TRY_VOID(co_await stream_->writable());
            continue;
        }
        activity_.sent(io::Shard::current().now(), sent);
        responses_memory_.set(activity_.unsent_bytes());
        for (sent += sent_of_it, sent_of_it = 0;
             next < pieces.size() && sent >= pieces[next].size(); ++next) {
            sent -= pieces[next].size();
            pieces[next] = Slice();
        }
        sent_of_it = sent;
    }
    co_return {};
}

}  // namespace polylog::kafka
