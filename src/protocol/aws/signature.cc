#include "protocol/aws/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/hex.h"
#include "protocol/aws/canonical.h"
#include "protocol/aws/digest.h"
#include "protocol/aws/reading.h"
#include "protocol/aws/signing_time.h"

namespace polylog::aws {

namespace {

constexpr std::string_view kTerminator = "aws4_request";

// The parts of "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...".
struct Claims {
    std::optional<std::string> credential, signed_headers, signature, timestamp, expires;
};

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

Answer<Claims> claims_of_header(std::string_view header) {
    Claims claims;
    std::string_view rest = header.substr(kSignatureAlgorithm.size());
    while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view part = trim(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        if (part.empty()) continue;
        const size_t equals = part.find('=');
        if (equals == std::string_view::npos) {
            return refuse(FaultKind::incomplete_signature,
                          fmt::format("'{}' not a valid key=value pair (missing equal-sign) in "
                                      "Authorization header: '{}'.",
                                      part, header));
        }
        const std::string_view name = part.substr(0, equals);
        const std::string value(part.substr(equals + 1));
        if (name == "Credential") claims.credential = value;
        if (name == "SignedHeaders") claims.signed_headers = value;
        if (name == "Signature") claims.signature = value;
    }
    return claims;
}

bool is_presigned(const http::Request& request) {
    return request.parameter("X-Amz-Signature") || request.parameter("X-Amz-Credential");
}

Claims claims_of_query(const http::Request& request) {
    return {.credential = request.parameter("X-Amz-Credential"),
            .signed_headers = request.parameter("X-Amz-SignedHeaders"),
            .signature = request.parameter("X-Amz-Signature"),
            .timestamp = request.parameter("X-Amz-Date"),
            .expires = request.parameter("X-Amz-Expires")};
}

// One sentence for each part that is not there, as AWS lists them.
std::string missing_parts(const Claims& claims, bool in_query) {
    std::string text;
    const auto require = [&](const std::optional<std::string>& part, std::string_view name) {
        if (part && !part->empty()) return;
        fmt::format_to(std::back_inserter(text), "{} requires '{}{}' parameter. ",
                       in_query ? "AWS query-string" : "Authorization header",
                       in_query ? "X-Amz-" : "", name);
    };
    require(claims.credential, "Credential");
    require(claims.signature, "Signature");
    require(claims.signed_headers, "SignedHeaders");
    if (in_query) {
        require(claims.timestamp, "Date");
        require(claims.expires, "Expires");
    } else if (!claims.timestamp) {
        text +=
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
            "header. ";
    }
    if (!text.empty()) text.pop_back();
    return text;
}

Answer<Signature> complete(const Claims& claims, bool in_query) {
    if (std::string missing = missing_parts(claims, in_query); !missing.empty()) {
        return refuse(FaultKind::incomplete_signature, std::move(missing));
    }
    auto scope = CredentialScope::parse(*claims.credential);
    if (!scope) {
        return refuse(FaultKind::incomplete_signature,
                      fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                                  "keyid/date/region/service/aws4_request, got '{}'",
                                  *claims.credential));
    }
    const auto time = parse_signing_time(*claims.timestamp);
    if (!time) {
        return refuse(FaultKind::incomplete_signature,
                      fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'. See "
                                  "http://en.wikipedia.org/wiki/ISO_8601",
                                  *claims.timestamp));
    }
    Signature signature{.scope = *std::move(scope),
                        .signed_headers = *claims.signed_headers,
                        .value = *claims.signature,
                        .timestamp = format_signing_time(*time),
                        .signed_at = *time,
                        .in_query = in_query};
    if (in_query) {
        const auto seconds = to_integer(*claims.expires);
        const auto most = std::chrono::floor<std::chrono::seconds>(SignatureVerifier::kPresignedMax)
                              .count();
        if (!seconds || *seconds < 0 || *seconds > most) {
            return refuse(FaultKind::incomplete_signature,
                          "X-Amz-Expires must be a number of seconds up to a week");
        }
        signature.valid_for = std::chrono::seconds(*seconds);
    }
    return signature;
}

Answer<void> check_time(const Signature& signature, base::WallTime now) {
    const base::Duration valid_for = signature.in_query ? signature.valid_for
                                                        : SignatureVerifier::kSkewMax;
    if (signature.signed_at + valid_for < now) {
        return refuse(FaultKind::signature_does_not_match,
                      fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)",
                                  signature.timestamp, format_signing_time(now - valid_for),
                                  format_signing_time(now),
                                  std::chrono::floor<std::chrono::minutes>(valid_for).count()));
    }
    if (signature.signed_at - SignatureVerifier::kSkewMax > now) {
        return refuse(FaultKind::signature_does_not_match,
                      fmt::format("Signature not yet current: {} is still later than {} ({} + 15 "
                                  "min.)",
                                  signature.timestamp,
                                  format_signing_time(now + SignatureVerifier::kSkewMax),
                                  format_signing_time(now)));
    }
    return {};
}

Answer<void> check_scope(const Signature& signature, Service service) {
    const CredentialScope& scope = signature.scope;
    if (scope.service != to_string(service)) {
        return refuse(FaultKind::signature_does_not_match,
                      fmt::format("Credential should be scoped to correct service: '{}'.",
                                  to_string(service)));
    }
    if (!signature.timestamp.starts_with(scope.date)) {
        return refuse(FaultKind::signature_does_not_match,
                      fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 "
                                  "version of date from HTTP: '{}' != '{}', from '{}'.",
                                  scope.date, signature.timestamp.substr(0, 8),
                                  signature.timestamp));
    }
    return {};
}

