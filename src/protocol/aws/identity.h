#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "protocol/aws/fault.h"
#include "protocol/aws/operation.h"
#include "protocol/aws/signature.h"
#include "protocol/http/message.h"

namespace polylog::aws {

// What stands for a place and an owner in URLs and ARNs, where a broker has neither.
struct Realm {
    std::string region = "us-east-1";
    std::string account = "000000000000";
};

// Who asks.
struct Identity {
    std::string access_key;  // empty: anonymous
    std::string account;
};

// Says who sent a request. Lives on one shard.
class Authentication {
public:
    // Accepts any credentials, and none. An access key of twelve digits is an account of its own,
    // so that tests can work apart from each other.
    explicit Authentication(Realm realm) : realm_(std::move(realm)) {}
    // Accepts what was signed with a known secret.
    Authentication(Realm realm, FindSecret find_secret)
        : realm_(std::move(realm)), verifier_(SignatureVerifier(std::move(find_secret))) {}

    // Errors: those of SignatureVerifier::verify.
    Answer<Identity> identify(const http::Request& request, const Operation& operation,
                              base::WallTime now);

    const Realm& realm() const { return realm_; }

private:
    const Realm realm_;
    std::optional<SignatureVerifier> verifier_;
};

}  // namespace polylog::aws
