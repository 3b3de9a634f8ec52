#include "base/uuid.h"

#include "base/base64.h"
#include "base/bytes.h"
#include "base/hex.h"

namespace polylog::base {

namespace {

Bytes bytes_of(const Uuid& uuid) {
    return std::as_bytes(std::span(uuid.bytes));
}

}  // namespace

Uuid Uuid::from_random(uint64_t high, uint64_t low) {
    Uuid uuid;
    auto* bytes = reinterpret_cast<std::byte*>(uuid.bytes.data());
    store_be(bytes, high);
    store_be(bytes + 8, low);
    uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0F) | 0x40);  // version 4
    uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);  // the RFC's variant
    constexpr uint8_t kDash = 62;  // the value of '-' in URL-safe base64
    if (uuid.bytes[0] >> 2 == kDash) uuid.bytes[0] ^= 0x80;
    return uuid;
}

std::string Uuid::to_base64() const {
    return base64url_encode(bytes_of(*this));
}

std::optional<Uuid> Uuid::from_base64(std::string_view text) {
    const std::optional<std::string> decoded = base64url_decode(text);
    Uuid uuid;
    if (!decoded || decoded->size() != uuid.bytes.size()) return std::nullopt;
    std::memcpy(uuid.bytes.data(), decoded->data(), decoded->size());
    return uuid;
}

std::string Uuid::to_hex() const {
    std::string text = hex_encode(bytes_of(*this));
    for (const size_t dash : {8u, 13u, 18u, 23u}) text.insert(dash, 1, '-');
    return text;
}

}  // namespace polylog::base