// A header that says where a request goes must not be changed on its way.
Answer<void> check_signed_headers(const http::Request& request, const Signature& signature) {
    const std::vector<std::string_view> names = split_names(signature.signed_headers);
    for (const std::string_view name : {"host", "x-amz-target"}) {
        if (request.header(name) && std::ranges::find(names, name) == names.end()) {
            return refuse(FaultKind::signature_does_not_match,
                          fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.",
                                      name));
        }
    }
    for (const std::string_view name : names) {
        if (!request.header(name)) return refuse(FaultKind::signature_does_not_match);
    }
    return {};
}

}  // namespace

std::optional<CredentialScope> CredentialScope::parse(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const size_t slash = text.find('/');
        parts.push_back(text.substr(0, slash));
        if (slash == std::string_view::npos) break;
        if (parts.size() == 5) return std::nullopt;
        text.remove_prefix(slash + 1);
    }
    const bool whole = parts.size() == 5 && parts[4] == kTerminator &&
                       std::ranges::none_of(parts, &std::string_view::empty);
    if (!whole) return std::nullopt;
    return CredentialScope{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                           std::string(parts[3])};
}

std::string CredentialScope::to_string() const {
    return fmt::format("{}/{}/{}/{}", date, region, service, kTerminator);
}

std::optional<CredentialScope> scope_of(const http::Request& request) {
    if (is_presigned(request)) {
        return CredentialScope::parse(request.parameter("X-Amz-Credential").value_or(""));
    }
    const std::string_view header = request.header("Authorization").value_or("");
    if (!header.starts_with(kSignatureAlgorithm)) return std::nullopt;
    const auto claims = claims_of_header(header);
    return claims ? CredentialScope::parse(claims->credential.value_or("")) : std::nullopt;
}

Answer<Signature> parse_signature(const http::Request& request) {
    if (is_presigned(request)) {
        if (request.parameter("X-Amz-Algorithm") != kSignatureAlgorithm) {
            return refuse(FaultKind::incomplete_signature,
                          fmt::format("X-Amz-Algorithm must be {}.", kSignatureAlgorithm));
        }
        return complete(claims_of_query(request), true);
    }
    const auto header = request.header("Authorization");
    if (!header || header->empty()) return refuse(FaultKind::missing_authentication_token);
    if (!header->starts_with(kSignatureAlgorithm)) {
        return refuse(FaultKind::incomplete_signature,
                      fmt::format("Authorization header requires the algorithm {}.",
                                  kSignatureAlgorithm));
    }
    TRY(Claims claims, claims_of_header(*header));
    for (const std::string_view name : {"Date", "X-Amz-Date"}) {
        if (const auto value = request.header(name)) claims.timestamp = std::string(*value);
    }
    return complete(claims, false);
}

std::string canonical_request(const http::Request& request, const Signature& signature) {
    constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
    const bool is_unsigned = request.header("x-amz-content-sha256") == kUnsignedPayload;
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request.path),
                       canonical_query(request.query), canonical_headers(request, signature),
                       signature.signed_headers,
                       is_unsigned ? std::string(kUnsignedPayload) : sha256_hex(request.body));
}

std::string string_to_sign(const Signature& signature, std::string_view canonical_request) {
    return fmt::format("{}\n{}\n{}\n{}", kSignatureAlgorithm, signature.timestamp,
                       signature.scope.to_string(), sha256_hex(canonical_request));
}

std::string signature_of(std::string_view string_to_sign, std::string_view key) {
    return base::hex_encode(base::as_bytes(hmac_sha256(key, string_to_sign)));
}

std::string_view SigningKeys::find(const CredentialScope& scope, const base::Secret& secret) {
    auto place = keys_.find(scope);
    if (place == keys_.end() || !place->second.secret.equals(secret.reveal())) {
        if (keys_.size() >= kKeysMax) keys_.clear();
        const base::Secret first(fmt::format("AWS4{}", secret.reveal()));
        std::string key = hmac_sha256(first.reveal(), scope.date);
        key = hmac_sha256(key, scope.region);
        key = hmac_sha256(key, scope.service);
        key = hmac_sha256(key, kTerminator);
        place = keys_.insert_or_assign(scope, Derived{secret, base::Secret(key)}).first;
    }
    return place->second.key.reveal();
}

Answer<std::string> SignatureVerifier::verify(const http::Request& request, Service service,
                                              base::WallTime now) {
    TRY(const Signature signature, parse_signature(request));
    TRY_VOID(check_scope(signature, service));
    const auto secret = find_secret_(signature.scope.access_key);
    if (!secret) return refuse(FaultKind::invalid_client_token_id);
    TRY_VOID(check_signed_headers(request, signature));
    const std::string text = string_to_sign(signature, canonical_request(request, signature));
    const std::string expected = signature_of(text, keys_.find(signature.scope, *secret));
    if (!equal_in_constant_time(expected, signature.value)) {
        return refuse(FaultKind::signature_does_not_match);
    }
    TRY_VOID(check_time(signature, now));
    return signature.scope.access_key;
}

}  // namespace polylog::aws
