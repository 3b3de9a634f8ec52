#include <fmt/format.h>

#include <algorithm>

#include "base/histogram.h"
#include "base/quantity.h"
#include "client/consumer.h"
#include "client/producer.h"
#include "cmd/verbs/producer_options.h"
#include "cmd/verbs/session.h"
#include "cmd/verbs/verbs.h"
#include "io/signal.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using io::Task;

namespace {

// How much a run does; it ends with whichever bound comes first.
struct Load {
    int64_t records = 0;
    base::Duration duration{};
    size_t record_bytes = 0;
    int64_t rate = 0;  // records per second; 0: as fast as possible
};

Result<Load> parse_load(const Arguments& arguments) {
    Load load;
    TRY(load.records, number_option(arguments, "records", 0, {.least = 1}));
    TRY(load.duration, duration_option(arguments, "duration", std::chrono::seconds(10)));
    TRY(load.record_bytes, base::parse_size(arguments.find("size").value_or("1KiB")));
    TRY(load.rate, number_option(arguments, "rate", 0));
    constexpr size_t kStampBytes = sizeof(int64_t);
    if (load.record_bytes < kStampBytes || load.records <= 0 || load.rate < 0) {
        return base::fail(ErrorCode::invalid_request,
                          "--records is at least 1, --size at least 8B, --rate at least 0");
    }
    return load;
}

double milliseconds(uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e6;
}

// The answer of every bench command: one row.
Table result_table(std::string topic, int64_t records, size_t record_bytes, base::Duration elapsed,
                   const base::HistogramCounts* latency) {
    const double seconds = std::max(static_cast<double>(elapsed.count()) / 1e9, 1e-9);
    const double rate = static_cast<double>(records) / seconds;
    Table table{.name = "result",
                .columns = {"topic", "records", "seconds", "records_per_second", "mib_per_second",
                            "p50_ms", "p99_ms", "max_ms"},
                .rows = {}};
    const auto quantile = [latency](double q) {
        return latency && latency->count() > 0 ? Cell(milliseconds(latency->quantile(q))) : Cell();
    };
    table.add({std::move(topic), records, seconds, rate,
               rate * static_cast<double>(record_bytes) / static_cast<double>(1 << 20),
               quantile(0.5), quantile(0.99), quantile(1.0)});
    return table;
}

// A value that starts with the time it was made; the rest does not compress to nothing.
std::string stamped_value(const Load& load, io::Env& env) {
    std::string value(load.record_bytes, '\0');
    uint64_t state = env.random.next();
    for (char& c : value) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        c = static_cast<char>('a' + (state >> 59) % 26);
    }
    base::store_be<int64_t>(reinterpret_cast<std::byte*>(value.data()),
                            env.clock.now().time_since_epoch().count());
    return value;
}

