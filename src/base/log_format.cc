#include "base/log_format.h"

#include <charconv>

#include "base/hex.h"
#include "base/json_writer.h"
#include "base/quantity.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

namespace polylog::base {

namespace {

template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

constexpr size_t kLevelColumn = 6;
constexpr size_t kComponentColumn = 8;

void append_padded(std::string& out, std::string_view text, size_t width) {
    out.append(text);
    if (text.size() < width) out.append(width - text.size(), ' ');
}

// The value itself, or its beginning and how much is missing.
std::string shortened(std::string_view value) {
    if (value.size() <= kMaxLoggedValueBytes) return std::string(value);
    size_t kept = kMaxLoggedValueBytes;
    while (kept > 0 && (static_cast<unsigned char>(value[kept]) & 0xC0) == 0x80) --kept;
    std::string text(value.substr(0, kept));
    return text.append("... (").append(std::to_string(value.size() - kept)).append(" bytes more)");
}

// Control characters of ASCII and of Latin-1 (C2 80 to C2 9F): terminals act on both.
bool is_control(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence.front());
    if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
    return first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

void append_hex_escape(std::string& out, std::string_view bytes) {
    for (const char byte : bytes) out.append("\\x").append(hex_encode(as_bytes({&byte, 1})));
}

// As it is when that is unambiguous, else in quotes with escapes.
void append_text_value(std::string& out, std::string_view value) {
    std::string escaped;
    bool plain = !value.empty();
    while (!value.empty()) {
        const size_t size = utf8_sequence_size(value);
        const std::string_view sequence = value.substr(0, size == 0 ? 1 : size);
        value.remove_prefix(sequence.size());
        const char c = sequence.front();
        if (size == 0 || is_control(sequence)) {
            append_hex_escape(escaped, sequence);
            plain = false;
        } else if (c == '"' || c == '\\') {
            escaped.append("\\").append(sequence);
            plain = false;
        } else {
            escaped.append(sequence);
            if (c == ' ' || c == '=') plain = false;
        }
    }
    if (plain) {
        out.append(escaped);
    } else {
        out.append("\"").append(escaped).append("\"");
    }
}

void append_double(std::string& out, double value) {
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_text_field(std::string& out, const LogField& field) {
    out.append(field.key).append("=");
    std::visit(Overloaded{
                   [&](std::string_view value) { append_text_value(out, shortened(value)); },
                   [&](const Error* error) { append_text_value(out, shortened(error->message())); },
                   [&](Duration value) { out.append(rounded_duration(value)); },
                   [&](bool value) { out.append(value ? "true" : "false"); },
                   [&](double value) { append_double(out, value); },
                   [&](auto value) { out.append(std::to_string(value)); },
               },
               field.value.variant());
}

void append_text_line(std::string& out, const LogRecord& record) {
    constexpr size_t kTimeOfDayAt = 11;
    constexpr size_t kTimeOfDaySize = 12;
    out.append(format_rfc3339(record.time), kTimeOfDayAt, kTimeOfDaySize).append(" ");
    std::string level(to_string(record.level));
    for (char& c : level) c = static_cast<char>(c - 'a' + 'A');
    append_padded(out, level, kLevelColumn);
    append_padded(out, record.component, kComponentColumn);
    out.append(record.message);
    for (const LogField& field : record.fields) {
        out.append(&field == record.fields.data() ? "  " : " ");
        append_text_field(out, field);
    }
}

void add_json_field(JsonWriter& json, const LogField& field) {
    std::visit(Overloaded{
                   [&](std::string_view value) { json.field(field.key, shortened(value)); },
                   [&](const Error* error) { json.field(field.key, shortened(error->message())); },
                   [&](Duration value) {
                       const std::chrono::duration<double, std::milli> value_ms(value);
                       json.field(std::string(field.key) + "_ms", value_ms.count());
                   },
                   [&](auto value) { json.field(field.key, value); },
               },
               field.value.variant());
}

void append_json_line(std::string& out, const LogRecord& record) {
    JsonWriter json(out);
    json.begin_object()
        .field("ts", format_rfc3339(record.time))
        .field("level", to_string(record.level))
        .field("comp", record.component)
        .field("event", record.event)
        .field("msg", record.message);
    for (const LogField& field : record.fields) add_json_field(json, field);
    json.end_object();
}

}  // namespace

void append_log_line(std::string& out, const LogRecord& record, LogFormat format) {
    if (format == LogFormat::json) {
        append_json_line(out, record);
    } else {
        append_text_line(out, record);
    }
    out.push_back('\n');
}

}  // namespace polylog::base
