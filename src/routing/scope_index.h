#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "routing/field_values.h"
#include "routing/filter_policy.h"
#include "routing/key_index.h"

namespace polylog::routing {

// The policies of one scope, arranged for evaluation; see SubscriptionIndex.
class ScopeIndex {
public:
    class Builder;

    bool empty() const { return alternatives_.empty(); }
    const KeySet& keys() const { return keys_; }

    // Appends the subscriptions that take a message with these values of keys(), some repeatedly.
    void match(const FieldValues& fields, std::vector<uint32_t>& matched) const;

private:
    class Evaluation;

    struct Condition {
        uint32_t key = 0;
        std::vector<uint32_t> alternatives{};  // those it leads to
        // The rules that KeyIndex does not answer: all of a condition that leads nowhere, which is
        // evaluated only where another one led.
        std::vector<FilterRule> unindexed{};
    };
    // The policy's alternative that this subscription asks for.
    struct Alternative {
        uint32_t subscription = 0;
        std::vector<uint32_t> others{};  // conditions besides the one that leads to it
    };

    KeySet keys_;
    std::vector<KeyIndex> key_indexes_;      // of each key
    std::vector<uint32_t> watched_absence_;  // keys that some rule wants absent
    // Of each key the conditions with unindexed rules that lead somewhere.
    std::vector<std::vector<uint32_t>> searched_;
    std::vector<Condition> conditions_;
    std::vector<Alternative> alternatives_;
};

class ScopeIndex::Builder {
public:
    // The seed keys hash tables: something that those who publish and subscribe do not know.
    explicit Builder(uint64_t hash_seed) : hash_seed_(hash_seed) {}

    // The policy must not take everything.
    void add(uint32_t subscription, const FilterPolicy& policy);
    std::unique_ptr<const ScopeIndex> build() &&;

private:
    struct Draft {
        FilterCondition condition;
        size_t uses = 0;  // alternatives that it is part of
    };
    struct DraftAlternative {
        uint32_t subscription;
        std::vector<uint32_t> conditions;
    };

    uint32_t intern(const FilterCondition& condition);
    void name_keys(ScopeIndex& index) const;
    void lead_to_alternatives(ScopeIndex& index) const;
    void index_leading_conditions(ScopeIndex& index) const;
    // Of each condition, were it to lead to all alternatives that it is part of: how many of these
    // a message makes us check, and the search that an unindexed rule needs.
    std::vector<double> expected_costs(const ScopeIndex& index) const;

    uint64_t hash_seed_;
    std::map<std::pair<std::string, std::string>, uint32_t> numbers_;  // by key and text
    std::vector<Draft> drafts_;
    std::vector<DraftAlternative> alternatives_;
};

}  // namespace polylog::routing
