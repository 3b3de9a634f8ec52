#include "cmd/verbs/options.h"

#include <fmt/format.h>

#include <charconv>

#include "base/quantity.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;

namespace {

constexpr uint16_t kKafkaPort = 9092;
constexpr base::Duration kTimeout = std::chrono::seconds(30);

std::vector<Option> connection_options() {
    return {{.names = "-b,--url",
             .value_name = "HOST:PORT",
             .documentation = "Broker to talk to; several with commas",
             .default_value = "127.0.0.1:9092",
             .environment = "POLYLOG_URL"},
            {.names = "--timeout",
             .value_name = "DURATION",
             .documentation = "How long the broker may take to answer",
             .default_value = "30s"},
            {.names = "-q,--quiet",
             .documentation = "Print nothing but errors and what was asked for"}};
}

Result<io::Endpoint> parse_broker(std::string_view text) {
    constexpr std::string_view kScheme = "kafka://";
    std::string_view rest = text;
    if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
    while (rest.ends_with('/')) rest.remove_suffix(1);
    std::string_view host = rest;
    std::string_view port;
    if (rest.starts_with('[')) {
        const size_t bracket = rest.find(']');
        if (bracket == std::string_view::npos)
            return base::fail(ErrorCode::invalid_request, "missing ']'");
        host = rest.substr(1, bracket - 1);
        port = rest.substr(bracket + 1);
    } else if (const size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
        host = rest.substr(0, colon);
        port = rest.substr(colon);
    }
    io::Endpoint endpoint{std::string(host), kKafkaPort};
    const char* end = port.data() + port.size();
    const bool has_port = !port.empty();
    if (has_port) {
        const auto [stop, error] = std::from_chars(port.data() + 1, end, endpoint.port);
        if (error != std::errc() || stop != end || port.front() != ':') endpoint.port = 0;
    }
    if (host.empty() || endpoint.port == 0) {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("'{}' is no broker address; one is 127.0.0.1:9092", text));
    }
    return endpoint;
}

}  // namespace

std::vector<Option> with_client_options(std::vector<Option> own) {
    return with_options(with_options(std::move(own), connection_options()), output_options());
}

std::vector<Option> with_changing_options(std::vector<Option> own) {
    own.push_back({.names = "-y,--yes", .documentation = "Do not ask before changing something"});
    own.push_back({.names = "--dry-run",
                   .documentation = "Check and print what would change, and change nothing"});
    return with_client_options(std::move(own));
}

std::vector<std::pair<ExitStatus, std::string_view>> client_exit_statuses() {
    return {{ExitStatus::bad_data, "the input cannot be used, or a name leads nowhere"},
            {ExitStatus::unavailable, "the broker cannot be reached"},
            {ExitStatus::try_again, "timed out, or refused for now"},
            {ExitStatus::not_permitted, "not permitted"},
            {ExitStatus::interrupted, "interrupted"}};
}

Result<ClientOptions> client_options(const Arguments& arguments) {
    ClientOptions options;
    TRY(options.brokers, parse_brokers(arguments.get("url")));
    TRY(options.timeout, duration_option(arguments, "timeout", kTimeout));
    if (options.timeout <= base::Duration::zero()) {
        return base::fail(ErrorCode::invalid_request, "--timeout: no time at all");
    }
    options.render = render_settings(arguments);
    options.query = query_of(arguments);
    options.quiet = arguments.has("quiet");
    options.verbose = arguments.has("verbose");
    options.yes = arguments.has("yes");
    options.dry_run = arguments.has("dry-run");
    return options;
}

Result<std::vector<io::Endpoint>> parse_brokers(std::string_view text) {
    std::vector<io::Endpoint> brokers;
    while (!text.empty()) {
        const size_t comma = std::min(text.find(','), text.size());
        TRY(io::Endpoint broker, parse_broker(text.substr(0, comma)));
        brokers.push_back(std::move(broker));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    if (brokers.empty())
        return base::fail(ErrorCode::invalid_request, "no broker address is given");
    return brokers;
}

Result<int64_t> parse_number(std::string_view text, std::string_view name, NumberRange range) {
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool is_number = stop == end && !text.empty() && error != std::errc::invalid_argument;
    if (!is_number) {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("--{}: '{}' is no number", name, text));
    }
    if (error == std::errc() && value >= range.least && value <= range.most) return value;
    return base::fail(ErrorCode::invalid_request, fmt::format("--{}: {} is not between {} and {}",
                                                              name, text, range.least, range.most));
}

Result<int64_t> number_option(const Arguments& arguments, std::string_view name, int64_t otherwise,
                              NumberRange range) {
    const auto text = arguments.find(name);
    return text ? parse_number(*text, name, range) : Result<int64_t>(otherwise);
}

Result<base::Duration> duration_option(const Arguments& arguments, std::string_view name,
                                       base::Duration otherwise) {
    const auto text = arguments.find(name);
    if (!text) return otherwise;
    const auto duration = base::parse_duration(*text);
    if (duration) return *duration;
    return base::fail(ErrorCode::invalid_request,
                      fmt::format("--{}: {}", name, duration.error().detail()));
}

}  // namespace polylog::cmd
