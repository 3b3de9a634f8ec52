// The limit line: the smallest server that does a broker's durable produce. It receives framed
// batches, checksums them, appends them, commits them in groups and answers each with eight bytes.
// Its CPU time per message, rate and latency are what a broker on the same machine is measured
// against.
//
// Frame: u32 little-endian length, then the payload. Answer: u32 1, then u32 CRC-32C of the payload
// (initial value 0, not inverted: it costs what a real check costs, nobody verifies it). Answers of
// one connection are in order; with --reply-bytes each is followed by that many bytes of a memory
// cache.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <isa-l/crc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/slice.h"
#include "bench/limit_journal.h"
#include "bench/load_loop.h"

namespace polylog::bench {
namespace {

constexpr int kEventsPerTurn = 256;
constexpr size_t kInputBytes = size_t{256} << 10;  // grown for larger frames
constexpr size_t kLengthBytes = 4;
constexpr size_t kMaxFrameBytes = size_t{128} << 20;
constexpr size_t kCacheBytes = size_t{32}
                               << 20;  // more than the last-level cache keeps of a broker's tail
constexpr size_t kPiecesPerWrite = 64;

struct Answer {
    uint32_t one = 1;
    uint32_t crc = 0;
};
static_assert(sizeof(Answer) == 8);

struct Connection {
    int socket = -1;
    bool waits_for_write = false;
    std::vector<std::byte> input;
    size_t received = 0;
    std::vector<Answer> answers;  // ready to leave
    size_t answers_sent = 0;
    size_t front_sent = 0;      // bytes of the first unsent answer and its reply
    uint64_t replies_sent = 0;  // whole ones, since the connection was accepted
};

// A frame whose answer waits for its bytes to be committed.
struct Waiting {
    uint32_t connection;
    uint32_t crc;
    uint64_t end;  // position in the journal behind the frame
};

class LimitServer {
public:
    LimitServer(LimitJournal& journal, int listener, size_t reply_bytes);
    [[noreturn]] void serve();

private:
    static constexpr uint32_t kListenerTag = UINT32_MAX;
    static constexpr uint32_t kJournalTag = UINT32_MAX - 1;

    void watch(int descriptor, uint32_t tag, uint32_t events, int operation) const;
    void accept_all();
    void read(uint32_t index);
    void parse(uint32_t index);
    void answer_committed();
    void flush(uint32_t index);
    size_t gather(const Connection& connection, std::array<iovec, kPiecesPerWrite>& pieces) const;
    void note_sent(Connection& connection, size_t bytes) const;
    void close_connection(Connection& connection) const;

    LimitJournal& journal_;
    const int listener_;
    const size_t reply_bytes_;
    int epoll_ = -1;
    std::vector<std::unique_ptr<Connection>> connections_;  // places are not used again
    std::vector<std::byte> frames_;                         // this turn's, of all connections
    std::deque<Waiting> waiting_;
    std::vector<uint32_t> touched_;
    std::vector<std::byte> cache_;
};

[[noreturn]] void give_up(const char* what) {
    fmt::print(stderr, "limit_server: {}: {}\n", what, std::strerror(errno));
    std::exit(1);
}

LimitServer::LimitServer(LimitJournal& journal, int listener, size_t reply_bytes)
    : journal_(journal), listener_(listener), reply_bytes_(reply_bytes) {
    if (reply_bytes > 0) cache_.assign(kCacheBytes + reply_bytes, std::byte{'x'});
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) give_up("epoll_create1");
    watch(listener_, kListenerTag, EPOLLIN, EPOLL_CTL_ADD);
    watch(journal_.wakeup_descriptor(), kJournalTag, EPOLLIN, EPOLL_CTL_ADD);
}

void LimitServer::serve() {
    std::array<epoll_event, kEventsPerTurn> events;
    while (true) {
        const int ready = epoll_wait(epoll_, events.data(), kEventsPerTurn, -1);
        if (ready < 0 && errno != EINTR) give_up("epoll_wait");
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events[static_cast<size_t>(i)];
            const uint32_t tag = event.data.u32;
            if (tag == kListenerTag) {
                accept_all();
            } else if (tag == kJournalTag) {
                journal_.clear_wakeup();
            } else {
                if ((event.events & EPOLLOUT) != 0) flush(tag);
                if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(tag);
            }
        }
        journal_.append(frames_);
        answer_committed();
    }
}

