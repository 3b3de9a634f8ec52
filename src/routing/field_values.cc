#include "routing/field_values.h"

#include <algorithm>
#include <ranges>

namespace polylog::routing {

using base::Json;

namespace {

// Of a value that is no array and no object.
Scalar scalar_of(const Json& value) {
    if (const auto text = value.as<std::string_view>()) return Scalar::of_string(*text);
    if (const auto boolean = value.as<bool>()) return Scalar::of_bool(*boolean);
    if (const auto number = Decimal::parse(value.number_text())) {
        return Scalar::of_number(*number);
    }
    return Scalar{};
}

bool is_blank(const Scalar& value) {
    return value.kind == Scalar::Kind::null ||
           (value.kind == Scalar::Kind::string && value.text.empty());
}

}  // namespace

KeySet::KeySet(std::vector<std::string> keys) : keys_(std::move(keys)) {
    std::ranges::sort(keys_);
    const auto repeated = std::ranges::unique(keys_);
    keys_.erase(repeated.begin(), repeated.end());
}

std::optional<uint32_t> KeySet::find(std::string_view key) const {
    const auto at = std::ranges::lower_bound(keys_, key);
    if (at == keys_.end() || *at != key) return std::nullopt;
    return static_cast<uint32_t>(at - keys_.begin());
}

KeySet::Cursor KeySet::Cursor::then(std::string_view text) const {
    const auto part = [&](const std::string& key) {
        return std::string_view(key).substr(matched_, text.size());
    };
    const auto range = std::ranges::equal_range(keys_->begin() + first_, keys_->begin() + end_,
                                                text, {}, part);
    Cursor next = *this;
    next.first_ = static_cast<uint32_t>(range.begin() - keys_->begin());
    next.end_ = static_cast<uint32_t>(range.end() - keys_->begin());
    next.matched_ = matched_ + text.size();
    return next;
}

std::optional<uint32_t> KeySet::Cursor::key() const {
    // The shortest of the keys that begin alike is the first.
    if (empty() || (*keys_)[first_].size() != matched_) return std::nullopt;
    return first_;
}

FieldValues FieldValues::of_attributes(const KeySet& keys, std::span<const MessageAttribute> from) {
    FieldValues fields;
    for (const MessageAttribute& attribute : from) {
        if (attribute.type == MessageAttribute::Type::binary) continue;
        fields.comparable_ = true;
        if (const auto key = keys.find(attribute.name)) fields.add_attribute(*key, attribute);
    }
    fields.group();
    return fields;
}

FieldValues FieldValues::of_body(const KeySet& keys, std::string_view body) {
    FieldValues fields;
    auto root = Json::parse(body, kMaxBodyBytes);
    if (!root || root->kind() != Json::Kind::object) return fields;
    fields.comparable_ = fields.add_object(*root, KeySet::Cursor(keys), true);
    fields.documents_.push_back(*std::move(root));
    fields.group();
    return fields;
}

FieldValues::Field FieldValues::field(uint32_t key) const {
    const auto at = std::ranges::lower_bound(fields_, key, {}, &Field::key);
    return at != fields_.end() && at->key == key ? *at : Field{.key = key};
}

void FieldValues::add_attribute(uint32_t key, const MessageAttribute& attribute) {
    switch (attribute.type) {
    case MessageAttribute::Type::string: add(key, Scalar::of_string(attribute.value)); return;
    case MessageAttribute::Type::number: {
        const auto number = Decimal::parse(attribute.value);
        add(key, number ? std::optional(Scalar::of_number(*number)) : std::nullopt);
        return;
    }
    case MessageAttribute::Type::array: {
        const size_t before = entries_.size();
        auto array = Json::parse(attribute.value, kMaxBodyBytes);
        if (!array || array->kind() != Json::Kind::array || !add_elements(key, *array)) {
            entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(before), entries_.end());
            add(key, std::nullopt);
            return;
        }
        documents_.push_back(*std::move(array));
        return;
    }
    case MessageAttribute::Type::binary: return;
    }
}

bool FieldValues::add_elements(uint32_t key, const Json& array) {
    for (const Json& element : array.elements()) {
        if (element.kind() == Json::Kind::object) return false;
        const bool added = element.kind() == Json::Kind::array ? add_elements(key, element)
                                                               : add(key, scalar_of(element));
        if (!added) return false;
    }
    return true;
}

bool FieldValues::add_object(const Json& object, const KeySet::Cursor& path, bool is_root) {
    const KeySet::Cursor prefix = is_root ? path : path.then(".");
    if (prefix.empty()) return true;
    for (const auto& [name, value] : object.members()) {
        if (!add_body_value(value, prefix.then(name))) return false;
    }
    return true;
}

bool FieldValues::add_body_value(const Json& value, const KeySet::Cursor& path) {
    if (path.empty()) return true;
    switch (value.kind()) {
    case Json::Kind::object: return add_object(value, path, false);
    case Json::Kind::array:
        for (const Json& element : value.elements()) {
            if (!add_body_value(element, path)) return false;
        }
        return true;
    default: break;
    }
    const auto key = path.key();
    return !key || add(*key, scalar_of(value));
}

bool FieldValues::add(uint32_t key, std::optional<Scalar> value) {
    if (entries_.size() == kMaxValues) return false;
    entries_.push_back({key, value});
    return true;
}

// Puts the entries of each key together.
void FieldValues::group() {
    std::ranges::sort(entries_, {}, &Entry::key);
    values_.reserve(entries_.size());  // spans into it stay valid
    for (auto first = entries_.begin(); first != entries_.end();) {
        const auto last = std::find_if(first, entries_.end(),
                                       [&](const Entry& each) { return each.key != first->key; });
        Field field{.key = first->key, .presence = Presence::blank};
        const size_t begin = values_.size();
        for (const Entry& entry : std::ranges::subrange(first, last)) {
            if (!entry.value) continue;
            values_.push_back(*entry.value);
            if (!is_blank(*entry.value)) field.presence = Presence::filled;
        }
        field.values = std::span(values_).subspan(begin);
        fields_.push_back(field);
        first = last;
    }
    entries_.clear();
}

}  // namespace polylog::routing
