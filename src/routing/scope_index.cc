#include "routing/scope_index.h"

#include <algorithm>

namespace polylog::routing {

namespace {

bool names_value(const FilterRule& rule) {
    return rule.kind == FilterRule::Kind::matches &&
           (std::holds_alternative<Literal>(rule.patterns.front()) ||
            std::holds_alternative<EqualsIgnoreCase>(rule.patterns.front()));
}

// That a rule holds for a message, as a guess: `named_values` is how many values rules name for its
// key, which messages are thought to choose from evenly.
double chance_of(const FilterRule& rule, size_t named_values) {
    constexpr double kSomeText = 0.25;  // a prefix, a wildcard
    constexpr double kSomeRange = 0.5;
    constexpr double kMost = 1;  // exists, anything-but
    if (rule.kind != FilterRule::Kind::matches) return kMost;
    if (names_value(rule)) return 1 / (1 + static_cast<double>(named_values));
    return std::holds_alternative<NumericRange>(rule.patterns.front()) ? kSomeRange : kSomeText;
}

}  // namespace

// What is known of each condition for one message.
class ScopeIndex::Evaluation {
public:
    Evaluation(const ScopeIndex& index, const FieldValues& fields)
        : index_(index), fields_(fields), states_(index.conditions_.size()) {}

    // Finds the conditions that hold and lead somewhere, by what the message has.
    void run() {
        const auto report = [this](uint32_t condition) { set_true(condition); };
        for (const FieldValues::Field& field : fields_.fields()) {
            index_.key_indexes_[field.key].find_present(field, report);
        }
        for (const uint32_t key : index_.watched_absence_) {
            if (fields_.field(key).presence == Presence::absent) {
                index_.key_indexes_[key].find_absent(report);
            }
        }
        for (const FieldValues::Field& field : fields_.fields()) {
            for (const uint32_t condition : index_.searched_[field.key]) holds(condition);
        }
    }

    // The subscriptions of which one alternative's conditions all hold.
    void append_matched(std::vector<uint32_t>& matched) {
        // Checking the others of an alternative may add to the list, but nothing that leads
        // anywhere and was not seen before: run() has found all that do.
        for (size_t at = 0; at < true_.size(); ++at) {
            for (const uint32_t number : index_.conditions_[true_[at]].alternatives) {
                const Alternative& alternative = index_.alternatives_[number];
                if (std::ranges::all_of(alternative.others,
                                        [this](uint32_t other) { return holds(other); })) {
                    matched.push_back(alternative.subscription);
                }
            }
        }
    }

private:
    enum class State : uint8_t { unknown, holds, fails };

    void set_true(uint32_t condition) {
        if (states_[condition] == State::holds) return;
        states_[condition] = State::holds;
        true_.push_back(condition);
    }

    // After run()'s look-ups only rules that are not indexed can make an unknown condition hold.
    bool holds(uint32_t number) {
        if (states_[number] == State::unknown) {
            const Condition& condition = index_.conditions_[number];
            const FieldValues::Field field = fields_.field(condition.key);
            const bool held = std::ranges::any_of(condition.unindexed, [&](const auto& rule) {
                return rule.holds(field.presence, field.values);
            });
            if (held) {
                set_true(number);
            } else {
                states_[number] = State::fails;
            }
        }
        return states_[number] == State::holds;
    }

