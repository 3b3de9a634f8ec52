#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "routing/filter_policy.h"
#include "routing/message.h"

namespace polylog::routing {

// The keys that some policies of one scope look at: sorted, each once, named by its position.
class KeySet {
public:
    KeySet() = default;
    explicit KeySet(std::vector<std::string> keys);

    size_t size() const { return keys_.size(); }
    std::optional<uint32_t> find(std::string_view key) const;

    // The keys that begin with what was added so far, for walking down a body's names.
    class Cursor {
    public:
        explicit Cursor(const KeySet& set)
            : keys_(&set.keys_), end_(static_cast<uint32_t>(set.keys_.size())) {}

        bool empty() const { return first_ == end_; }
        Cursor then(std::string_view text) const;
        // The key that is all of the text added so far.
        std::optional<uint32_t> key() const;

    private:
        const std::vector<std::string>* keys_;
        uint32_t first_ = 0;
        uint32_t end_;
        size_t matched_ = 0;  // bytes at the front of all these keys
    };

private:
    std::vector<std::string> keys_;
};

// What one message has for the keys of a set. Views into the message, which must outlive it.
// One per published message and scope; nothing is kept for keys that the message lacks.
class FieldValues {
public:
    // Bodies over these bounds cannot be compared: no policy of the body scope takes them.
    static constexpr size_t kMaxBodyBytes = size_t{1} << 20;
    static constexpr size_t kMaxValues = 16'384;  // of the set's keys, in one message

    FieldValues(FieldValues&&) = default;
    FieldValues& operator=(FieldValues&&) = default;
    FieldValues(const FieldValues&) = delete;
    FieldValues& operator=(const FieldValues&) = delete;

    // A string or number is one value, an array its elements. A number or array that cannot be read
    // leaves its key blank; binary attributes are as good as absent. Without any other attribute
    // there is nothing to compare (AWS documentation, "Key matching").
    static FieldValues of_attributes(const KeySet& keys, std::span<const MessageAttribute> from);
    // The values that a JSON object's names lead to: names of nested objects are joined by '.', and
    // the elements of an array stand for the array. Anything else cannot be compared.
    static FieldValues of_body(const KeySet& keys, std::string_view body);

    // False when no condition holds for the message, whatever it says.
    bool comparable() const { return comparable_; }

    struct Field {
        uint32_t key = 0;
        Presence presence = Presence::absent;
        std::span<const Scalar> values{};
    };
    // The keys that are not absent, ascending.
    std::span<const Field> fields() const { return fields_; }
    Field field(uint32_t key) const;

private:
    struct Entry {
        uint32_t key;
        std::optional<Scalar> value;  // none: could not be read
    };

    void add_attribute(uint32_t key, const MessageAttribute& attribute);
    // Arrays within arrays count as their elements. False when it holds an object or too much.
    bool add_elements(uint32_t key, const base::Json& array);
    bool add_object(const base::Json& object, const KeySet::Cursor& path, bool is_root);
    bool add_body_value(const base::Json& value, const KeySet::Cursor& path);
    bool add(uint32_t key, std::optional<Scalar> value);
    void group();

    FieldValues() = default;

    bool comparable_ = false;
    std::vector<base::Json> documents_;  // keep the text of values
    std::vector<Entry> entries_;
    std::vector<Scalar> values_;
    std::vector<Field> fields_;
};

}  // namespace polylog::routing
