#include "protocol/aws/page.h"

#include <algorithm>

#include "base/base64.h"

namespace polylog::aws {

Answer<Page> page_of(std::vector<std::string> names, const std::optional<std::string>& token,
                     size_t max) {
    std::ranges::sort(names);
    auto first = names.begin();
    if (token) {
        const auto last_name = base::base64url_decode(*token);
        if (!last_name || last_name->empty()) {
            return refuse(FaultKind::invalid_parameter_value,
                          "Value for parameter NextToken is invalid.");
        }
        first = std::ranges::upper_bound(names, *last_name);
    }
    names.erase(names.begin(), first);
    Page page;
    if (names.size() > max) {
        names.resize(max);
        if (max > 0) page.next_token = base::base64url_encode(base::as_bytes(names.back()));
    }
    page.names = std::move(names);
    return page;
}

}  // namespace polylog::aws
