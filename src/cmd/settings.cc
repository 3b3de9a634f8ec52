#include "cmd/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/memory_budget.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::fail;
using base::Result;

Result<io::Endpoint> parse_endpoint(std::string_view text) {
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return fail(ErrorCode::invalid_config, fmt::format("'{}' is not HOST:PORT", text));
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
        return fail(ErrorCode::invalid_config,
                    fmt::format("'{}' in '{}' is not a port from 0 to 65535", digits, text));
    }
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!bracketed && host.contains(':')) {
        return fail(ErrorCode::invalid_config,
                    fmt::format("'{}': an IPv6 address stands in brackets, [::1]:9092", text));
    }
    return io::Endpoint{.host = std::string(host), .port = port};
}

bool is_loopback(const io::Endpoint& endpoint) {
    const std::string& host = endpoint.host;
    if (host == "localhost" || host == "::1") return true;
    const auto is_digit_or_dot = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
    return host.starts_with("127.") && std::ranges::all_of(host, is_digit_or_dot);
}

uint64_t memory_budget_bytes(const base::Limits& limits, uint64_t machine_bytes) {
    if (limits.memory_budget_bytes > 0) return limits.memory_budget_bytes;
    return machine_bytes / 100 * limits.memory_budget_percent;
}

Settings within_memory(Settings settings, uint64_t budget_bytes) {
    const base::MemoryBudget budget(budget_bytes, settings.limits);
    const size_t batches = budget_bytes / 2 / std::max<size_t>(settings.shards, 1);
    settings.storage.tail_cache_bytes = std::min(settings.storage.tail_cache_bytes, batches);
    // Twice as much may wait before producers are refused.
    settings.storage.unflushed_bytes_max = std::min(settings.storage.unflushed_bytes_max,
                                                    batches / 2);
    settings.limits.frame_max_bytes = std::min<size_t>(settings.limits.frame_max_bytes,
                                                       budget.connection_share_bytes());
    return settings;
}

Settings within_descriptors(Settings settings, uint64_t descriptors) {
    const uint64_t segments = descriptors / 4 / std::max<size_t>(settings.shards, 1);
    const auto connections = std::min<uint64_t>(settings.limits.connections_max, descriptors / 2);
    settings.limits.connections_max = static_cast<uint32_t>(connections);
    settings.storage.open_files_max = std::min<uint64_t>(settings.storage.open_files_max, segments);
    return settings;
}

Result<void> check_exposure(const Settings& settings) {
    if (settings.insecure_listen) return {};
    std::vector<io::Endpoint> addresses = settings.admin;
    for (const StreamListener& listener : settings.kafka) addresses.push_back(listener.bind);
    if (settings.aws_settings.authentication == AwsAuthentication::any) {
        std::ranges::copy(settings.aws, std::back_inserter(addresses));
    }
    for (const io::Endpoint& address : addresses) {
        if (is_loopback(address)) continue;
        return fail(ErrorCode::invalid_config,
                    fmt::format("refusing to listen on {} without authentication: everybody who "
                                "reaches this machine could read and delete everything",
                                io::to_string(address)));
    }
    return {};
}

}  // namespace polylog::cmd
