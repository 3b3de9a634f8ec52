#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace polylog::base {

class Json;

// Writes JSON (RFC 8259) as it is told to, at the end of a string that belongs to the caller.
// Whatever bytes go in, what comes out is valid: bytes that are not UTF-8 become U+FFFD, and
// numbers that JSON lacks (infinities, NaN) become null. Nesting is the caller's and is checked; at
// most kMaxDepth levels.
//
//     std::string text;
//     JsonWriter json(text);
//     json.begin_object().field("topic", name).key("offsets").begin_array();
//     for (int64_t offset : offsets) json.value(offset);
//     json.end_array().end_object();
class JsonWriter {
public:
    enum class Style { compact, pretty };  // pretty: one item per line, two spaces per level
    static constexpr int kMaxDepth = 64;

    explicit JsonWriter(std::string& out, Style style = Style::compact)
        : out_(out), style_(style) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    // The name of the member whose value comes next.
    JsonWriter& key(std::string_view name);

    // Booleans, integers, floating point, text, and Json trees, whose numbers keep every digit.
    template <class T>
    JsonWriter& value(const T& value) {
        if constexpr (std::same_as<T, bool>) {
            return boolean(value);
        } else if constexpr (std::signed_integral<T>) {
            return integer(value);
        } else if constexpr (std::unsigned_integral<T>) {
            return unsigned_integer(value);
        } else if constexpr (std::floating_point<T>) {
            return real(value);
        } else if constexpr (std::same_as<T, Json>) {
            return tree(value);
        } else {
            return string(value);
        }
    }
    JsonWriter& null();

    template <class T>
    JsonWriter& field(std::string_view name, const T& member) {
        return key(name).value(member);
    }

private:
    JsonWriter& boolean(bool value);
    JsonWriter& integer(int64_t value);
    JsonWriter& unsigned_integer(uint64_t value);
    JsonWriter& real(double value);
    JsonWriter& number(std::string_view text);
    JsonWriter& string(std::string_view text);
    JsonWriter& tree(const Json& value);

    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void begin_item();
    void separate();
    void new_line();
    void quote(std::string_view text);

    std::string& out_;
    Style style_;
    int depth_ = 0;
    bool after_key_ = false;
    uint64_t has_items_ = 0;  // one bit per open level, the innermost lowest
    uint64_t is_object_ = 0;  // likewise
};

}  // namespace polylog::base
