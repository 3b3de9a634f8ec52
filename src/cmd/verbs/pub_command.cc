#include <fmt/format.h>

#include <algorithm>

#include "base/quantity.h"
#include "client/producer.h"
#include "cmd/verbs/line_reader.h"
#include "cmd/verbs/producer_options.h"
#include "cmd/verbs/record_json.h"
#include "cmd/verbs/session.h"
#include "cmd/verbs/verbs.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using io::Task;

namespace {

// What the command line says about every record.
struct Template {
    client::Record record;
    bool is_json = false;
    bool empty_is_null = false;
    bool keeps_partitions = false;
    std::string key_separator;
};

Result<Template> parse_template(const Arguments& arguments) {
    Template form;
    if (const auto key = arguments.find("key")) form.record.key = std::string(*key);
    for (const std::string& text : arguments.all("header")) {
        const size_t equals = text.find('=');
        if (equals == std::string::npos) {
            form.record.headers.push_back({text, std::nullopt});
        } else {
            form.record.headers.push_back({text.substr(0, equals), text.substr(equals + 1)});
        }
    }
    TRY(const int64_t partition, number_option(arguments, "partition", -1, kPartitionNumbers));
    if (partition >= 0) form.record.partition = static_cast<int32_t>(partition);
    form.is_json = arguments.has("ndjson");
    form.empty_is_null = arguments.has("empty-is-null");
    form.keeps_partitions = arguments.has("keep-partitions");
    form.key_separator = std::string(arguments.get("key-separator"));
    return form;
}

// The record that one line of input makes. The command line fills in what the line leaves open.
Result<client::Record> record_of(const Template& form, std::string line) {
    if (form.is_json) {
        TRY(client::Record record, parse_record_json(line));
        if (!record.key) record.key = form.record.key;
        if (!form.keeps_partitions) record.partition = form.record.partition;
        record.headers.insert(record.headers.end(), form.record.headers.begin(),
                              form.record.headers.end());
        return record;
    }
    client::Record record = form.record;
    const size_t separator = form.key_separator.empty() ? std::string::npos
                                                        : line.find(form.key_separator);
    if (separator != std::string::npos) {
        record.key = line.substr(0, separator);
        line.erase(0, separator + form.key_separator.size());
    }
    if (!line.empty() || !form.empty_is_null) record.value = std::move(line);
    return record;
}

base::Error at_line(const base::Error& error, int64_t line) {
    return base::Error(ErrorCode::invalid_record,
                       fmt::format("line {} of the input: {}", line, error.detail()));
}

struct Sent {
    int64_t records = 0;
    int64_t size_bytes = 0;
};

// Sends every line; `producer` is null in a dry run; it and the lines are the caller's own.
Task<Result<Sent>> send_lines(LineReader& lines, Template form, client::Producer* producer) {
    Sent sent;
    for (int64_t line = 1;; ++line) {
        CO_TRY(auto text, co_await lines.next());
        if (!text) co_return sent;
        auto record = record_of(form, std::move(*text));
        if (!record) co_return base::fail(at_line(record.error(), line));
        ++sent.records;
        sent.size_bytes += static_cast<int64_t>(record->size_bytes());
        if (producer) CO_TRY_VOID(co_await producer->send(std::move(*record)));
    }
}

Task<Result<Sent>> send_whole(LineReader& lines, Template form, client::Producer* producer) {
    CO_TRY(std::string text, co_await lines.rest());
    CO_TRY(client::Record record, record_of(form, std::move(text)));
    const Sent sent{1, static_cast<int64_t>(record.size_bytes())};
    if (producer) CO_TRY_VOID(co_await producer->send(std::move(record)));
    co_return sent;
}

void report_batches(client::Producer& producer, std::string topic) {
    producer.on_acknowledged([topic = std::move(topic)](const client::Acknowledged& batch) {
        write_notice(fmt::format("{} partition {} offset {}: {}\n", topic, batch.partition,
                                 batch.base_offset, base::counted(batch.records, "record")));
    });
}

Task<Result<ExitStatus>> pub(Session& session) {
    const Arguments& arguments = session.arguments();
    const std::string topic(arguments.get("TOPIC"));
    CO_TRY(const Template form, parse_template(arguments));
    CO_TRY(const client::ProducerSettings settings, producer_settings(session));
    const std::string path(arguments.find("FILE").value_or("-"));
    CO_TRY(LineReader lines, LineReader::open(session.blocking(), path));
    client::Producer producer(session.cluster(), topic, settings);
    const bool dry_run = session.options().dry_run;
    if (!dry_run) CO_TRY_VOID(co_await producer.open());
    if (session.options().verbose) report_batches(producer, topic);
    const base::MonoTime start = session.env().clock.now();
    client::Producer* const target = dry_run ? nullptr : &producer;
    Result<Sent> sent = arguments.has("whole") ? co_await send_whole(lines, form, target)
                                               : co_await send_lines(lines, form, target);
    // Also after bad input: what came before it is in the topic when the program ends.
    if (!dry_run) CO_TRY_VOID(co_await producer.flush());
    if (!sent) co_return base::fail(sent.error());
    const base::Duration elapsed = session.env().clock.now() - start;
    if (arguments.has("output")) {
        Table table{.name = "published",
                    .columns = {"topic", "records", "bytes", "elapsed_ms"},
                    .rows = {}};
        table.add({topic, sent->records, sent->size_bytes, base::to_ms(elapsed)});
        CO_TRY_VOID(session.print(std::move(table)));
    } else {
        session.note(fmt::format("{} {} '{}' in {}",
                                 base::counted(static_cast<uint64_t>(sent->records), "record"),
                                 dry_run ? "would go to" : "to", topic,
                                 base::rounded_duration(elapsed)));
    }
    co_return ExitStatus::ok;
}

}  // namespace

