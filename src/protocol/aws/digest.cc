#include "protocol/aws/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/slice.h"

namespace polylog::aws {

namespace {

// Only fails when memory runs out, or on a library that was built without the digest.
std::string digest(std::string_view text, const EVP_MD* kind) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    CHECK(EVP_Digest(text.data(), text.size(), bytes, &size, kind, nullptr) == 1);
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string md5(std::string_view text) {
    return digest(text, EVP_md5());
}

std::string sha256(std::string_view text) {
    return digest(text, EVP_sha256());
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes, &size));
    return {reinterpret_cast<const char*>(bytes), size};
}

std::string md5_hex(std::string_view text) {
    return base::hex_encode(base::as_bytes(md5(text)));
}

std::string sha256_hex(std::string_view text) {
    return base::hex_encode(base::as_bytes(sha256(text)));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace polylog::aws