// Sends the load at its rate. Parameters are the caller's own.
Task<Result<int64_t>> produce_load(Session& session, client::Producer& producer, Load load) {
    io::Env& env = session.env();
    const base::MonoTime start = env.clock.now();
    const std::string pattern = stamped_value(load, env);
    int64_t sent = 0;
    for (; sent < load.records; ++sent) {
        const base::MonoTime now = env.clock.now();
        if (now - start >= load.duration) break;
        if (load.rate > 0) {
            const base::MonoTime due = start + base::Duration(sent * 1'000'000'000 / load.rate);
            if (due > now) co_await io::sleep_until(due);
        }
        client::Record record;
        record.value = pattern;
        base::store_be<int64_t>(reinterpret_cast<std::byte*>(record.value->data()),
                                env.clock.now().time_since_epoch().count());
        CO_TRY_VOID(co_await producer.send(std::move(record)));
        // The loop has to see sockets even when nothing here waits.
        constexpr int64_t kRecordsPerTurn = 256;
        if (sent % kRecordsPerTurn == kRecordsPerTurn - 1) co_await io::yield();
    }
    CO_TRY_VOID(co_await producer.flush());
    co_return sent;
}

// As for every command, but with a short queue, so that latencies are the broker's and not the
// queue's: the batch under way, the next one and a reserve.
Result<client::ProducerSettings> bench_producer_settings(const Session& session) {
    constexpr size_t kBatchesQueuedMax = 4;
    TRY(client::ProducerSettings settings, producer_settings(session));
    settings.buffered_max_bytes = settings.batch_max_bytes * kBatchesQueuedMax;
    return settings;
}

Task<Result<ExitStatus>> bench_pub(Session& session) {
    const std::string topic(session.arguments().get("TOPIC"));
    CO_TRY(const Load load, parse_load(session.arguments()));
    CO_TRY(const auto settings, bench_producer_settings(session));
    client::Producer producer(session.cluster(), topic, settings);
    CO_TRY_VOID(co_await producer.open());
    base::Histogram latency;
    producer.on_acknowledged([&](const client::Acknowledged& batch) {
        latency.record(session.env().clock.now() - batch.queued_at);
    });
    const base::MonoTime start = session.env().clock.now();
    CO_TRY(const int64_t sent, co_await produce_load(session, producer, load));
    const base::HistogramCounts counts = latency.counts();
    CO_TRY_VOID(session.print(
        result_table(topic, sent, load.record_bytes, session.env().clock.now() - start, &counts)));
    co_return ExitStatus::ok;
}

// Assigns every partition of the topic, at its start or its end.
Task<Result<void>> assign_all(Session& session, client::Consumer& consumer, std::string topic,
                              int64_t where) {
    CO_TRY(const auto offsets, co_await session.admin().list_offsets(topic, where));
    for (const auto& [partition, found] : offsets)
        consumer.assign({topic, partition}, found.offset);
    co_return Result<void>();
}

Task<Result<ExitStatus>> bench_sub(Session& session) {
    const std::string topic(session.arguments().get("TOPIC"));
    CO_TRY(const Load load, parse_load(session.arguments()));
    client::Consumer consumer(session.cluster(), {});
    CO_TRY_VOID(co_await assign_all(session, consumer, topic, kafka::kEarliestTimestamp));
    const base::MonoTime start = session.env().clock.now();
    base::MonoTime last = start;
    int64_t read = 0;
    size_t size_bytes = 0;
    while (read < load.records && session.env().clock.now() - start < load.duration) {
        CO_TRY(const auto records, co_await consumer.poll(std::chrono::milliseconds(200)));
        if (records.empty()) break;  // all that is there was read
        for (const auto& record : records) size_bytes += record.value ? record.value->size() : 0;
        read += static_cast<int64_t>(records.size());
        last = session.env().clock.now();
    }
    const size_t average = read > 0 ? size_bytes / static_cast<size_t>(read) : 0;
    CO_TRY_VOID(session.print(result_table(topic, read, average, last - start, nullptr)));
    co_return ExitStatus::ok;
}

struct EndToEnd {
    int64_t received = 0;
    std::optional<base::Error> failure;
    base::Histogram latency;
    io::Signal progressed;
};

// Reads what comes and how old it is. Parameters are the caller's own, which drops the task.
Task<void> measure_arrivals(Session& session, client::Consumer& consumer, EndToEnd& run) {
    while (!run.failure) {
        auto records = co_await consumer.poll(std::chrono::milliseconds(200));
        if (!records) run.failure = records.error();
        const base::MonoTime now = session.env().clock.now();
        for (size_t i = 0; records && i < records->size(); ++i) {
            const auto& value = (*records)[i].value;
            if (!value || value->size() < sizeof(int64_t)) continue;
            const auto sent_at = base::load_be<int64_t>(
                reinterpret_cast<const std::byte*>(value->data()));
            run.latency.record(now.time_since_epoch() - base::Duration(sent_at));
            ++run.received;
        }
        run.progressed.notify_all();
    }
}

Task<Result<ExitStatus>> bench_e2e(Session& session) {
    const std::string topic(session.arguments().get("TOPIC"));
    CO_TRY(const Load load, parse_load(session.arguments()));
    CO_TRY(const auto settings, bench_producer_settings(session));
    client::Producer producer(session.cluster(), topic, settings);
    CO_TRY_VOID(co_await producer.open());
    // Reads wait at the broker: on a cluster of their own, so that writes do not queue behind them.
    client::Cluster reading(session.env(), session.cluster().settings());
    client::Consumer consumer(reading, {});
    CO_TRY_VOID(co_await assign_all(session, consumer, topic, kafka::kLatestTimestamp));
    EndToEnd run;
    io::TaskScope scope;
    scope.spawn(measure_arrivals(session, consumer, run));
    const base::MonoTime start = session.env().clock.now();
    CO_TRY(const int64_t sent, co_await produce_load(session, producer, load));
    const base::MonoTime give_up = session.env().clock.now() + session.options().timeout;
    while (run.received < sent && !run.failure) {
        if (!co_await run.progressed.wait_until(give_up)) break;
    }
    if (run.failure) co_return base::fail(*run.failure);
    const base::HistogramCounts counts = run.latency.counts();
    CO_TRY_VOID(session.print(result_table(topic, run.received, load.record_bytes,
                                           session.env().clock.now() - start, &counts)));
    co_return run.received >= sent ? ExitStatus::ok : ExitStatus::try_again;
}

std::vector<Option> load_options(std::string_view records, std::string_view rate) {
    return {
        {.names = "-n,--records",
         .value_name = "N",
         .documentation = "At most so many",
         .default_value = records},
        {.names = "-d,--duration",
         .value_name = "DURATION",
         .documentation = "At most so long",
         .default_value = "10s"},
        {.names = "-s,--size",
         .value_name = "SIZE",
         .documentation = "Bytes of a record's value",
         .default_value = "1KiB"},
        {.names = "-r,--rate",
         .value_name = "N",
         .documentation = "Records per second; 0: as fast as it goes",
         .default_value = rate},
    };
}

std::vector<Option> writing_options(std::string_view records, std::string_view rate) {
    std::vector<Option> options = load_options(records, rate);
    for (Option& option : producer_options()) options.push_back(std::move(option));
    return with_client_options(std::move(options));
}

}  // namespace

