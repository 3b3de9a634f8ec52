#include "protocol/aws/receipt_handle.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "protocol/aws/digest.h"

namespace polylog::aws {

namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kReceiptBytes = 41;
constexpr size_t kMacBytes = 8;

std::string mac_of(const base::Secret& key, std::string_view receipt) {
    return hmac_sha256(key.reveal(), receipt).substr(0, kMacBytes);
}

std::unexpected<Fault> invalid(std::string_view handle) {
    return refuse(FaultKind::receipt_handle_is_invalid,
                  fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.",
                              handle));
}

}  // namespace

std::string ReceiptHandles::seal(const Receipt& receipt) const {
    base::ByteWriter writer(kReceiptBytes);
    writer.be<uint8_t>(kVersion);
    writer.bytes(std::as_bytes(std::span(receipt.queue.bytes)));
    writer.be<int32_t>(receipt.partition.value);
    writer.be<int64_t>(receipt.offset.value);
    writer.be<uint64_t>(receipt.attempt);
    writer.be<int32_t>(receipt.lease_epoch.value);
    std::string text(base::as_text(writer.written()));
    text += mac_of(key_, text);
    return base::base64url_encode(base::as_bytes(text));
}

Answer<Receipt> ReceiptHandles::open(std::string_view handle, const base::Uuid& queue) const {
    if (handle.size() > kHandleBytesMax) return invalid(handle.substr(0, kHandleBytesMax));
    const auto bytes = base::base64url_decode(handle);
    if (!bytes || bytes->size() != kReceiptBytes + kMacBytes) return invalid(handle);
    const std::string_view text(bytes->data(), kReceiptBytes);
    const std::string_view mac(bytes->data() + kReceiptBytes, kMacBytes);
    if (!equal_in_constant_time(mac_of(key_, text), mac)) return invalid(handle);
    base::ByteReader reader(base::as_bytes(text));
    const auto version = reader.be<uint8_t>();
    Receipt receipt;
    std::memcpy(receipt.queue.bytes.data(), reader.take(receipt.queue.bytes.size()).data(),
                receipt.queue.bytes.size());
    receipt.partition.value = reader.be<int32_t>();
    receipt.offset.value = reader.be<int64_t>();
    receipt.attempt = reader.be<uint64_t>();
    receipt.lease_epoch.value = reader.be<int32_t>();
    if (version != kVersion || receipt.queue != queue) return invalid(handle);
    return receipt;
}

}  // namespace polylog::aws
