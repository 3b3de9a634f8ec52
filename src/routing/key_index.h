#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "routing/field_values.h"
#include "routing/prefix_index.h"
#include "routing/range_index.h"

namespace polylog::routing {

// Rules of conditions on one key, arranged by what they compare with. Conditions are named by
// number. Rules that need the whole list of values or a search through it (anything-but,
// wildcards, address ranges) are not in here.
class KeyIndex {
public:
    class Builder;

    static bool can_hold(const FilterRule& rule);

    // Calls report(number) for every condition of which an indexed rule holds; some more than once.
    template <class Report>
    void find_present(const FieldValues::Field& field, const Report& report) const {
        if (field.presence == Presence::filled) report_all(exists_, report);
        for (const Scalar& value : field.values) find_value(value, report);
    }
    template <class Report>
    void find_absent(const Report& report) const {
        report_all(absent_, report);
    }
    bool looks_for_absence() const { return !absent_.empty(); }

private:
    using Numbers = std::vector<uint32_t>;

    // Keyed with a secret of the index: subscribers and publishers choose what is hashed.
    struct TextHash {
        using is_transparent = void;
        using is_avalanching = void;
        uint64_t seed = 0;
        size_t operator()(std::string_view text) const;
    };
    struct TextEqual {
        using is_transparent = void;
        bool operator()(std::string_view a, std::string_view b) const { return a == b; }
    };
    using TextMap = boost::unordered_flat_map<std::string, Numbers, TextHash, TextEqual>;
    struct DecimalHash {
        size_t operator()(const Decimal& number) const { return number.hash(); }
    };

    template <class Report>
    static void report_all(const Numbers& numbers, const Report& report) {
        for (const uint32_t number : numbers) report(number);
    }
    template <class Map, class Key, class Report>
    static void report_at(const Map& map, const Key& key, const Report& report) {
        if (const auto at = map.find(key); at != map.end()) report_all(at->second, report);
    }

    template <class Report>
    void find_value(const Scalar& value, const Report& report) const {
        switch (value.kind) {
        case Scalar::Kind::null: report_all(nulls_, report); return;
        case Scalar::Kind::false_value: report_all(booleans_[0], report); return;
        case Scalar::Kind::true_value: report_all(booleans_[1], report); return;
        case Scalar::Kind::number:
            report_at(numbers_, value.number, report);
            ranges_.find_ranges_with(value.number, report);
            return;
        case Scalar::Kind::string: find_text(value.text, report); return;
        }
    }
    template <class Report>
    void find_text(std::string_view text, const Report& report) const {
        report_at(texts_, text, report);
        if (!prefixes_.empty()) prefixes_.find_prefixes_of(text, report);
        if (!reversed_suffixes_.empty()) {
            reversed_suffixes_.find_prefixes_of(std::string(text.rbegin(), text.rend()), report);
        }
        if (!folded_texts_.empty()) report_at(folded_texts_, folded(text), report);
    }
    static std::string folded(std::string_view text);

    TextMap texts_;
    TextMap folded_texts_;
    boost::unordered_flat_map<Decimal, Numbers, DecimalHash> numbers_;
    Numbers nulls_;
    std::array<Numbers, 2> booleans_;  // false, true
    PrefixIndex prefixes_;
    PrefixIndex reversed_suffixes_;
    RangeIndex ranges_;
    Numbers exists_;
    Numbers absent_;
};

// Collects the rules of one key.
class KeyIndex::Builder {
public:
    explicit Builder(uint64_t hash_seed);

    // The rule must be one that can be indexed.
    void add(const FilterRule& rule, uint32_t condition);
    KeyIndex build() &&;

private:
    void add_pattern(const Pattern& pattern, uint32_t condition);
    void add_literal(const Literal& literal, uint32_t condition);

    KeyIndex index_;
    std::map<std::string, Numbers> prefixes_;
    std::map<std::string, Numbers> reversed_suffixes_;
    std::vector<RangeIndex::Entry> ranges_;
};

}  // namespace polylog::routing
