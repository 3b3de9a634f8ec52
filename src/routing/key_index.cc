#include "routing/key_index.h"

#include "base/hash.h"
#include "base/slice.h"
#include "routing/case_folding.h"

namespace polylog::routing {

size_t KeyIndex::TextHash::operator()(std::string_view text) const {
    return base::xxh3_64(base::as_bytes(text), seed);
}

std::string KeyIndex::folded(std::string_view text) {
    return fold_case(text);
}

bool KeyIndex::can_hold(const FilterRule& rule) {
    if (rule.kind == FilterRule::Kind::anything_but) return false;
    if (rule.kind != FilterRule::Kind::matches) return true;
    const Pattern& pattern = rule.patterns.front();
    return !std::holds_alternative<Wildcard>(pattern) && !std::holds_alternative<IpRange>(pattern);
}

KeyIndex::Builder::Builder(uint64_t hash_seed) {
    index_.texts_ = TextMap(0, TextHash{hash_seed});
    index_.folded_texts_ = TextMap(0, TextHash{hash_seed});
}

void KeyIndex::Builder::add(const FilterRule& rule, uint32_t condition) {
    switch (rule.kind) {
    case FilterRule::Kind::exists: index_.exists_.push_back(condition); return;
    case FilterRule::Kind::absent: index_.absent_.push_back(condition); return;
    case FilterRule::Kind::matches: add_pattern(rule.patterns.front(), condition); return;
    case FilterRule::Kind::anything_but: return;
    }
}

void KeyIndex::Builder::add_pattern(const Pattern& pattern, uint32_t condition) {
    if (const auto* literal = std::get_if<Literal>(&pattern)) {
        add_literal(*literal, condition);
    } else if (const auto* prefix = std::get_if<Prefix>(&pattern)) {
        prefixes_[prefix->text].push_back(condition);
    } else if (const auto* suffix = std::get_if<Suffix>(&pattern)) {
        const std::string& text = suffix->text;
        reversed_suffixes_[std::string(text.rbegin(), text.rend())].push_back(condition);
    } else if (const auto* equals = std::get_if<EqualsIgnoreCase>(&pattern)) {
        index_.folded_texts_[equals->folded].push_back(condition);
    } else if (const auto* range = std::get_if<NumericRange>(&pattern)) {
        if (range->lowest == range->highest) {
            index_.numbers_[range->lowest].push_back(condition);
        } else {
            ranges_.push_back({*range, condition});
        }
    }
}

void KeyIndex::Builder::add_literal(const Literal& literal, uint32_t condition) {
    switch (literal.kind) {
    case Scalar::Kind::null: index_.nulls_.push_back(condition); return;
    case Scalar::Kind::false_value: index_.booleans_[0].push_back(condition); return;
    case Scalar::Kind::true_value: index_.booleans_[1].push_back(condition); return;
    case Scalar::Kind::number: index_.numbers_[literal.number].push_back(condition); return;
    case Scalar::Kind::string: index_.texts_[literal.text].push_back(condition); return;
    }
}

KeyIndex KeyIndex::Builder::build() && {
    index_.prefixes_ = PrefixIndex(std::move(prefixes_));
    index_.reversed_suffixes_ = PrefixIndex(std::move(reversed_suffixes_));
    index_.ranges_ = RangeIndex(std::move(ranges_));
    return std::move(index_);
}

}  // namespace polylog::routing
