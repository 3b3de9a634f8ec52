// Loads any Kafka broker and measures it: `produce` and `fetch` with the same loop as the limit
// line's load, `idle` for the memory of connections, `check` for what survived a crash.

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <thread>

#include "bench/kafka_check.h"
#include "bench/kafka_client.h"
#include "bench/kafka_fetch.h"
#include "bench/kafka_produce.h"
#include "bench/load_loop.h"
#include "bench/load_options.h"
#include "bench/process_usage.h"
#include "bench/report.h"

namespace polylog::bench {
namespace {

constexpr Seconds kLongestRun(3600);

struct ProduceCommand {
    LoadShape shape{.connections = 8, .depth = 4};
    ProduceOptions options;
    std::string acknowledged_file;
};

struct FetchCommand {
    LoadShape shape;
    FetchOptions options;
};

struct IdleCommand {
    uint16_t port = 0;
    int connections = 1000;
    int baseline_connections = 16;  // opened first, so that pools made once are not counted
    bool silent = false;
    double hold_seconds = 0;
    pid_t server_pid = 0;
};

struct CheckCommand {
    uint16_t port = 0;
    std::string acknowledged_file;
    bool read = false;
};

int64_t wall_clock_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// A fixed amount of work is measured as a whole.
void measure_to_the_end(LoadShape& shape) {
    shape.warm_up = Seconds(0);
    shape.measured = kLongestRun;
}

base::Result<void> run_produce(ProduceCommand command) {
    {
        TRY(KafkaClient client, KafkaClient::connect(command.shape.port));
        TRY_VOID(ensure_topics(client, command.options.spread));
    }
    command.options.batch.timestamp_ms = wall_clock_ms();
    if (command.options.total_bytes > 0) measure_to_the_end(command.shape);
    ProduceConversation conversation(command.options, command.shape);
    TRY(const LoadResult result, run_load(command.shape, conversation));
    if (!command.acknowledged_file.empty()) {
        TRY_VOID(write_acknowledged(command.acknowledged_file, command.options.spread,
                                    conversation.acknowledged_ends()));
    }
    const BatchSpec& batch = command.options.batch;
    const TopicSpread& spread = command.options.spread;
    JsonLine line;
    line.text("program", "kafka_load")
        .text("operation", "produce")
        .integer("records_per_batch", static_cast<uint64_t>(batch.records))
        .integer("record_bytes", batch.value_bytes)
        .integer("batch_bytes", conversation.batch_bytes())
        .number("acks", command.options.acks)
        .integer("topics", static_cast<uint64_t>(spread.topics))
        .integer("partitions", static_cast<uint64_t>(spread.partitions));
    add_result(line, command.shape, result);
    const std::string title = fmt::format(
        "produce: batches of {} x {} bytes, {} topics x {} partitions, acks {}", batch.records,
        batch.value_bytes, spread.topics, spread.partitions, command.options.acks);
    print_report(line, describe(title, command.shape, result));
    return {};
}

base::Result<std::vector<LogRange>> log_ranges(uint16_t port, const FetchOptions& options) {
    TRY(KafkaClient client, KafkaClient::connect(port));
    TRY(const std::vector<int64_t> starts,
        client.list_offsets(options.topic, options.partitions, kEarliest));
    TRY(const std::vector<int64_t> ends,
        client.list_offsets(options.topic, options.partitions, kLatest));
    std::vector<LogRange> ranges;
    for (size_t i = 0; i < starts.size(); ++i)
        ranges.push_back({.start = starts[i], .end = ends[i]});
    return ranges;
}

base::Result<void> run_fetch(FetchCommand command) {
    if (command.options.partitions < command.shape.depth) {
        return base::fail(base::ErrorCode::invalid_request,
                          "a depth above the number of partitions");
    }
    if (command.options.at_end == AtEnd::stop) measure_to_the_end(command.shape);
    TRY(std::vector<LogRange> ranges, log_ranges(command.shape.port, command.options));
    FetchConversation conversation(command.options, command.shape, std::move(ranges));
    TRY(const LoadResult result, run_load(command.shape, conversation));
    JsonLine line;
    line.text("program", "kafka_load")
        .text("operation", "fetch")
        .integer("partitions", static_cast<uint64_t>(command.options.partitions))
        .integer("partition_max_bytes", static_cast<uint64_t>(command.options.partition_max_bytes))
        .number("response_bytes_mean",
                result.requests == 0
                    ? 0
                    : static_cast<double>(result.bytes) / static_cast<double>(result.requests));
    add_result(line, command.shape, result);
    const std::string title = fmt::format(
        "fetch: {} consumers of {} partitions, up to {} bytes of each", command.shape.connections,
        command.options.partitions, command.options.partition_max_bytes);
    print_report(line, describe(title, command.shape, result));
    return {};
}

// Descriptors that are closed together.
class SocketSet {
public:
    SocketSet() = default;
    SocketSet(const SocketSet&) = delete;
    SocketSet& operator=(const SocketSet&) = delete;
    ~SocketSet() {
        for (const int socket : sockets_) close(socket);
    }