void LimitServer::watch(int descriptor, uint32_t tag, uint32_t events, int operation) const {
    epoll_event event{.events = events, .data = {.u32 = tag}};
    if (epoll_ctl(epoll_, operation, descriptor, &event) < 0) give_up("epoll_ctl");
}

void LimitServer::accept_all() {
    while (true) {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) {
            if (errno == EAGAIN || errno == ECONNABORTED) return;
            give_up("accept4");
        }
        const int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto connection = std::make_unique<Connection>();
        connection->socket = socket;
        connection->input.resize(kInputBytes);
        connections_.push_back(std::move(connection));
        watch(socket, static_cast<uint32_t>(connections_.size() - 1), EPOLLIN, EPOLL_CTL_ADD);
    }
}

void LimitServer::read(uint32_t index) {
    Connection& connection = *connections_[index];
    if (connection.socket < 0) return;
    const size_t room = connection.input.size() - connection.received;
    const ssize_t got = recv(connection.socket, connection.input.data() + connection.received, room,
                             0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return close_connection(connection);
    connection.received += static_cast<size_t>(got);
    parse(index);
}

void LimitServer::parse(uint32_t index) {
    Connection& connection = *connections_[index];
    base::Bytes left(connection.input.data(), connection.received);
    while (left.size() >= kLengthBytes) {
        const size_t frame_bytes = kLengthBytes + base::load_le<uint32_t>(left.data());
        if (frame_bytes > kMaxFrameBytes) return close_connection(connection);
        if (frame_bytes > connection.input.size()) {
            const size_t start = static_cast<size_t>(left.data() - connection.input.data());
            connection.input.resize(start + frame_bytes);
            left = base::Bytes(connection.input.data() + start, left.size());
        }
        if (frame_bytes > left.size()) break;
        const base::Bytes frame = left.first(frame_bytes);
        const base::Bytes payload = frame.subspan(kLengthBytes);
        // The library's signature lacks const; it only reads.
        auto* data = const_cast<unsigned char*>(
            reinterpret_cast<const unsigned char*>(payload.data()));
        const uint32_t crc = crc32_iscsi(data, static_cast<int>(payload.size()), 0);
        frames_.insert(frames_.end(), frame.begin(), frame.end());
        waiting_.push_back(
            {.connection = index, .crc = crc, .end = journal_.appended_bytes() + frames_.size()});
        left = left.subspan(frame_bytes);
    }
    if (left.size() < connection.received) {
        std::memmove(connection.input.data(), left.data(), left.size());
        connection.received = left.size();
    }
}

void LimitServer::answer_committed() {
    const uint64_t committed = journal_.acknowledgeable_bytes();
    while (!waiting_.empty() && waiting_.front().end <= committed) {
        const Waiting& frame = waiting_.front();
        Connection& connection = *connections_[frame.connection];
        if (connection.socket >= 0) {
            if (connection.answers.empty()) touched_.push_back(frame.connection);
            connection.answers.push_back({.crc = frame.crc});
        }
        waiting_.pop_front();
    }
    for (const uint32_t index : touched_) flush(index);
    touched_.clear();
}

void LimitServer::flush(uint32_t index) {
    Connection& connection = *connections_[index];
    std::array<iovec, kPiecesPerWrite> pieces;
    while (connection.socket >= 0 && connection.answers_sent < connection.answers.size()) {
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = gather(connection, pieces);
        const ssize_t sent = sendmsg(connection.socket, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            if (!connection.waits_for_write)
                watch(connection.socket, index, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            connection.waits_for_write = true;
            return;
        }
        if (sent < 0) return close_connection(connection);
        note_sent(connection, static_cast<size_t>(sent));
    }
    connection.answers.clear();
    connection.answers_sent = 0;
    if (connection.waits_for_write && connection.socket >= 0) {
        watch(connection.socket, index, EPOLLIN, EPOLL_CTL_MOD);
        connection.waits_for_write = false;
    }
}

// The unsent rest of the connection's answers: one piece when they stand alone, else answer, reply,
// answer...
size_t LimitServer::gather(const Connection& connection,
                           std::array<iovec, kPiecesPerWrite>& pieces) const {
    const auto* answers = reinterpret_cast<const std::byte*>(connection.answers.data());
    if (reply_bytes_ == 0) {
        const size_t start = connection.answers_sent * sizeof(Answer) + connection.front_sent;
        const size_t end = connection.answers.size() * sizeof(Answer);
        pieces[0] = {.iov_base = const_cast<std::byte*>(answers + start), .iov_len = end - start};
        return 1;
    }
    size_t count = 0;
    size_t skip = connection.front_sent;
    uint64_t position = connection.replies_sent *
                        reply_bytes_;  // walks through the cache, as a tail reader does
    for (size_t answer = connection.answers_sent;
         answer < connection.answers.size() && count + 2 <= pieces.size();
         ++answer, position += reply_bytes_) {
        const std::byte* reply = cache_.data() + position % kCacheBytes;
        if (skip < sizeof(Answer)) {
            const std::byte* start = answers + answer * sizeof(Answer) + skip;
            pieces[count++] = {.iov_base = const_cast<std::byte*>(start),
                               .iov_len = sizeof(Answer) - skip};
            skip = 0;
        } else {
            skip -= sizeof(Answer);
        }
        pieces[count++] = {.iov_base = const_cast<std::byte*>(reply + skip),
                           .iov_len = reply_bytes_ - skip};
        skip = 0;
    }
    return count;
}

void LimitServer::note_sent(Connection& connection, size_t bytes) const {
    const size_t answer_bytes = sizeof(Answer) + reply_bytes_;
    connection.front_sent += bytes;
    connection.answers_sent += connection.front_sent / answer_bytes;
    connection.replies_sent += connection.front_sent / answer_bytes;
    connection.front_sent %= answer_bytes;
}

void LimitServer::close_connection(Connection& connection) const {
    close(connection.socket);
    connection = Connection{};
}

base::Result<int> listen_on(uint16_t port) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
        listen(listener, SOMAXCONN) < 0) {
        return base::fail(base::ErrorCode::io_failed,
                          fmt::format("port {}: {}", port, std::strerror(errno)));
    }
    return listener;
}

