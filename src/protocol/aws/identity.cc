#include "protocol/aws/identity.h"

#include <algorithm>

namespace polylog::aws {

Answer<Identity> Authentication::identify(const http::Request& request, const Operation& operation,
                                          base::WallTime now) {
    if (!verifier_) {
        const auto scope = scope_of(request);
        Identity identity{scope ? scope->access_key : "", realm_.account};
        const bool is_account = identity.access_key.size() == 12 &&
                                std::ranges::all_of(identity.access_key,
                                                    [](char c) { return c >= '0' && c <= '9'; });
        if (is_account) identity.account = identity.access_key;
        return identity;
    }
    auto access_key = verifier_->verify(request, operation.service, now);
    if (access_key) return Identity{*std::move(access_key), realm_.account};
    const bool unsigned_request = access_key.error().kind ==
                                  FaultKind::missing_authentication_token;
    if (unsigned_request && operation.anonymous) return Identity{"", realm_.account};
    return base::fail(std::move(access_key).error());
}

}  // namespace polylog::aws
