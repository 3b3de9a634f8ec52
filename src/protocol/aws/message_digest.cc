#include "protocol/aws/message_digest.h"

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/slice.h"
#include "protocol/aws/digest.h"

namespace polylog::aws {

namespace {

// How a value is transported; beside its type, which may have a suffix.
constexpr char kText = 1;
constexpr char kBinary = 2;

// Its length in four bytes, the highest first, and itself.
void append_sized(std::string& out, std::string_view text) {
    std::array<std::byte, 4> size;
    base::store_be(size.data(), static_cast<uint32_t>(text.size()));
    out += base::as_text(std::span<const std::byte>(size));
    out += text;
}

}  // namespace

std::string md5_of_body(std::string_view body) {
    return md5_hex(body);
}

std::optional<std::string> md5_of_attributes(const sqs::MessageAttributes& attributes) {
    if (attributes.empty()) return std::nullopt;
    std::string text;
    for (const auto& [name, attribute] : attributes) {
        append_sized(text, name);
        append_sized(text, attribute.data_type);
        const bool binary = attribute.data_type.starts_with("Binary");
        text += binary ? kBinary : kText;
        append_sized(text, binary ? std::string_view(attribute.binary_value.value_or(Blob()).bytes)
                                  : attribute.string_value.value_or(""));
    }
    return md5_hex(text);
}

}  // namespace polylog::aws
