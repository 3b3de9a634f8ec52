#include "routing/ip_range.h"

#include <algorithm>
#include <charconv>
#include <span>

#include <fmt/format.h>

namespace polylog::routing {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

constexpr size_t kV4Bytes = 4;
constexpr size_t kV6Bytes = 16;

// Four decimal numbers up to 255 without leading zeros.
bool parse_v4(std::string_view text, std::span<uint8_t> bytes) {
    for (size_t at = 0; at < kV4Bytes; ++at) {
        const size_t end = std::min(text.find('.'), text.size());
        const std::string_view digits = text.substr(0, end);
        const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), bytes[at]);
        if (error != std::errc() || stop != digits.end()) return false;
        if (digits.size() > 1 && digits.front() == '0') return false;
        const bool is_last = at + 1 == kV4Bytes;
        if (is_last != (end == text.size())) return false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

// Groups of up to four hexadecimal digits; at the end of an address the last two may be written as
// an IPv4 address. How many bytes they are; nothing when they are malformed or more than fit.
std::optional<size_t> parse_groups(std::string_view text, std::span<uint8_t> bytes,
                                   bool ends_address) {
    constexpr size_t kMaxDigits = 4;
    size_t size = 0;
    while (!text.empty()) {
        const size_t end = std::min(text.find(':'), text.size());
        const std::string_view group = text.substr(0, end);
        const bool is_last = end == text.size();
        if (ends_address && is_last && group.find('.') != std::string_view::npos) {
            if (size + kV4Bytes > bytes.size() || !parse_v4(group, bytes.subspan(size))) {
                return std::nullopt;
            }
            return size + kV4Bytes;
        }
        uint16_t value = 0;
        const auto [stop, error] = std::from_chars(group.begin(), group.end(), value, 16);
        if (error != std::errc() || stop != group.end() || group.size() > kMaxDigits) {
            return std::nullopt;
        }
        if (size + 2 > bytes.size()) return std::nullopt;
        bytes[size++] = static_cast<uint8_t>(value >> 8);
        bytes[size++] = static_cast<uint8_t>(value);
        if (is_last) break;
        text.remove_prefix(end + 1);
        if (text.empty()) return std::nullopt;  // a colon at the end
    }
    return size;
}

bool parse_v6(std::string_view text, std::span<uint8_t> bytes) {
    const size_t gap = text.find("::");
    if (gap == std::string_view::npos) return parse_groups(text, bytes, true) == kV6Bytes;
    std::array<uint8_t, kV6Bytes> back{};
    // "::" stands for one group or more.
    const auto front_size = parse_groups(text.substr(0, gap), bytes.first(kV6Bytes - 2), false);
    if (!front_size) return false;
    const auto back_size = parse_groups(text.substr(gap + 2),
                                        std::span(back).first(kV6Bytes - 2 - *front_size), true);
    if (!back_size) return false;
    std::ranges::fill(bytes.subspan(*front_size), uint8_t{0});
    std::copy_n(back.begin(), *back_size, bytes.last(*back_size).begin());
    return true;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    IpAddress address;
    if (text.find(':') == std::string_view::npos) {
        if (!parse_v4(text, address.bytes)) return std::nullopt;
    } else {
        address.family = Family::v6;
        if (!parse_v6(text, address.bytes)) return std::nullopt;
    }
    return address;
}

Result<IpRange> IpRange::parse(std::string_view cidr) {
    const size_t slash = cidr.find('/');
    if (slash == std::string_view::npos || cidr.find('/', slash + 1) != std::string_view::npos) {
        return fail(ErrorCode::invalid_request, "Malformed CIDR, one '/' required");
    }
    const std::string_view mask = cidr.substr(slash + 1);
    int32_t bits = 0;
    const auto [end, error] = std::from_chars(mask.begin(), mask.end(), bits);
    if (error != std::errc() || end != mask.end()) {
        return fail(ErrorCode::invalid_request, "Malformed CIDR, mask bits must be an integer");
    }
    if (bits < 0) {
        return fail(ErrorCode::invalid_request, "Malformed CIDR, mask bits must not be negative");
    }
    const auto address = IpAddress::parse(cidr.substr(0, slash));
    if (!address) {
        return fail(ErrorCode::invalid_request,
                    fmt::format("Nonstandard IP address: {}", cidr.substr(0, slash)));
    }
    const bool v4 = address->family == IpAddress::Family::v4;
    if (bits > (v4 ? 32 : 128)) {
        return fail(ErrorCode::invalid_request,
                    v4 ? "IPv4 mask bits must be <= 32" : "IPv6 mask bits must be <= 128");
    }
    return IpRange(*address, static_cast<unsigned>(bits));
}

bool IpRange::contains(const IpAddress& address) const {
    if (address.family != address_.family) return false;
    const size_t whole = mask_bits_ / 8;
    const auto& bytes = address.bytes;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, address_.bytes.begin())) return false;
    const unsigned rest = mask_bits_ % 8;
    return rest == 0 || (bytes[whole] ^ address_.bytes[whole]) >> (8 - rest) == 0;
}

}  // namespace polylog::routing