uint16_t port_of(int listener) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

struct Options {
    LimitJournal::Options journal;
    uint16_t port = 0;
    size_t reply_bytes = 0;
};

base::Result<void> run(const Options& options) {
    constexpr int kConnections = 20'000;
    TRY_VOID(reserve_descriptors(kConnections));
    TRY(const auto journal, LimitJournal::open(options.journal));
    TRY(const int listener, listen_on(options.port));
    fmt::print("{{\"ready\":true,\"port\":{}}}\n", port_of(listener));
    std::fflush(stdout);
    LimitServer(*journal, listener, options.reply_bytes).serve();
}

}  // namespace
}  // namespace polylog::bench

int main(int argc, char** argv) {
    using polylog::bench::FileLayout;
    CLI::App app("The limit line's server: receive, checksum, append, commit in groups, answer.");
    polylog::bench::Options options;
    int mode = 0;
    app.add_option("--mode", mode,
                   "0 growing, 1 recycled, 2 direct recycled, 3 direct fallocated, 4 no file")
        ->check(CLI::Range(0, 4));
    app.add_option("--sync", options.journal.synced,
                   "0: answer after the append; 1: after the commit")
        ->default_val(true);
    app.add_option("--file", options.journal.path, "the file to write")
        ->default_val("limit.journal");
    app.add_option("--port", options.port, "0: any free one, printed on the ready line");
    app.add_option("--reply-bytes", options.reply_bytes,
                   "bytes of a memory cache sent behind each answer");
    CLI11_PARSE(app, argc, argv);
    options.journal.layout = static_cast<FileLayout>(mode);
    if (const auto ran = polylog::bench::run(options); !ran) {
        fmt::print(stderr, "limit_server: {}\n", ran.error().message());
        return 1;
    }
    return 0;
}
