#include "routing/filter_match.h"

#include <algorithm>

#include "routing/field_values.h"

namespace polylog::routing {

bool matches(const FilterPolicy& policy, const Message& message) {
    if (policy.takes_everything()) return true;
    std::vector<std::string> keys;
    for (const FilterCondition& condition : policy.conditions()) keys.push_back(condition.key);
    const KeySet key_set(std::move(keys));
    const FieldValues fields = policy.scope() == FilterScope::body
                                   ? FieldValues::of_body(key_set, message.body)
                                   : FieldValues::of_attributes(key_set, message.attributes);
    if (!fields.comparable()) return false;
    const auto holds = [&](uint32_t number) {
        const FilterCondition& condition = policy.conditions()[number];
        const auto field = fields.field(key_set.find(condition.key).value());
        return condition.holds(field.presence, field.values);
    };
    return std::ranges::any_of(policy.alternatives(), [&](const auto& alternative) {
        return std::ranges::all_of(alternative, holds);
    });
}

}  // namespace polylog::routing
