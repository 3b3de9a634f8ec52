#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/result.h"

namespace polylog::base {

struct JsonMember;
template <class Item>
class JsonItems;

// A value of a JSON text that was read: an immutable tree that somebody else wrote. Cheap to copy;
// every value keeps the whole document alive, so strings are views that live as long as any Json of
// it, on any shard. 16 bytes per value plus the text of its strings.
//
//     TRY(const Json body, Json::parse(text, kMaxBodyBytes));
//     TRY(const auto queue, body.get<std::string_view>("queue"));
//     TRY(const auto delay_seconds, body.get_optional<int64_t>("delay_seconds"));
//     for (const auto& [name, value] : body.members()) ...
class Json {
public:
    enum class Kind : uint8_t { null, boolean, integer, real, string, array, object };
    // Deeper texts are refused: recursion over a tree is bounded by it.
    static constexpr size_t kMaxDepth = kMaxNestingDepth;

    // Reads one JSON text (RFC 8259). Errors: message_too_large over max_bytes; invalid_request,
    // with a reason, on anything malformed: not UTF-8, deeper than kMaxDepth, or trailing bytes.
    // While it reads it needs about 20 bytes of memory per byte of text.
    static Result<Json> parse(std::string_view text, size_t max_bytes);

    Kind kind() const { return node_at(index_).kind; }

    // The value as a T: bool, int64_t, double (any number that is finite as one), std::string_view
    // or Json (itself); nothing when it is something else. An integer beyond int64_t is Kind::real.
    template <class T>
    std::optional<T> as() const;
    // A number of either kind as it was written, with every digit; empty for anything else.
    std::string_view number_text() const;

    // The member of that name as a T. Errors: invalid_request, naming the member, when it is
    // missing, null or not a T, or when this is not an object.
    template <class T>
    Result<T> get(std::string_view name) const {
        TRY(std::optional<T> member, get_optional<T>(name));
        if (!member) return fail(missing(name));
        return *std::move(member);
    }
    // The same, but missing and null are no error.
    template <class T>
    Result<std::optional<T>> get_optional(std::string_view name) const {
        TRY(const std::optional<Json> member, find(name));
        if (!member || member->kind() == Kind::null) return std::optional<T>();
        std::optional<T> value = member->template as<T>();
        if (!value) return fail(mismatch(name, expected<T>()));
        return value;
    }

    // In the order of the text, for range-for; empty unless this is an array, or an object. Members
    // that share a name all show here; get() takes the last of them, as most readers do.
    JsonItems<Json> elements() const;
    JsonItems<JsonMember> members() const;
    // Elements of an array or members of an object; 0 for anything else.
    size_t size() const;

private:
    template <class Item>
    friend class JsonItems;

    struct Node {
        Kind kind = Kind::null;
        uint32_t extent = 1;   // nodes of this value and all inside: the distance to the next
        uint64_t payload = 0;  // the boolean, where the text is, or the number of items
    };
    // Nodes in the order of the text, each followed by what is inside it; names are string nodes.
    struct Document;
    struct Builder;

    Json(std::shared_ptr<const Document> document, size_t index)
        : document_(std::move(document)), index_(index) {}
    const Node& node_at(size_t index) const;
    std::string_view text_at(size_t index) const;
    Result<std::optional<Json>> find(std::string_view name) const;

    template <class T>
    static constexpr std::string_view expected() {
        if constexpr (std::same_as<T, bool>) return "true or false";
        if constexpr (std::same_as<T, int64_t>) return "an integer of 64 bits";
        if constexpr (std::same_as<T, double>) return "a number";
        if constexpr (std::same_as<T, std::string_view>) return "a string";
        return "a value";
    }
    static Error missing(std::string_view name);
    static Error mismatch(std::string_view name, std::string_view expected);

    std::shared_ptr<const Document> document_;
    size_t index_;
};

template <>
std::optional<bool> Json::as<bool>() const;
template <>
std::optional<int64_t> Json::as<int64_t>() const;
template <>
std::optional<double> Json::as<double>() const;
template <>
std::optional<std::string_view> Json::as<std::string_view>() const;
template <>
std::optional<Json> Json::as<Json>() const;

// A name and its value in an object; the name is a view into the document.
struct JsonMember {
    std::string_view name;
    Json value;
};

// What Json::elements() and Json::members() iterate over.
template <class Item>
class JsonItems {
public:
    class Iterator {
    public:
        Iterator(const Json& parent, size_t index) : parent_(parent), index_(index) {}

        Item operator*() const {
            Json value(parent_.document_, index_ + kNameNodes);
            if constexpr (kNameNodes == 0) {
                return value;
            } else {
                return JsonMember{parent_.text_at(index_), std::move(value)};
            }
        }
        Iterator& operator++() {
            index_ += kNameNodes + parent_.node_at(index_ + kNameNodes).extent;
            return *this;
        }
        bool operator==(std::default_sentinel_t) const {
            return index_ == parent_.index_ + parent_.node_at(parent_.index_).extent;
        }

    private:
        const Json& parent_;
        size_t index_;
    };

    explicit JsonItems(Json parent) : parent_(std::move(parent)) {}
    Iterator begin() const {
        const uint32_t extent = parent_.node_at(parent_.index_).extent;
        return {parent_, parent_.index_ + (parent_.kind() == kParent ? 1 : extent)};
    }
    std::default_sentinel_t end() const { return {}; }

private:
    static constexpr Json::Kind kParent = std::same_as<Item, Json> ? Json::Kind::array
                                                                   : Json::Kind::object;
    static constexpr size_t kNameNodes = std::same_as<Item, Json> ? 0 : 1;

    Json parent_;
};

inline JsonItems<Json> Json::elements() const {
    return JsonItems<Json>(*this);
}
inline JsonItems<JsonMember> Json::members() const {
    return JsonItems<JsonMember>(*this);
}

}  // namespace polylog::base