std::vector<Command> pub_commands() {
    std::vector<Option> options{
        {.names = "-k,--key",
         .value_name = "KEY",
         .documentation = "The records' key; without, none"},
        {.names = "-H,--header",
         .value_name = "NAME=VALUE",
         .documentation = "A header; NAME alone: a null one",
         .repeatable = true},
        {.names = "-p,--partition",
         .value_name = "N",
         .documentation = "To this partition; without, by the key"},
        {.names = "-K,--key-separator",
         .value_name = "TEXT",
         .documentation = "Lines are KEY TEXT VALUE"},
        {.names = "--ndjson",
         .documentation = "Lines are JSON objects, as `tail -o ndjson` prints them"},
        {.names = "--keep-partitions",
         .documentation = "With --ndjson: to the partition that the object names"},
        {.names = "-Z,--empty-is-null", .documentation = "Empty lines are null values: tombstones"},
        {.names = "--whole", .documentation = "All of the input is one record"},
        {.names = "-v,--verbose", .documentation = "Tell where each batch went"},
    };
    for (Option& option : producer_options()) options.push_back(std::move(option));
    return {
        {.path = "pub",
         .purpose = "Publish lines of a file or of standard input as records",
         .positionals = {{.name = "TOPIC", .documentation = "Where to", .completion = "topic"},
                         {.name = "FILE",
                          .documentation = "Input; without, or '-': standard input",
                          .required = false,
                          .completion = "file"}},
         .options = with_changing_options(std::move(options)),
         .examples = {{"echo '{\"id\":1}' | polylog pub orders -k c1", "one record with a key"},
                      {"polylog pub orders -H source=import lines.txt",
                       "a record per line, with a header"},
                      {"polylog tail orders -o start --output ndjson | polylog pub copy --ndjson",
                       "copy a topic"}},
         .aliases = {"produce"},
         .exit_statuses = client_exit_statuses(),
         .run = run<pub>},
    };
}

}  // namespace polylog::cmd
