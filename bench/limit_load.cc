// The load on the limit server: N connections with D frames outstanding on each.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <vector>

#include "base/bytes.h"
#include "bench/load_loop.h"
#include "bench/load_options.h"
#include "bench/report.h"

namespace polylog::bench {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr size_t kAnswerBytes = 8;

struct FrameOptions {
    uint32_t frame_bytes = 1024;
    uint64_t messages_per_frame = 1;
    size_t reply_bytes = 0;
};

// Sends the same frame again and again; speaks what limit_server.cc describes.
class LimitConversation : public Conversation {
public:
    explicit LimitConversation(const FrameOptions& options)
        : options_(options), frame_(kLengthBytes + options.frame_bytes, std::byte{'m'}) {
        base::store_le(frame_.data(), options.frame_bytes);
    }

    bool next_request(Slot, std::vector<iovec>& pieces) override {
        pieces.push_back({.iov_base = frame_.data(), .iov_len = frame_.size()});
        return true;
    }
    size_t response_bytes(base::Bytes) const override {
        return kAnswerBytes + options_.reply_bytes;
    }
    base::Result<Carried> take_response(Slot, base::Bytes response) override {
        if (base::load_le<uint32_t>(response.data()) != 1) {
            return base::fail(base::ErrorCode::corrupt, "an answer that does not start with 1");
        }
        const uint64_t bytes = options_.reply_bytes > 0 ? options_.reply_bytes
                                                        : options_.frame_bytes;
        return Carried{.messages = options_.messages_per_frame, .bytes = bytes};
    }

private:
    const FrameOptions options_;
    std::vector<std::byte> frame_;
};

base::Result<void> run(const LoadShape& shape, const FrameOptions& options) {
    LimitConversation conversation(options);
    TRY(const LoadResult result, run_load(shape, conversation));
    JsonLine line;
    line.text("program", "limit_load")
        .integer("frame_bytes", options.frame_bytes)
        .integer("messages_per_frame", options.messages_per_frame)
        .integer("reply_bytes", options.reply_bytes);
    add_result(line, shape, result);
    const std::string title = fmt::format("limit: frames of {} bytes, {} messages each",
                                          options.frame_bytes, options.messages_per_frame);
    print_report(line, describe(title, shape, result));
    return {};
}

}  // namespace
}  // namespace polylog::bench

int main(int argc, char** argv) {
    CLI::App app("Loads the limit server and measures rate, latency and server CPU.");
    polylog::bench::LoadShape shape;
    polylog::bench::FrameOptions frame;
    polylog::bench::add_load_options(app, shape);
    app.add_option("--frame-bytes", frame.frame_bytes, "payload of a frame")->capture_default_str();
    app.add_option("--messages-per-frame", frame.messages_per_frame)->capture_default_str();
    app.add_option("--reply-bytes", frame.reply_bytes, "as given to the server")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    if (const auto ran = polylog::bench::run(shape, frame); !ran) {
        fmt::print(stderr, "limit_load: {}\n", ran.error().message());
        return 1;
    }
    return 0;
}
