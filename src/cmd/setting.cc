#include "cmd/setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <type_traits>

#include "base/quantity.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

std::unexpected<base::Error> refuse(std::string_view text, std::string_view accepted) {
    return fail(ErrorCode::invalid_config, fmt::format("'{}' is not {}", text, accepted));
}

// A name of each value of an enum, in its order.
template <class Enum>
constexpr std::array<std::string_view, 0> kNames{};
template <>
constexpr std::array kNames<io::DiskEngineChoice> = std::to_array<std::string_view>(
    {"auto", "io_uring", "threads"});
template <>
constexpr std::array kNames<LogOutput> = std::to_array<std::string_view>({"auto", "text", "json"});
template <>
constexpr std::array kNames<AwsAuthentication> = std::to_array<std::string_view>({"any", "verify"});
template <>
constexpr std::array kNames<base::LogLevel> = std::to_array<std::string_view>(
    {"trace", "debug", "info", "warn", "error"});

using Listeners = std::vector<StreamListener>;
using Endpoints = std::vector<io::Endpoint>;

// What people are told a type accepts.
template <class T>
constexpr std::string_view kAccepts = "text";
template <>
constexpr std::string_view kAccepts<bool> = "true or false";
template <>
constexpr std::string_view kAccepts<uint64_t> = "a size: 64MiB, 1GB, 4096";
template <>
constexpr std::string_view kAccepts<base::Duration> = "a time: 10s, 1h30m, 250ms";
template <>
constexpr std::string_view kAccepts<uint32_t> = "a whole number";
template <>
constexpr std::string_view kAccepts<int32_t> = "a whole number";
template <>
constexpr std::string_view kAccepts<Listeners> =
    "a list of listeners: [{ bind = \"127.0.0.1:9092\", advertise = \"broker.example:9092\" }]";
template <>
constexpr std::string_view kAccepts<Endpoints> = "a list of addresses: [\"127.0.0.1:15672\"]";
template <>
constexpr std::string_view kAccepts<io::DiskEngineChoice> = "auto, io_uring or threads";
template <>
constexpr std::string_view kAccepts<AwsAuthentication> = "any or verify";
template <>
constexpr std::string_view kAccepts<LogOutput> = "auto, text or json";
template <>
constexpr std::string_view kAccepts<base::LogLevel> = "trace, debug, info, warn or error";

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// Calls `take` for each part between commas; the empty text has none.
template <class Take>
Result<void> for_each_element(std::string_view list, Take take) {
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        TRY_VOID(take(trimmed(list.substr(0, comma))));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return {};
}

Result<void> parse(std::string_view text, std::string& value) {
    value = text;
    return {};
}

Result<void> parse(std::string_view text, bool& value) {
    if (text != "true" && text != "false") return refuse(text, kAccepts<bool>);
    value = text == "true";
    return {};
}

Result<void> parse(std::string_view text, uint64_t& value) {
    TRY(value, base::parse_size(text));
    return {};
}

Result<void> parse(std::string_view text, base::Duration& value) {
    TRY(value, base::parse_duration(text));
    return {};
}

template <std::integral T>
    requires(sizeof(T) == 4)
Result<void> parse(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= 0) return {};
    return refuse(text, kAccepts<T>);
}

template <class T>
    requires std::is_enum_v<T>
Result<void> parse(std::string_view text, T& value) {
    const auto found = std::ranges::find(kNames<T>, text);
    if (found == kNames<T>.end()) return refuse(text, kAccepts<T>);
    value = static_cast<T>(found - kNames<T>.begin());
    return {};
}

Result<void> parse(std::string_view text, Endpoints& value) {
    value.clear();
    return for_each_element(text, [&value](std::string_view element) -> Result<void> {
        TRY(io::Endpoint endpoint, parse_endpoint(element));
        value.push_back(std::move(endpoint));
        return {};
    });
}

