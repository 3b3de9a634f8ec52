#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/json_writer.h"
#include "routing/filter_policy.h"

// The input's first byte is the scope, the rest the policy. A policy that is taken stays within its
// limits, and each of its conditions is a policy again that says the same.
namespace polylog::routing {
namespace {

void fuzz(FilterScope scope, std::string_view text) {
    const auto policy = FilterPolicy::parse(text, scope);
    if (!policy) return;
    CHECK(policy->alternatives().size() <= FilterPolicy::kMaxCombinations);
    for (const auto& alternative : policy->alternatives()) {
        CHECK(alternative.empty() == policy->takes_everything());
    }
    for (const FilterCondition& condition : policy->conditions()) {
        std::string again = "{";
        base::JsonWriter(again).value(condition.key);
        again += ":" + condition.text + "}";
        const auto alone = FilterPolicy::parse(again, scope);
        // Only its own text may be larger than what it came from: the key holds the whole path.
        CHECK(alone || again.size() > FilterPolicy::kMaxBytes);
        CHECK(!alone || alone->conditions().size() == 1);
        CHECK(!alone || alone->conditions()[0].text == condition.text);
    }
}

}  // namespace
}  // namespace polylog::routing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using polylog::routing::FilterScope;
    if (size == 0) return 0;
    polylog::routing::fuzz(data[0] % 2 == 0 ? FilterScope::attributes : FilterScope::body,
                           {reinterpret_cast<const char*>(data + 1), size - 1});
    return 0;
}
