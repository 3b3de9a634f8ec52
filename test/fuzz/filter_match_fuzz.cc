#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "routing/filter_match.h"
#include "routing/subscription_index.h"

// The input's first line is the number of policies, as a digit; one policy per line follows, its
// first character the scope. Then come attributes as "<type><name>=<value>" up to an empty line,
// and the body. The index answers as rule by rule evaluation does.
namespace polylog::routing {
namespace {

std::string_view take_line(std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void fuzz(std::string_view input) {
    std::vector<Subscription> subscriptions;
    std::vector<FilterPolicy> policies;
    const std::string_view count = take_line(input);
    for (int left = count.empty() ? 1 : count.front() % 8; left > 0; --left) {
        const std::string_view line = take_line(input);
        if (line.empty()) continue;
        const auto scope = line.front() == 'b' ? FilterScope::body : FilterScope::attributes;
        auto policy = FilterPolicy::parse(line.substr(1), scope);
        if (!policy) continue;
        policies.push_back(*std::move(policy));
        subscriptions.push_back(
            {.confirmed = true, .filter = Filter{scope, std::string(line.substr(1))}});
    }
    const auto index = SubscriptionIndex::build(subscriptions);
    CHECK(index);

    std::vector<MessageAttribute> attributes;
    while (!input.empty()) {
        const std::string_view line = take_line(input);
        const size_t equals = line.find('=');
        if (line.empty() || equals == std::string_view::npos) break;
        attributes.push_back({line.substr(1, equals - 1),
                              static_cast<MessageAttribute::Type>(line.front() % 4),
                              line.substr(equals + 1)});
        if (equals == 0) attributes.back().name = {};
    }
    const Message message{attributes, input};
    std::vector<uint32_t> expected;
    for (uint32_t number = 0; number < policies.size(); ++number) {
        if (matches(policies[number], message)) expected.push_back(number);
    }
    CHECK(index->match(message) == expected);
}

}  // namespace
}  // namespace polylog::routing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::routing::fuzz({reinterpret_cast<const char*>(data), size});
    return 0;
}