Result<void> parse(std::string_view text, Listeners& value) {
    value.clear();
    return for_each_element(text, [&value](std::string_view element) -> Result<void> {
        constexpr std::string_view kWord = " advertise ";
        const size_t word = element.find(kWord);
        StreamListener listener;
        TRY(listener.bind, parse_endpoint(trimmed(element.substr(0, word))));
        if (word != std::string_view::npos) {
            TRY(listener.advertise, parse_endpoint(trimmed(element.substr(word + kWord.size()))));
            if (listener.advertise->host.empty() || listener.advertise->port == 0) {
                return refuse(element, "complete: clients need a host and a port to connect to");
            }
        }
        value.push_back(std::move(listener));
        return {};
    });
}

std::string text_of(const StreamListener& listener) {
    std::string text = io::to_string(listener.bind);
    if (listener.advertise) text += " advertise " + io::to_string(*listener.advertise);
    return text;
}

template <class T>
std::string show(const T& value) {
    if constexpr (std::same_as<T, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::same_as<T, uint64_t>) {
        return base::format_size(value);
    } else if constexpr (std::same_as<T, base::Duration>) {
        return base::format_duration(value);
    } else if constexpr (std::is_enum_v<T>) {
        return std::string(kNames<T>[static_cast<size_t>(value)]);
    } else if constexpr (std::same_as<T, Endpoints>) {
        std::vector<std::string> parts;
        for (const io::Endpoint& each : value) parts.push_back(io::to_string(each));
        return fmt::format("{}", fmt::join(parts, ","));
    } else if constexpr (std::same_as<T, Listeners>) {
        std::vector<std::string> parts;
        for (const StreamListener& each : value) parts.push_back(text_of(each));
        return fmt::format("{}", fmt::join(parts, ","));
    } else {
        return fmt::format("{}", value);
    }
}

// A setting that is the member which `access` picks.
template <auto access>
constexpr Setting setting(std::string_view key, std::string_view documentation) {
    using T = std::remove_cvref_t<decltype(access(std::declval<Settings&>()))>;
    return {.key = key,
            .accepts = kAccepts<T>,
            .documentation = documentation,
            .assign = [](Settings& settings,
                         std::string_view text) { return parse(text, access(settings)); },
            .show = [](const Settings& settings) { return show<T>(access(settings)); }};
}

// `member` of the settings, under that key.
#define POLYLOG_SETTING(key, member, documentation) \
    setting<[](auto& settings) -> auto& { return settings.member; }>(key, documentation)

