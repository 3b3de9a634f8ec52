#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/time.h"
#include "protocol/aws/fault.h"
#include "protocol/http/message.h"

// Signature Version 4 (IAM user guide, "Create a signed AWS API request"): a request carries a MAC
// over what it says, made with a key that only the client and we know.
namespace polylog::aws {

constexpr std::string_view kSignatureAlgorithm = "AWS4-HMAC-SHA256";

// What a signature's key is good for: "AKID/20150830/us-east-1/sqs/aws4_request".
struct CredentialScope {
    std::string access_key;
    std::string date;  // "20150830"
    std::string region;
    std::string service;

    // Nothing on text without exactly these parts.
    static std::optional<CredentialScope> parse(std::string_view text);
    // Without the access key, as it is signed.
    std::string to_string() const;
    auto operator<=>(const CredentialScope&) const = default;
};

// The scope that a request claims, by its query when it is presigned, else by its Authorization
// header: that of the signature that is verified. It need not be right.
std::optional<CredentialScope> scope_of(const http::Request& request);

// A signature and everything it says about itself.
struct Signature {
    CredentialScope scope;
    std::string signed_headers;  // "host;x-amz-date", lower case, in order
    std::string value;           // 64 hexadecimal digits
    std::string timestamp;       // "20150830T123600Z"
    base::WallTime signed_at{};
    base::Duration valid_for{};  // of presigned requests; else zero
    bool in_query = false;       // presigned
};

// Of a request. Errors: missing_authentication_token when there is none, incomplete_signature when
// it lacks what it needs.
Answer<Signature> parse_signature(const http::Request& request);

// What is signed, for tests and for ourselves. The request has every header that the signature
// names.
std::string canonical_request(const http::Request& request, const Signature& signature);
std::string string_to_sign(const Signature& signature, std::string_view canonical_request);

// 64 hexadecimal digits.
std::string signature_of(std::string_view string_to_sign, std::string_view key);

// The keys that requests are signed with, derived from secrets: the last ones are kept, as each
// takes four MACs to derive.
class SigningKeys {
public:
    // The raw key; valid until the next call.
    std::string_view find(const CredentialScope& scope, const base::Secret& secret);

private:
    static constexpr size_t kKeysMax = 1024;
    struct Derived {
        base::Secret secret;  // it was derived from
        base::Secret key;
    };
    std::map<CredentialScope, Derived> keys_;
};

// The secret of an access key; nothing when there is no such key.
using FindSecret = std::function<std::optional<base::Secret>(std::string_view access_key)>;

// Decides who sent a request. Lives on one shard.
class SignatureVerifier {
public:
    // How far a client's clock may be off. As AWS.
    static constexpr base::Duration kSkewMax = std::chrono::minutes(15);
    // The longest time a presigned request may be good for: a week. As AWS.
    static constexpr base::Duration kPresignedMax = std::chrono::days(7);

    explicit SignatureVerifier(FindSecret find_secret) : find_secret_(std::move(find_secret)) {}

    // The access key that signed the request. Errors: missing_authentication_token,
    // incomplete_signature, invalid_client_token_id, signature_does_not_match (also when it is too
    // old or of the future, or made for another service).
    Answer<std::string> verify(const http::Request& request, Service service, base::WallTime now);

private:
    const FindSecret find_secret_;
    SigningKeys keys_;
};

}  // namespace polylog::aws
