#include "bench/load_loop.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <limits>

#include "bench/process_usage.h"

namespace polylog::bench {

namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr int64_t kDrainNs = 2 * kNanosecondsPerSecond;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr size_t kInputBytes = size_t{256} << 10;        // grown for larger answers
constexpr size_t kMaxResponseBytes = size_t{256} << 20;  // more is taken for a broken server
constexpr size_t kPiecesPerWrite = 1024;                 // the kernel's IOV_MAX
constexpr int kEventsPerTurn = 256;

int64_t to_ns(Seconds time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

base::Error system_error(const char* what) {
    return {base::ErrorCode::io_failed, fmt::format("{}: {}", what, std::strerror(errno))};
}

struct Connection {
    int socket = -1;
    bool waits_for_write = false;
    std::vector<std::byte> input;
    size_t received = 0;
    std::vector<iovec> unsent;
    size_t next_unsent = 0;
    std::vector<int64_t> started_ns;  // by slot
    uint64_t started = 0;             // requests so far
    uint64_t answered = 0;
    std::deque<int64_t> due_ns;  // open loop: intended times that found no free slot yet
    bool exhausted = false;      // the conversation has nothing more to send here

    uint64_t outstanding() const { return started - answered; }
};

class LoadLoop {
public:
    LoadLoop(const LoadShape& shape, Conversation& conversation)
        : shape_(shape), conversation_(conversation) {}
    LoadLoop(const LoadLoop&) = delete;
    LoadLoop& operator=(const LoadLoop&) = delete;
    ~LoadLoop();

    base::Result<LoadResult> run();

private:
    bool open_loop() const { return shape_.requests_per_second > 0; }
    bool exhausted() const { return exhausted_connections_ == shape_.connections; }
    bool idle() const;
    base::Result<void> connect_all();
    base::Result<void> begin_measuring(int64_t at_ns);
    void end_measuring(int64_t at_ns);
    void charge_abandoned(int64_t at_ns);
    int64_t next_due_ns() const;
    base::Result<void> release_due(int64_t at_ns);
    base::Result<void> turn(int64_t wait_until_ns);
    base::Result<void> pump(int index);
    void start_request(Connection& connection, int index, int64_t start_ns);
    base::Result<void> write(Connection& connection, int index);
    base::Result<void> watch(Connection& connection, int index, bool for_write);
    base::Result<void> read(Connection& connection, int index);
    base::Result<void> take_responses(Connection& connection, int index);
    void complete(Connection& connection, const Carried& carried, int64_t at_ns);

    const LoadShape shape_;
    Conversation& conversation_;
    int epoll_ = -1;
    std::vector<Connection> connections_;
    int64_t start_ns_ = 0;
    int64_t measure_from_ns_ = kNever;
    int64_t measure_until_ns_ = kNever;
    bool measuring_ = false;
    bool draining_ = false;
    int exhausted_connections_ = 0;
    uint64_t scheduled_ = 0;  // open loop: requests whose intended time has come
    double server_cpu_before_ = 0;
    uint64_t server_written_before_ = 0;
    double client_cpu_before_ = 0;
    LoadResult result_;
};

LoadLoop::~LoadLoop() {
    for (const Connection& connection : connections_) {
        if (connection.socket >= 0) close(connection.socket);
    }
    if (epoll_ >= 0) close(epoll_);
}

base::Result<LoadResult> LoadLoop::run() {
    prctl(PR_SET_TIMERSLACK, 1UL);  // open loop: wake at the intended time, not 50 us later
    TRY_VOID(connect_all());
    start_ns_ = now_ns();
    const int64_t measure_at = start_ns_ + to_ns(shape_.warm_up);
    const int64_t end = measure_at + to_ns(shape_.measured);
    if (measure_at <= start_ns_) TRY_VOID(begin_measuring(start_ns_));
    if (!open_loop()) {
        for (int index = 0; index < shape_.connections; ++index) TRY_VOID(pump(index));
    }
    while (!result_.ended_by_peer) {
        const int64_t now = now_ns();
        if (now >= end) break;
        if (!measuring_ && now >= measure_at) TRY_VOID(begin_measuring(now));
        if (open_loop()) TRY_VOID(release_due(now));
        if (exhausted() && idle()) break;
        TRY_VOID(turn(std::min(next_due_ns(), measuring_ ? end : measure_at)));
    }
    end_measuring(now_ns());
    draining_ = true;
    const int64_t drain_until = now_ns() + kDrainNs;
    while (!result_.ended_by_peer && !idle() && now_ns() < drain_until) TRY_VOID(turn(drain_until));
    charge_abandoned(now_ns());
    return std::move(result_);
}

bool LoadLoop::idle() const {
    return std::ranges::all_of(connections_, [](const Connection& connection) {
        return connection.outstanding() == 0 && connection.due_ns.empty();
    });
}

base::Result<void> LoadLoop::connect_all() {
    TRY_VOID(reserve_descriptors(shape_.connections));
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return base::fail(system_error("epoll_create1"));
    connections_.resize(static_cast<size_t>(shape_.connections));
    for (int index = 0; index < shape_.connections; ++index) {
        Connection& connection = connections_[static_cast<size_t>(index)];
        TRY(connection.socket, connect_loopback(shape_.port));
        TRY_VOID(conversation_.greet(connection.socket, index));
        if (fcntl(connection.socket, F_SETFL, O_NONBLOCK) < 0)
            return base::fail(system_error("fcntl"));
        connection.input.resize(kInputBytes);
        connection.started_ns.resize(static_cast<size_t>(shape_.depth));
        epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<uint32_t>(index)}};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) < 0) {
            return base::fail(system_error("epoll_ctl"));
        }
    }
    return {};
}