constexpr std::array kSettings{
    POLYLOG_SETTING("data_dir", data_dir,
                    "Where everything is stored. Made when missing; one server at a time."),
    POLYLOG_SETTING("node.id", node_id, "Number of this broker, distinct in its cluster."),
    POLYLOG_SETTING("shards", shards,
                    "Threads that serve clients; each owns a part of the partitions. 0: one for "
                    "each processor, at most 16, or as many as the data directory was made with. "
                    "Fixed once a data directory has been used."),
    POLYLOG_SETTING("pin_threads", pin_threads, "Bind each shard to a processor."),
    POLYLOG_SETTING("disk.engine", disk_engine,
                    "How files are read and written: io_uring where the kernel allows it, or "
                    "threads."),
    POLYLOG_SETTING("listen.kafka", kafka,
                    "Addresses for Kafka clients. `advertise` is what clients are told to connect "
                    "to; without it, the address they came in by. As text: `BIND advertise "
                    "ADDRESS`, with commas between listeners."),
    POLYLOG_SETTING("listen.admin", admin,
                    "Addresses for health checks and metrics, over HTTP. Empty: none."),
    POLYLOG_SETTING("listen.aws", aws,
                    "Addresses for SQS clients, over HTTP. Empty: none; `polylog dev` listens on "
                    "127.0.0.1:9324."),
    POLYLOG_SETTING("aws.region", aws_settings.region,
                    "The region in the ARNs of queues. Requests may be signed for any."),
    POLYLOG_SETTING("aws.account", aws_settings.account,
                    "The account in the URLs and ARNs of queues: 12 digits."),
    POLYLOG_SETTING("aws.origin", aws_settings.origin,
                    "What the URLs of queues begin with: `https://queues.example`. Empty: the "
                    "address that a client's request names."),
    POLYLOG_SETTING("aws.trust_forwarded", aws_settings.trust_forwarded,
                    "Whether X-Forwarded-Host and X-Forwarded-Proto say how a client reached a "
                    "proxy in front. Only behind one that sets them."),
    POLYLOG_SETTING("aws.authentication", aws_settings.authentication,
                    "Whether requests of SQS clients must be signed with a key of "
                    "aws.access_keys_file (`verify`), or anybody may ask (`any`, as `polylog dev` "
                    "has it)."),
    POLYLOG_SETTING("aws.access_keys_file", aws_settings.access_keys_file,
                    "Who may ask: a line for each access key, with its id and its secret, apart "
                    "from each other by spaces. Lines that begin with # are left out."),
    POLYLOG_SETTING("insecure_listen", insecure_listen,
                    "Allows listeners without authentication on addresses that other machines "
                    "reach."),
    POLYLOG_SETTING("drain_timeout", drain_timeout,
                    "How long a stopping server lets requests under way finish."),
    POLYLOG_SETTING("log.level", log.level, "Records below this level are not written."),
    POLYLOG_SETTING("log.format", log.output,
                    "How records are written to standard error; auto is text on a terminal and "
                    "JSON elsewhere."),
    POLYLOG_SETTING("storage.wal_file_bytes", storage.wal.file_bytes,
                    "Size of each file of a write-ahead log; also bounds a batch."),
    POLYLOG_SETTING("storage.wal_files_max", storage.wal.files_max,
                    "Files of a write-ahead log. Together they bound what recovery reads."),
    POLYLOG_SETTING("storage.tail_cache_bytes", storage.tail_cache_bytes,
                    "Recent batches kept in memory, on each shard, for consumers that keep up."),
    POLYLOG_SETTING("storage.unflushed_bytes_max", storage.unflushed_bytes_max,
                    "Batches that wait to be written to segments, on each shard. At twice as much "
                    "producers are refused until the disk has caught up."),
    POLYLOG_SETTING("storage.flush_piece_bytes", storage.flush_piece_bytes,
                    "Segments are written in pieces of this size."),
    POLYLOG_SETTING("storage.read_ahead_bytes", storage.read_ahead_bytes,
                    "What a read from a file fetches at once."),
    POLYLOG_SETTING("storage.disk_reserve_bytes", storage.disk_reserve_bytes,
                    "Producers are refused when the disk has less than this left."),
    POLYLOG_SETTING("limits.frame_max_bytes", limits.frame_max_bytes,
                    "A request of a Kafka client. Shown to clients as socket.request.max.bytes."),
    POLYLOG_SETTING("limits.frame_reserve_ahead_max_bytes", limits.frame_reserve_ahead_max_bytes,
                    "Memory reserved for a request beyond what of it has arrived."),
    POLYLOG_SETTING("limits.frame_min_bytes_per_second", limits.frame_min_bytes_per_second,
                    "A request that arrives more slowly costs its connection."),
    POLYLOG_SETTING("limits.requests_in_flight_per_connection_max",
                    limits.requests_in_flight_per_connection_max,
                    "Requests of a connection that are read but not answered."),
    POLYLOG_SETTING("limits.write_buffer_per_connection_max_bytes",
                    limits.write_buffer_per_connection_max_bytes,
                    "Answers that a client has not read; beyond it no more is read from it."),
    POLYLOG_SETTING("limits.write_stalled_timeout", limits.write_stalled_timeout,
                    "A connection that takes nothing of its answers for so long is closed."),
    POLYLOG_SETTING("limits.idle_timeout", limits.idle_timeout,
                    "A connection without traffic for so long is closed. Shown to clients as "
                    "connections.max.idle.ms."),
    POLYLOG_SETTING("limits.connections_max", limits.connections_max,
                    "Connections of the whole broker. Shown to clients as max.connections."),
    POLYLOG_SETTING("limits.connections_per_ip_max", limits.connections_per_ip_max,
                    "The same from one address. Shown to clients as max.connections.per.ip."),
    POLYLOG_SETTING("limits.connections_per_ip_max_per_second",
                    limits.connections_per_ip_max_per_second,
                    "New connections from one address, once as many as it may have were opened at "
                    "once."),
    POLYLOG_SETTING("limits.first_request_timeout", limits.first_request_timeout,
                    "A connection that has not sent a whole request by then is closed."),
    POLYLOG_SETTING("limits.frame_unauthenticated_max_bytes",
                    limits.frame_unauthenticated_max_bytes,
                    "A connection's first request may only be larger when it begins like one that "
                    "is served."),
    POLYLOG_SETTING("limits.memory_budget_percent", limits.memory_budget_percent,
                    "Share of the machine's memory, or of its control group's, for requests, "
                    "answers, recent batches and groups."),
    POLYLOG_SETTING("limits.memory_budget_bytes", limits.memory_budget_bytes,
                    "The same as a size; 0 leaves it to the percentage."),
    POLYLOG_SETTING("limits.memory_slow_producers_percent", limits.memory_slow_producers_percent,
                    "Of the budget: from here on producers are asked for pauses."),
    POLYLOG_SETTING("limits.memory_pause_producers_percent", limits.memory_pause_producers_percent,
                    "Of the budget: from here on producers are not read from."),
    POLYLOG_SETTING("limits.memory_refuse_percent", limits.memory_refuse_percent,
                    "Of the budget: from here on records and new connections are refused."),
    POLYLOG_SETTING("limits.memory_per_connection_percent", limits.memory_per_connection_percent,
                    "Of the budget: what one connection may hold; also bounds a request."),
    POLYLOG_SETTING("limits.disk_refuse_produce_percent", limits.disk_refuse_produce_percent,
                    "Records are refused, with an error that clients retry, when the disk is "
                    "fuller."),
    POLYLOG_SETTING("limits.disk_read_only_percent", limits.disk_read_only_percent,
                    "Only reads and deletes are served when the disk is fuller."),
    POLYLOG_SETTING("limits.disk_scarce_bytes", limits.disk_scarce_bytes,
                    "With so much free the percentages do not count."),
    POLYLOG_SETTING("limits.topics_max", limits.topics_max, "Topics, beside the broker's own."),
    POLYLOG_SETTING("limits.partitions_max", limits.partitions_max, "Partitions of all topics."),
    POLYLOG_SETTING("limits.partitions_per_topic_max", limits.partitions_per_topic_max,
                    "Partitions of one topic."),
    POLYLOG_SETTING("limits.subscriptions_max", limits.subscriptions_max,
                    "Subscriptions of all topics."),
    POLYLOG_SETTING("limits.subscriptions_per_topic_max", limits.subscriptions_per_topic_max,
                    "Subscriptions of one topic."),
    POLYLOG_SETTING("limits.groups_max", limits.groups_max,
                    "Consumer groups. Each partition of the offsets topic takes an even share, at "
                    "least 10."),
    POLYLOG_SETTING("limits.producer_ids_max", limits.producer_ids_max,
                    "Idempotent producers remembered, each counted in every partition it writes "
                    "to. Beyond it the longest idle are forgotten."),
    POLYLOG_SETTING("limits.members_per_group_max", limits.members_per_group_max,
                    "Members of a consumer group, when group.max.size allows more."),
    POLYLOG_SETTING("limits.header_section_max_bytes", limits.header_section_max_bytes,
                    "Request line and headers of an HTTP request."),
    POLYLOG_SETTING("limits.headers_max", limits.headers_max, "Headers of an HTTP request."),
    POLYLOG_SETTING("limits.admin_body_max_bytes", limits.admin_body_max_bytes,
                    "Body of an HTTP request to the admin listener."),
};

#undef POLYLOG_SETTING

}  // namespace

std::span<const Setting> all_settings() {
    return kSettings;
}

const Setting* find_setting(std::string_view key) {
    const auto found = std::ranges::find(kSettings, key, &Setting::key);
    return found == kSettings.end() ? nullptr : &*found;
}

bool is_live(std::string_view key) {
    return key == "log.level" || key == "drain_timeout" || key.starts_with(kLogComponents);
}

}  // namespace polylog::cmd
