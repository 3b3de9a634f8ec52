#pragma once

#include <string>
#include <string_view>

// Digests, as raw bytes.
namespace polylog::aws {

std::string md5(std::string_view text);
std::string sha256(std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

// As lower-case hexadecimal digits.
std::string md5_hex(std::string_view text);
std::string sha256_hex(std::string_view text);

// Takes the same time wherever texts of one size differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace polylog::aws