base::Result<void> LoadLoop::begin_measuring(int64_t at_ns) {
    if (shape_.server_pid != 0) {
        TRY(const ProcessUsage usage, read_process_usage(shape_.server_pid));
        server_cpu_before_ = usage.cpu_seconds;
        server_written_before_ = usage.written_bytes;
    }
    client_cpu_before_ = own_cpu_seconds();
    measuring_ = true;
    measure_from_ns_ = at_ns;
    return {};
}

void LoadLoop::end_measuring(int64_t at_ns) {
    if (!measuring_) return;
    measuring_ = false;
    measure_until_ns_ = at_ns;
    result_.seconds = static_cast<double>(at_ns - measure_from_ns_) / kNanosecondsPerSecond;
    result_.client_cpu_seconds = own_cpu_seconds() - client_cpu_before_;
    if (shape_.server_pid == 0) return;
    // A server that was killed during the run has nothing left to read.
    const auto usage = read_process_usage(shape_.server_pid);
    if (!usage || usage->cpu_seconds < server_cpu_before_) return;
    result_.server_cpu_seconds = usage->cpu_seconds - server_cpu_before_;
    result_.server_written_bytes = usage->written_bytes - server_written_before_;
    result_.server_peak_resident_bytes = usage->peak_resident_bytes;
}

void LoadLoop::charge_abandoned(int64_t at_ns) {
    const auto charge = [&](int64_t started_ns) {
        if (started_ns < measure_from_ns_ || started_ns >= measure_until_ns_) return;
        result_.latency.record(static_cast<uint64_t>(at_ns - started_ns));
        ++result_.abandoned;
    };
    for (const Connection& connection : connections_) {
        for (uint64_t request = connection.answered; request < connection.started; ++request) {
            charge(connection.started_ns[request % connection.started_ns.size()]);
        }
        std::ranges::for_each(connection.due_ns, charge);
    }
}

