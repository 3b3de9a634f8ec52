#include "base/json_writer.h"

#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/json.h"
#include "base/utf8.h"

namespace polylog::base {

namespace {

constexpr size_t kNumberBytes = 32;  // more than any 64-bit integer or shortest double takes

template <class... Format>
void append_number(std::string& out, auto value, Format... format) {
    char digits[kNumberBytes];
    out.append(digits, std::to_chars(digits, digits + kNumberBytes, value, format...).ptr);
}

// RFC 8259, section 7: the quotation mark, the backslash and U+0000 to U+001F must be escaped. So
// is U+007F, which terminals do not show.
bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7F;
}

void append_escape(std::string& out, char c) {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
        out += "\\u00";
        out += kHexDigits[static_cast<unsigned char>(c) >> 4];
        out += kHexDigits[static_cast<unsigned char>(c) & 0xF];
    }
}

}  // namespace

JsonWriter& JsonWriter::begin_object() {
    open('{');
    is_object_ |= 1;
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    CHECK((is_object_ & 1) != 0 && !after_key_);
    return close('}');
}

JsonWriter& JsonWriter::begin_array() {
    return open('[');
}

JsonWriter& JsonWriter::end_array() {
    CHECK((is_object_ & 1) == 0);
    return close(']');
}

JsonWriter& JsonWriter::key(std::string_view name) {
    CHECK((is_object_ & 1) != 0 && !after_key_);
    separate();
    quote(name);
    out_ += style_ == Style::pretty ? ": " : ":";
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::null() {
    begin_item();
    out_ += "null";
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
    begin_item();
    out_ += value ? "true" : "false";
    return *this;
}

JsonWriter& JsonWriter::integer(int64_t value) {
    begin_item();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::unsigned_integer(uint64_t value) {
    begin_item();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::real(double value) {
    if (!std::isfinite(value)) return null();
    begin_item();
    // Beyond this not every integer is a double, and digits alone would promise one.
    constexpr double kExactIntegers = 0x1p53;
    if (std::abs(value) < kExactIntegers) {
        append_number(out_, value + 0.0);  // no "-0": readers make it the integer 0
    } else {
        append_number(out_, value, std::chars_format::scientific);
    }
    return *this;
}

JsonWriter& JsonWriter::number(std::string_view text) {
    begin_item();
    out_ += text;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
    begin_item();
    quote(text);
    return *this;
}

JsonWriter& JsonWriter::tree(const Json& value) {
    switch (value.kind()) {
    case Json::Kind::null: return null();
    case Json::Kind::boolean: return boolean(*value.as<bool>());
    case Json::Kind::integer:
    case Json::Kind::real: return number(value.number_text());
    case Json::Kind::string: return string(*value.as<std::string_view>());
    case Json::Kind::array:
        begin_array();
        for (const Json& element : value.elements()) tree(element);
        return end_array();
    case Json::Kind::object:
        begin_object();
        for (const auto& [name, member] : value.members()) key(name).tree(member);
        return end_object();
    }
    CHECK(false && "a Json::Kind outside the enum");
}

JsonWriter& JsonWriter::open(char bracket) {
    CHECK(depth_ < kMaxDepth);
    begin_item();
    out_ += bracket;
    ++depth_;
    has_items_ <<= 1;
    is_object_ <<= 1;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    CHECK(depth_ > 0);
    const bool had_items = (has_items_ & 1) != 0;
    --depth_;
    has_items_ >>= 1;
    is_object_ >>= 1;
    if (had_items) new_line();
    out_ += bracket;
    return *this;
}

// Whatever comes before the next value.
void JsonWriter::begin_item() {
    CHECK((is_object_ & 1) == 0 || after_key_);
    if (after_key_) {
        after_key_ = false;
    } else if (depth_ > 0) {
        separate();
    }
}

void JsonWriter::separate() {
    if ((has_items_ & 1) != 0) out_ += ',';
    has_items_ |= 1;
    new_line();
}

void JsonWriter::new_line() {
    if (style_ == Style::compact) return;
    out_ += '\n';
    out_.append(static_cast<size_t>(depth_) * 2, ' ');
}

void JsonWriter::quote(std::string_view text) {
    out_ += '"';
    size_t plain = 0;  // bytes at the front of `text` that need no change
    while (plain < text.size()) {
        const size_t sequence = utf8_sequence_size(text.substr(plain));
        if (sequence > 0 && !needs_escape(text[plain])) {
            plain += sequence;
            continue;
        }
        out_.append(text.substr(0, plain));
        if (sequence == 0) {
            out_.append(kReplacementCharacter);
        } else {
            append_escape(out_, text[plain]);
        }
        text.remove_prefix(plain + 1);
        plain = 0;
    }
    out_.append(text);
    out_ += '"';
}

}  // namespace polylog::base