    const ScopeIndex& index_;
    const FieldValues& fields_;
    std::vector<State> states_;
    std::vector<uint32_t> true_;
};

void ScopeIndex::match(const FieldValues& fields, std::vector<uint32_t>& matched) const {
    if (!fields.comparable()) return;
    Evaluation evaluation(*this, fields);
    evaluation.run();
    evaluation.append_matched(matched);
}

void ScopeIndex::Builder::add(uint32_t subscription, const FilterPolicy& policy) {
    for (const FilterPolicy::Alternative& alternative : policy.alternatives()) {
        DraftAlternative draft{.subscription = subscription, .conditions = {}};
        for (const uint32_t number : alternative) {
            draft.conditions.push_back(intern(policy.conditions()[number]));
        }
        alternatives_.push_back(std::move(draft));
    }
}

uint32_t ScopeIndex::Builder::intern(const FilterCondition& condition) {
    const auto [at, is_new] = numbers_.try_emplace({condition.key, condition.text},
                                                   static_cast<uint32_t>(drafts_.size()));
    if (is_new) drafts_.push_back({.condition = condition});
    ++drafts_[at->second].uses;
    return at->second;
}

std::unique_ptr<const ScopeIndex> ScopeIndex::Builder::build() && {
    auto index = std::make_unique<ScopeIndex>();
    name_keys(*index);
    lead_to_alternatives(*index);
    index_leading_conditions(*index);
    return index;
}

void ScopeIndex::Builder::name_keys(ScopeIndex& index) const {
    std::vector<std::string> keys;
    for (const Draft& draft : drafts_) keys.push_back(draft.condition.key);
    index.keys_ = KeySet(std::move(keys));
    for (const Draft& draft : drafts_) {
        index.conditions_.push_back({.key = index.keys_.find(draft.condition.key).value()});
    }
}

void ScopeIndex::Builder::lead_to_alternatives(ScopeIndex& index) const {
    const std::vector<double> costs = expected_costs(index);
    for (const DraftAlternative& draft : alternatives_) {
        const uint32_t leading = *std::ranges::min_element(draft.conditions, {},
                                                           [&](uint32_t condition) {
                                                               return costs[condition];
                                                           });
        Alternative alternative{.subscription = draft.subscription, .others = draft.conditions};
        std::erase(alternative.others, leading);
        index.conditions_[leading].alternatives.push_back(
            static_cast<uint32_t>(index.alternatives_.size()));
        index.alternatives_.push_back(std::move(alternative));
    }
}

void ScopeIndex::Builder::index_leading_conditions(ScopeIndex& index) const {
    std::vector<KeyIndex::Builder> builders(index.keys_.size(), KeyIndex::Builder(hash_seed_));
    index.searched_.resize(index.keys_.size());
    for (uint32_t number = 0; number < drafts_.size(); ++number) {
        Condition& condition = index.conditions_[number];
        const bool leads = !condition.alternatives.empty();
        for (const FilterRule& rule : drafts_[number].condition.rules) {
            if (leads && KeyIndex::can_hold(rule)) {
                builders[condition.key].add(rule, number);
            } else {
                condition.unindexed.push_back(rule);
            }
        }
        if (leads && !condition.unindexed.empty()) {
            index.searched_[condition.key].push_back(number);
        }
    }
    for (uint32_t key = 0; key < builders.size(); ++key) {
        index.key_indexes_.push_back(std::move(builders[key]).build());
        if (index.key_indexes_[key].looks_for_absence()) index.watched_absence_.push_back(key);
    }
}

std::vector<double> ScopeIndex::Builder::expected_costs(const ScopeIndex& index) const {
    std::vector<size_t> named_values(index.keys_.size());
    for (uint32_t number = 0; number < drafts_.size(); ++number) {
        named_values[index.conditions_[number].key] += static_cast<size_t>(
            std::ranges::count_if(drafts_[number].condition.rules, names_value));
    }
    std::vector<double> costs;
    for (uint32_t number = 0; number < drafts_.size(); ++number) {
        const Draft& draft = drafts_[number];
        const size_t values = named_values[index.conditions_[number].key];
        double chance = 0;
        bool searched = false;
        for (const FilterRule& rule : draft.condition.rules) {
            chance += chance_of(rule, values);
            searched = searched || !KeyIndex::can_hold(rule);
        }
        costs.push_back(chance * static_cast<double>(draft.uses) + (searched ? 1 : 0));
    }
    return costs;
}

}  // namespace polylog::routing
