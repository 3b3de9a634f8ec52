#include "base/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/check.h"

namespace polylog::base {

std::array<uint8_t, 32> sha256(Bytes bytes) {
    std::array<uint8_t, 32> digest{};
    // Only fails when memory runs out, or on a library that was built without it.
    CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) ==
          1);
    return digest;
}

bool equal_in_constant_time(Bytes one, Bytes other) {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace polylog::base
