#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "client/consumer.h"
#include "cmd/verbs/offset_expression.h"
#include "cmd/verbs/record_format.h"
#include "cmd/verbs/record_json.h"
#include "cmd/verbs/session.h"
#include "cmd/verbs/verbs.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using client::ConsumedRecord;
using client::TopicPartition;
using io::Task;

namespace {

constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();

// What is read, and what of it is printed.
struct TailOptions {
    OffsetRange range;
    int64_t count_max = kNoEnd;
    bool follow = false;
    std::optional<std::string> key;
    std::vector<std::string> headers;  // NAME or NAME=VALUE: all must be there
    std::vector<int32_t> partitions;   // empty: all
    client::ConsumerSettings consumer;
    bool as_json = false;
    std::optional<RecordFormat> format;
};

// The layout of one record, for outputs that are not JSON.
std::string_view default_format(OutputFormat output) {
    switch (output) {
    case OutputFormat::csv: return "%t,%p,%o,%d,%k{json},%v{json}\\n";
    case OutputFormat::name: return "%t/%p/%o\\n";
    default: return "%v\\n";
    }
}

Result<TailOptions> parse_tail_options(Session& session) {
    const Arguments& arguments = session.arguments();
    TailOptions options;
    const int64_t now_ms = base::to_unix_ms(session.env().clock.wall());
    TRY(options.range, parse_offset_range(arguments.get("offset"), now_ms));
    TRY(options.count_max, number_option(arguments, "count", kNoEnd));
    options.follow = arguments.has("follow");
    if (const auto key = arguments.find("key")) options.key = std::string(*key);
    const auto headers = arguments.all("header");
    options.headers.assign(headers.begin(), headers.end());
    for (const std::string& text : arguments.all("partition")) {
        TRY(const int64_t number, parse_number(text, "partition", kPartitionNumbers));
        options.partitions.push_back(static_cast<int32_t>(number));
    }
    if (arguments.has("committed"))
        options.consumer.isolation = kafka::IsolationLevel::read_committed;
    const OutputFormat output = output_format(arguments);
    options.as_json = output == OutputFormat::json || output == OutputFormat::ndjson;
    TRY(options.format,
        RecordFormat::parse(arguments.find("format").value_or(default_format(output))));
    return options;
}

bool has_header(const ConsumedRecord& record, std::string_view wanted) {
    const size_t equals = wanted.find('=');
    return std::ranges::any_of(record.headers, [&](const client::Header& header) {
        if (header.key != wanted.substr(0, equals)) return false;
        return equals == std::string_view::npos || header.value == wanted.substr(equals + 1);
    });
}

bool is_wanted(const TailOptions& options, const ConsumedRecord& record) {
    if (options.key && record.key != options.key) return false;
    return std::ranges::all_of(options.headers, [&](const std::string& header) {
        return has_header(record, header);
    });
}

// Where reading starts and stops.
struct Span {
    int64_t from = 0;
    int64_t stop = kNoEnd;
};

// The offset of a bound in each partition. `topic` is the caller's own.
Task<Result<std::map<int32_t, int64_t>>> locate(Session& session, std::string topic,
                                                OffsetBound bound,
                                                std::map<int32_t, LogEnds> ends) {
    std::map<int32_t, int64_t> offsets;
    std::map<int32_t, client::Offsets> at_time;
    if (bound.kind == OffsetBound::Kind::time) {
        CO_TRY(at_time, co_await session.admin().list_offsets(topic, bound.value));
    }
    for (const auto& [partition, its_ends] : ends) {
        const int64_t found = at_time.contains(partition) ? at_time[partition].offset : -1;
        offsets[partition] = found >= 0 ? found : resolve(bound, its_ends);
    }
    co_return offsets;
}

Task<Result<std::map<int32_t, Span>>> plan(Session& session, TailOptions options,
                                           std::string topic) {
    client::Admin& admin = session.admin();
    const auto isolation = options.consumer.isolation;
    CO_TRY(auto starts, co_await admin.list_offsets(topic, kafka::kEarliestTimestamp, isolation));
    CO_TRY(auto latest, co_await admin.list_offsets(topic, kafka::kLatestTimestamp, isolation));
    std::map<int32_t, LogEnds> ends;
    for (const auto& [partition, end] : latest) {
        const bool wanted = options.partitions.empty() ||
                            std::ranges::count(options.partitions, partition) > 0;
        if (wanted) ends[partition] = {starts[partition].offset, end.offset};
    }
    if (ends.empty()) co_return base::fail(ErrorCode::unknown_topic, "no such partition");
    CO_TRY(auto from, co_await locate(session, topic, options.range.from, ends));
    CO_TRY(auto to,
           co_await locate(session, topic, options.range.to.value_or(OffsetBound{}), ends));
    const bool endless = options.follow && !options.range.to;
    std::map<int32_t, Span> spans;
    for (const auto& [partition, its_ends] : ends) {
        const Span span{from[partition], endless ? kNoEnd : to[partition]};
        if (span.from < span.stop) spans[partition] = span;
    }
    co_return spans;
}

// Prints records until there is nothing left to wait for.
class Tail {
public:
    Tail(Session& session, TailOptions options)
        : session_(session),
          options_(std::move(options)),
          consumer_(session.cluster(), options_.consumer) {}