    // Opens `count` more connections; each says hello as every Kafka client does, unless `silent`.
    base::Result<void> open(uint16_t port, int count, bool silent) {
        for (int i = 0; i < count; ++i) {
            TRY(const int socket, connect_loopback(port));
            sockets_.push_back(socket);
            if (silent) continue;
            KafkaClient client = KafkaClient::borrow(socket);
            TRY(const base::Bytes answer, client.call(encode_api_versions_request()));
            TRY_VOID(decode_api_versions_response(answer));
        }
        return {};
    }

private:
    std::vector<int> sockets_;
};

base::Result<ProcessUsage> settled_usage(pid_t pid) {
    constexpr auto kSettleTime = std::chrono::milliseconds(500);
    std::this_thread::sleep_for(kSettleTime);
    return read_process_usage(pid);
}

base::Result<void> run_idle(const IdleCommand& command) {
    TRY_VOID(reserve_descriptors(command.connections + command.baseline_connections));
    SocketSet sockets;
    TRY_VOID(sockets.open(command.port, command.baseline_connections, command.silent));
    TRY(const ProcessUsage before, settled_usage(command.server_pid));
    TRY_VOID(sockets.open(command.port, command.connections, command.silent));
    TRY(const ProcessUsage after, settled_usage(command.server_pid));
    const double grown = static_cast<double>(after.resident_bytes) -
                         static_cast<double>(before.resident_bytes);
    const double each = grown / command.connections;
    JsonLine line;
    line.text("program", "kafka_load")
        .text("operation", "idle")
        .integer("connections", static_cast<uint64_t>(command.connections))
        .integer("resident_before_bytes", before.resident_bytes)
        .integer("resident_after_bytes", after.resident_bytes)
        .number("bytes_per_connection", each);
    print_report(line, fmt::format("idle: {} connections, {:.0f} bytes of resident memory each\n",
                                   command.connections, each));
    std::this_thread::sleep_for(Seconds(command.hold_seconds));
    return {};
}

// An error when acknowledged records are missing or what is stored is damaged.
base::Result<void> run_check(const CheckCommand& command) {
    TRY(KafkaClient client, KafkaClient::connect(command.port));
    TRY(const CheckResult result,
        check_acknowledged(client, command.acknowledged_file, command.read));
    JsonLine line;
    line.text("program", "kafka_load")
        .text("operation", "check")
        .integer("partitions", result.partitions)
        .integer("acknowledged_records", result.acknowledged_records)
        .integer("lost_records", result.lost_records)
        .integer("read_records", result.read_records)
        .integer("read_bytes", result.read_bytes);
    print_report(
        line,
        fmt::format("check: {} of {} acknowledged records lost in {} partitions; {} read back\n",
                    result.lost_records, result.acknowledged_records, result.partitions,
                    result.read_records));
    if (result.lost_records > 0)
        return base::fail(base::ErrorCode::damaged, "acknowledged records are lost");
    return {};
}

void add_produce(CLI::App& app, ProduceCommand& command) {
    CLI::App* produce = app.add_subcommand("produce", "send record batches");
    add_load_options(*produce, command.shape);
    TopicSpread& spread = command.options.spread;
    produce->add_option("--topic", spread.name, "created unless it exists")->capture_default_str();
    produce->add_option("--topics", spread.topics, "above 1: numbered behind the name")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    produce
        ->add_option("--partitions", spread.partitions,
                     "of each topic; the load goes round over all")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    produce->add_option("--topic-config", spread.configs,
                        "KEY VALUE of a topic that is created; repeatable");
    produce->add_option("--records", command.options.batch.records, "in a batch")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    produce->add_option("--record-bytes", command.options.batch.value_bytes, "of a record's value")
        ->capture_default_str()
        ->check(CLI::Range(0, 16 << 20));
    produce->add_option("--acks", command.options.acks, "-1 all, 1, 0")
        ->capture_default_str()
        ->check(CLI::IsMember({-1, 0, 1}));
    produce->add_option("--total-bytes", command.options.total_bytes,
                        "payload to send in all, measured as a whole; 0: by time");
    produce->add_option("--acknowledged-file", command.acknowledged_file,
                        "where the end of what was acknowledged is written, for `check`");
}

void add_fetch(CLI::App& app, FetchCommand& command) {
    const std::map<std::string, FetchStart> starts{{"earliest", FetchStart::earliest},
                                                   {"latest", FetchStart::latest}};
    const std::map<std::string, AtEnd> ends{{"wait", AtEnd::wait},
                                            {"rewind", AtEnd::rewind},
                                            {"stop", AtEnd::stop}};
    CLI::App* fetch = app.add_subcommand("fetch", "consume; every connection reads all partitions");
    add_load_options(*fetch, command.shape);
    FetchOptions& options = command.options;
    fetch->add_option("--topic", options.topic)->capture_default_str();
    fetch->add_option("--partitions", options.partitions)
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    fetch->add_option("--start", options.start, "earliest or latest")
        ->transform(CLI::CheckedTransformer(starts).description(""));
    fetch->add_option("--at-end", options.at_end, "wait, rewind or stop, measured as a whole")
        ->transform(CLI::CheckedTransformer(ends).description(""));
    fetch->add_option("--max-wait-ms", options.max_wait_ms)->capture_default_str();
    fetch->add_option("--min-bytes", options.min_bytes)->capture_default_str();
    fetch->add_option("--max-bytes", options.max_bytes, "of a response")->capture_default_str();
    fetch->add_option("--partition-max-bytes", options.partition_max_bytes)->capture_default_str();
}

void add_idle(CLI::App& app, IdleCommand& command) {
    CLI::App* idle = app.add_subcommand("idle",
                                        "open connections and read the server's resident memory");
    idle->add_option("--port", command.port)->required();
    idle->add_option("--server-pid", command.server_pid)->required();
    idle->add_option("--connections", command.connections)
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    idle->add_option("--baseline-connections", command.baseline_connections,
                     "opened before the first reading")
        ->capture_default_str()
        ->check(CLI::Range(0, 10'000));
    idle->add_flag("--silent", command.silent, "connect only, without the first exchange");
    idle->add_option("--hold", command.hold_seconds, "seconds to keep them open")
        ->check(CLI::Range(0.0, 3600.0));
}

void add_check(CLI::App& app, CheckCommand& command) {
    CLI::App* check = app.add_subcommand("check", "compare a broker with what it acknowledged");
    check->add_option("--port", command.port)->required();
    check->add_option("--acknowledged-file", command.acknowledged_file)->required();
    check->add_flag("--read", command.read,
                    "also read everything back and verify checksums and offsets");
}

}  // namespace
}  // namespace polylog::bench

int main(int argc, char** argv) {
    namespace bench = polylog::bench;
    CLI::App app("A raw Kafka protocol load generator for any broker on 127.0.0.1.");
    app.require_subcommand(1);
    bench::ProduceCommand produce;
    bench::FetchCommand fetch;
    bench::IdleCommand idle;
    bench::CheckCommand check;
    bench::add_produce(app, produce);
    bench::add_fetch(app, fetch);
    bench::add_idle(app, idle);
    bench::add_check(app, check);
    CLI11_PARSE(app, argc, argv);
    polylog::base::Result<void> ran;
    if (app.got_subcommand("produce")) ran = bench::run_produce(std::move(produce));
    if (app.got_subcommand("fetch")) ran = bench::run_fetch(std::move(fetch));
    if (app.got_subcommand("idle")) ran = bench::run_idle(idle);
    if (app.got_subcommand("check")) ran = bench::run_check(check);
    if (!ran) fmt::print(stderr, "kafka_load: {}\n", ran.error().message());
    return ran ? 0 : 1;
}