std::vector<Command> bench_commands() {
    const Positional topic{.name = "TOPIC",
                           .documentation = "Where to, or where from",
                           .completion = "topic"};
    return {
        {.path = "bench", .purpose = "Measure a broker from this machine"},
        {.path = "bench pub",
         .purpose = "Measure how fast records are taken, and how soon acknowledged",
         .positionals = {topic},
         .options = writing_options("1000000", "0"),
         .examples = {{"polylog bench pub bench", "1 KiB records for ten seconds"},
                      {"polylog bench pub bench -n 100000 -s 100B -z lz4",
                       "small records, compressed"},
                      {"polylog bench pub bench -r 1000 -d 60s -o json",
                       "latency at a fixed rate"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<bench_pub>},
        {.path = "bench sub",
         .purpose = "Measure how fast a topic's records are read, from its start",
         .positionals = {topic},
         .options = with_client_options(load_options("1000000", "0")),
         .examples = {{"polylog bench sub bench", "at most a million records"},
                      {"polylog bench sub bench -n 100000000 -d 60s", "for a minute"},
                      {"polylog bench sub bench -o json", "for a program"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<bench_sub>},
        {.path = "bench e2e",
         .purpose = "Measure how long a record takes from the writer to the reader",
         .positionals = {topic},
         .options = writing_options("10000", "1000"),
         .examples = {{"polylog bench e2e bench", "a thousand records a second for ten seconds"},
                      {"polylog bench e2e bench -r 10 -d 60s", "one at a time"},
                      {"polylog bench e2e bench -a 1 -o json", "without waiting for replicas"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<bench_e2e>},
    };
}

}  // namespace polylog::cmd
