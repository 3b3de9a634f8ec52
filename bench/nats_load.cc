// Publishes to a NATS JetStream stream and waits for the acknowledgement of each message: the
// peer's durable produce, loaded by the limit line's own loop. Protocol: the NATS client protocol
// (INFO, CONNECT, SUB, PUB, MSG, PING) and the JetStream API (STREAM.CREATE, publish
// acknowledgements).

#include <fmt/format.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/slice.h"
#include "bench/load_loop.h"
#include "bench/load_options.h"
#include "bench/report.h"

namespace polylog::bench {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kStream = "bench";

base::Result<void> send_text(int socket, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return base::fail(base::ErrorCode::closed, "the server closed the connection");
        text.remove_prefix(static_cast<size_t>(sent));
    }
    return {};
}

// Reads until the text received holds `wanted`; only for the few lines before the load.
base::Result<std::string> receive_until(int socket, std::string_view wanted) {
    constexpr size_t kMaxGreetingBytes = size_t{1} << 20;
    std::string received;
    while (received.find(wanted) == std::string::npos) {
        char chunk[4096];
        const ssize_t count = recv(socket, chunk, sizeof chunk, 0);
        if (count <= 0)
            return base::fail(base::ErrorCode::closed, "the server closed the connection");
        received.append(chunk, static_cast<size_t>(count));
        if (received.size() > kMaxGreetingBytes)
            return base::fail(base::ErrorCode::corrupt, "no greeting");
    }
    return received;
}

// Each connection publishes to its own subject of one stream and subscribes to its own inbox, where
// the acknowledgements arrive in the order of the messages.
class JetStreamConversation : public Conversation {
public:
    JetStreamConversation(size_t message_bytes, int connections) : message_bytes_(message_bytes) {
        const std::string payload(message_bytes, 'm');
        for (int connection = 0; connection < connections; ++connection) {
            requests_.push_back(fmt::format("PUB {0}.{1} _INBOX.{0}.{1} {2}\r\n{3}\r\n", kStream,
                                            connection, message_bytes, payload));
        }
    }

    base::Result<void> greet(int socket, int connection) override {
        TRY_VOID(receive_until(socket, kLineEnd));  // INFO
        TRY_VOID(
            send_text(socket, fmt::format("CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\n"
                                          "SUB _INBOX.{}.{} 1\r\nPING\r\n",
                                          kStream, connection)));
        TRY_VOID(receive_until(socket, "PONG\r\n"));
        if (connection > 0) return {};
        const std::string stream = fmt::format(
            R"({{"name":"{0}","subjects":["{0}.*"],"storage":"file","num_replicas":1}})", kStream);
        TRY_VOID(send_text(socket,
                           fmt::format("PUB $JS.API.STREAM.CREATE.{0} _INBOX.{0}.0 {1}\r\n{2}\r\n",
                                       kStream, stream.size(), stream)));
        TRY(const std::string answer, receive_until(socket, "}\r\n"));
        if (answer.find("\"error\"") == std::string::npos) return {};
        return base::fail(base::ErrorCode::internal, "creating the stream: " + answer);
    }

    bool next_request(Slot slot, std::vector<iovec>& pieces) override {
        std::string& request = requests_[static_cast<size_t>(slot.connection)];
        pieces.push_back({.iov_base = request.data(), .iov_len = request.size()});
        return true;
    }

    // A line, and for MSG as many bytes behind it as the line's last number says.
    size_t response_bytes(base::Bytes received) const override {
        const std::string_view text = base::as_text(received);
        const size_t end = text.find(kLineEnd);
        if (end == std::string_view::npos) return 0;
        const size_t line_bytes = end + kLineEnd.size();
        if (!text.starts_with("MSG ")) return line_bytes;
        const size_t last_space = text.rfind(' ', end);
        size_t payload = 0;
        std::from_chars(text.data() + last_space + 1, text.data() + end, payload);
        return line_bytes + payload + kLineEnd.size();
    }

    base::Result<Carried> take_response(Slot, base::Bytes response) override {
        const std::string_view text = base::as_text(response);
        if (text.starts_with("PING")) return Carried{.answers_request = false};
        if (!text.starts_with("MSG ") || text.find("\"seq\":") == std::string_view::npos) {
            return base::fail(base::ErrorCode::internal, std::string(text));
        }
        return Carried{.messages = 1, .bytes = message_bytes_};
    }

private:
    const size_t message_bytes_;
    std::vector<std::string> requests_;
};

base::Result<void> run(const LoadShape& shape, size_t message_bytes) {
    JetStreamConversation conversation(message_bytes, shape.connections);
    TRY(const LoadResult result, run_load(shape, conversation));
    JsonLine line;
    line.text("program", "nats_load").integer("record_bytes", message_bytes);
    add_result(line, shape, result);
    print_report(line, describe(fmt::format("JetStream publish of {} bytes", message_bytes), shape,
                                result));
    return {};
}

}  // namespace
}  // namespace polylog::bench

int main(int argc, char** argv) {
    CLI::App app("Publishes to NATS JetStream, each message acknowledged by the stream.");
    polylog::bench::LoadShape shape;
    size_t message_bytes = 1024;
    polylog::bench::add_load_options(app, shape);
    app.add_option("--record-bytes", message_bytes)
        ->capture_default_str()
        ->check(CLI::Range(0, 1 << 20));
    CLI11_PARSE(app, argc, argv);
    if (const auto ran = polylog::bench::run(shape, message_bytes); !ran) {
        fmt::print(stderr, "nats_load: {}\n", ran.error().message());
        return 1;
    }
    return 0;
}