    Task<Result<void>> assign(std::string topic) {
        CO_TRY(const auto spans, co_await plan(session_, options_, topic));
        for (const auto& [partition, span] : spans) {
            consumer_.assign({topic, partition}, span.from);
            stops_[{topic, partition}] = span.stop;
        }
        co_return Result<void>();
    }

    Task<Result<void>> run() {
        constexpr base::Duration kWait = std::chrono::milliseconds(500);
        while (!stops_.empty() && printed_ < options_.count_max) {
            CO_TRY(const auto records, co_await consumer_.poll(kWait));
            CO_TRY_VOID(print(records));
            std::erase_if(stops_, [this](const auto& stop) {
                const bool done = consumer_.position(stop.first) >= stop.second;
                if (done) consumer_.unassign(stop.first);
                return done;
            });
        }
        co_return Result<void>();
    }

private:
    Result<void> print(const std::vector<ConsumedRecord>& records) {
        std::string out;
        for (const ConsumedRecord& record : records) {
            if (record.offset >= stops_.at({record.topic, record.partition})) continue;
            if (!is_wanted(options_, record)) continue;
            if (printed_ == options_.count_max) break;
            ++printed_;
            if (options_.as_json) {
                append_json(record, out);
                out += '\n';
            } else {
                options_.format->append(record, printed_, out);
            }
        }
        return out.empty() ? Result<void>() : session_.write(out);
    }

    Session& session_;
    const TailOptions options_;
    client::Consumer consumer_;
    std::map<TopicPartition, int64_t> stops_;  // the first offset that is not read any more
    int64_t printed_ = 0;
};

Task<Result<ExitStatus>> tail(Session& session) {
    CO_TRY(TailOptions options, parse_tail_options(session));
    Tail tail(session, std::move(options));
    for (const std::string& topic : session.arguments().all("TOPIC"))
        CO_TRY_VOID(co_await tail.assign(topic));
    CO_TRY_VOID(co_await tail.run());
    co_return ExitStatus::ok;
}

}  // namespace

std::vector<Command> tail_commands() {
    std::vector<Option> options{
        {.names = "-o,--offset",
         .value_name = "RANGE",
         .documentation = "start, end, 47, -10 (before the end), +10 (behind the start), @TIME, "
                          "@-1h, or FROM:TO",
         .default_value = "-10"},
        {.names = "-n,--count", .value_name = "N", .documentation = "At most so many records"},
        {.names = "-f,--follow", .documentation = "Go on with what comes, until interrupted"},
        {.names = "-F,--format",
         .value_name = "FORMAT",
         .documentation = "How to print a record: '%t/%p/%o %d %k: %v\\n'"},
        {.names = "--key", .value_name = "KEY", .documentation = "Only records with this key"},
        {.names = "--header",
         .value_name = "NAME=VALUE",
         .documentation = "Only records with this header",
         .repeatable = true},
        {.names = "-p,--partition",
         .value_name = "N",
         .documentation = "Only this partition",
         .repeatable = true},
        {.names = "--committed", .documentation = "Only what transactions have committed"},
    };
    return {
        {.path = "tail",
         .purpose = "Print records of topics",
         .details = "Offsets count in each partition by itself. Formats: %t topic, %p partition, "
                    "%o offset, %e leader\n"
                    "epoch, %k key, %v or %s value, %K and %V or %S their sizes (-1: null), %T "
                    "timestamp in ms, %d\n"
                    "timestamp in UTC, %h headers, %h{%k=%v } each header, %H how many, %i count, "
                    "%% percent sign;\n"
                    "%k{hex} %v{base64} %v{json}; \\n \\t \\r \\0 \\xHH. --output ndjson prints "
                    "JSON that `pub --ndjson`\n"
                    "takes back without loss.",
         .positionals = {{.name = "TOPIC",
                          .documentation = "Names",
                          .repeatable = true,
                          .completion = "topic"}},
         .options = with_client_options(std::move(options)),
         .examples = {{"polylog tail orders -f", "the last ten of each partition, and what comes"},
                      {"polylog tail orders -o @-1h -F '%d %k %v\\n'", "the last hour"},
                      {"polylog tail orders -o @2026-01-02T03:04Z:@now --key c1",
                       "a key, since a time"},
                      {"polylog tail orders -o start --output ndjson > orders.ndjson", "export"}},
         .aliases = {"consume"},
         .exit_statuses = client_exit_statuses(),
         .run = run<tail>},
    };
}

}  // namespace polylog::cmd