int64_t LoadLoop::next_due_ns() const {
    if (!open_loop() || exhausted()) return kNever;
    const double offset = static_cast<double>(scheduled_) / shape_.requests_per_second;
    return start_ns_ + to_ns(Seconds(offset));
}

base::Result<void> LoadLoop::release_due(int64_t at_ns) {
    for (int64_t due = next_due_ns(); due <= at_ns; due = next_due_ns()) {
        const auto index = static_cast<size_t>(scheduled_++ % connections_.size());
        if (connections_[index].exhausted) continue;
        connections_[index].due_ns.push_back(due);
        TRY_VOID(pump(static_cast<int>(index)));
        if (result_.ended_by_peer) break;
    }
    return {};
}

base::Result<void> LoadLoop::turn(int64_t wait_until_ns) {
    const int64_t wait_ns = std::max<int64_t>(0, wait_until_ns - now_ns());
    const timespec timeout{.tv_sec = wait_ns / kNanosecondsPerSecond,
                           .tv_nsec = wait_ns % kNanosecondsPerSecond};
    std::array<epoll_event, kEventsPerTurn> events;
    const int ready = epoll_pwait2(epoll_, events.data(), kEventsPerTurn, &timeout, nullptr);
    if (ready < 0 && errno != EINTR) return base::fail(system_error("epoll_pwait2"));
    for (int i = 0; i < ready && !result_.ended_by_peer; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        const auto index = static_cast<int>(event.data.u32);
        Connection& connection = connections_[static_cast<size_t>(index)];
        if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
            TRY_VOID(read(connection, index));
        TRY_VOID(pump(index));
    }
    return {};
}

// Fills the free slots of a connection and writes all of it with one call.
base::Result<void> LoadLoop::pump(int index) {
    Connection& connection = connections_[static_cast<size_t>(index)];
    while (connection.outstanding() < static_cast<uint64_t>(shape_.depth) &&
           !connection.exhausted) {
        if (open_loop()) {
            if (connection.due_ns.empty()) break;
            const int64_t due = connection.due_ns.front();
            connection.due_ns.pop_front();
            start_request(connection, index, due);
        } else {
            if (draining_) break;
            start_request(connection, index, now_ns());
        }
    }
    if (connection.next_unsent < connection.unsent.size()) TRY_VOID(write(connection, index));
    return {};
}

void LoadLoop::start_request(Connection& connection, int index, int64_t start_ns) {
    const auto slot = static_cast<int>(connection.started % static_cast<uint64_t>(shape_.depth));
    if (!conversation_.next_request({.connection = index, .index = slot}, connection.unsent)) {
        connection.exhausted = true;
        connection.due_ns.clear();
        ++exhausted_connections_;
        return;
    }
    connection.started_ns[static_cast<size_t>(slot)] = start_ns;
    ++connection.started;
}

base::Result<void> LoadLoop::write(Connection& connection, int index) {
    while (connection.next_unsent < connection.unsent.size()) {
        iovec* pieces = connection.unsent.data() + connection.next_unsent;
        const size_t count = std::min(connection.unsent.size() - connection.next_unsent,
                                      kPiecesPerWrite);
        msghdr message{};
        message.msg_iov = pieces;
        message.msg_iovlen = count;
        const ssize_t sent = sendmsg(connection.socket, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN) return watch(connection, index, true);
            result_.ended_by_peer = true;
            return {};
        }
        auto left = static_cast<size_t>(sent);
        while (left > 0) {
            iovec& piece = connection.unsent[connection.next_unsent];
            const size_t taken = std::min(left, piece.iov_len);
            piece.iov_base = static_cast<std::byte*>(piece.iov_base) + taken;
            piece.iov_len -= taken;
            left -= taken;
            if (piece.iov_len == 0) ++connection.next_unsent;
        }
    }
    connection.unsent.clear();
    connection.next_unsent = 0;
    const std::optional<Carried> carried = conversation_.unanswered();
    if (carried) {
        const int64_t now = now_ns();
        while (connection.outstanding() > 0) complete(connection, *carried, now);
    }
    // Without answers only the socket's room for more paces the load.
    return watch(connection, index, carried.has_value() && !open_loop() && !draining_);
}

