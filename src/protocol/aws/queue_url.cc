#include "protocol/aws/queue_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polylog::aws {

namespace {

bool is_account(std::string_view text) {
    return text.size() == 12 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<QueueAddress> parse_queue_path(std::string_view path) {
    if (!path.starts_with('/')) return std::nullopt;
    path.remove_prefix(1);
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view account = path.substr(0, slash);
    std::string_view name = path.substr(slash + 1);
    if (name.ends_with('/')) name.remove_suffix(1);
    if (!is_account(account) || name.empty() || name.contains('/')) return std::nullopt;
    return QueueAddress{std::string(account), std::string(name)};
}

std::optional<QueueAddress> parse_queue_url(std::string_view url) {
    const size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return parse_queue_path(url);
    const size_t path = url.find('/', scheme + 3);
    if (path == std::string_view::npos) return std::nullopt;
    return parse_queue_path(url.substr(path));
}

std::string queue_url(std::string_view origin, const QueueAddress& queue) {
    return fmt::format("{}/{}/{}", origin, queue.account, queue.name);
}

std::optional<Arn> Arn::parse(std::string_view text) {
    std::array<std::string_view, 5> parts;
    for (std::string_view& part : parts) {
        const size_t colon = text.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        part = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    if (parts[0] != "arn" || parts[1].empty() || parts[2].empty() || text.empty()) {
        return std::nullopt;
    }
    return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]),
               std::string(parts[4]), std::string(text)};
}

std::string Arn::to_string() const {
    return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource);
}

}  // namespace polylog::aws
