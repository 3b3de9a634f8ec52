#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace polylog::routing {

// An IP address of either family, as its bits from the front.
struct IpAddress {
    enum class Family : uint8_t { v4, v6 };

    Family family = Family::v4;
    std::array<uint8_t, 16> bytes{};  // IPv4: the first four

    // Four decimal numbers without leading zeros, or the text form of RFC 4291, section 2.2;
    // nothing on anything else.
    static std::optional<IpAddress> parse(std::string_view text);
};

// A block of addresses, as in "10.0.0.0/24".
class IpRange {
public:
    // Bits behind the mask are ignored. Errors: invalid_request.
    static base::Result<IpRange> parse(std::string_view cidr);

    // An address of the other family is never inside.
    bool contains(const IpAddress& address) const;

private:
    IpRange(const IpAddress& address, unsigned mask_bits)
        : address_(address), mask_bits_(mask_bits) {}

    IpAddress address_;
    unsigned mask_bits_;
};

}  // namespace polylog::routing