base::Result<void> LoadLoop::watch(Connection& connection, int index, bool for_write) {
    if (connection.waits_for_write == for_write) return {};
    connection.waits_for_write = for_write;
    const uint32_t wanted = for_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
    epoll_event event{.events = wanted, .data = {.u32 = static_cast<uint32_t>(index)}};
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event) < 0)
        return base::fail(system_error("epoll_ctl"));
    return {};
}

base::Result<void> LoadLoop::read(Connection& connection, int index) {
    const size_t room = connection.input.size() - connection.received;
    const ssize_t got = recv(connection.socket, connection.input.data() + connection.received, room,
                             0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (got <= 0) {
        result_.ended_by_peer = true;
        return {};
    }
    connection.received += static_cast<size_t>(got);
    return take_responses(connection, index);
}

base::Result<void> LoadLoop::take_responses(Connection& connection, int index) {
    const int64_t now = now_ns();
    base::Bytes left(connection.input.data(), connection.received);
    size_t wanted = 0;
    while (!left.empty()) {
        wanted = conversation_.response_bytes(left);
        if (wanted == 0 || wanted > left.size()) break;
        const auto slot = static_cast<int>(connection.answered %
                                           static_cast<uint64_t>(shape_.depth));
        TRY(const Carried carried,
            conversation_.take_response({.connection = index, .index = slot}, left.first(wanted)));
        if (carried.answers_request) {
            if (connection.outstanding() == 0) {
                return base::fail(base::ErrorCode::corrupt, "an answer without a request");
            }
            complete(connection, carried, now);
        }
        left = left.subspan(wanted);
    }
    if (left.size() < connection.received) {
        std::memmove(connection.input.data(), left.data(), left.size());
        connection.received = left.size();
    }
    if (wanted > kMaxResponseBytes || connection.received == kMaxResponseBytes) {
        return base::fail(base::ErrorCode::corrupt, fmt::format("an answer of {} bytes", wanted));
    }
    if (wanted > connection.input.size()) connection.input.resize(wanted);
    if (connection.received == connection.input.size())
        connection.input.resize(2 * connection.received);
    return {};
}

void LoadLoop::complete(Connection& connection, const Carried& carried, int64_t at_ns) {
    const int64_t started_ns = connection
                                   .started_ns[connection.answered % connection.started_ns.size()];
    ++connection.answered;
    if (measuring_) {
        ++result_.requests;
        result_.messages += carried.messages;
        result_.bytes += carried.bytes;
    }
    if (started_ns >= measure_from_ns_ && started_ns < measure_until_ns_) {
        result_.latency.record(static_cast<uint64_t>(at_ns - started_ns));
    }
}

}  // namespace

base::Result<void> Conversation::greet(int, int) {
    return {};
}

std::optional<Carried> Conversation::unanswered() const {
    return std::nullopt;
}

base::Result<LoadResult> run_load(const LoadShape& shape, Conversation& conversation) {
    return LoadLoop(shape, conversation).run();
}

int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

base::Result<int> connect_loopback(uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return base::fail(system_error("socket"));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        base::Error error(base::ErrorCode::closed,
                          fmt::format("127.0.0.1:{}: {}", port, std::strerror(errno)));
        close(socket);
        return base::fail(std::move(error));
    }
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

base::Result<void> reserve_descriptors(int count) {
    constexpr rlim_t kOwnDescriptors = 64;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return base::fail(system_error("getrlimit"));
    const rlim_t wanted = static_cast<rlim_t>(count) + kOwnDescriptors;
    if (limit.rlim_cur >= wanted) return {};
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return base::fail(system_error("setrlimit"));
    return {};
}

}  // namespace polylog::bench
