#include "protocol/kafka/json_dumper.h"

namespace polylog::kafka {

void JsonDumper::value(ApiError error) {
    const ApiErrorInfo* info = find_api_error(error);
    if (info) {
        value(info->name);
    } else {
        json_ += std::to_string(static_cast<int16_t>(error));
    }
}

void JsonDumper::value(const base::Uuid& uuid) {
    value(uuid.to_base64());
}

// Quoted; whatever is not printable ASCII becomes an escape, so that no peer's bytes reach a
// terminal or break the log's encoding.
void JsonDumper::value(std::string_view text) {
    static constexpr char kDigits[] = "0123456789abcdef";
    json_ += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json_ += '\\';
            json_ += c;
        } else if (byte < 0x20 || byte >= 0x7f) {
            json_ += "\\u00";
            json_ += kDigits[byte >> 4];
            json_ += kDigits[byte & 0x0f];
        } else {
            json_ += c;
        }
    }
    json_ += '"';
}

void JsonDumper::size(size_t size_bytes) {
    json_ += '"' + std::to_string(size_bytes) + " bytes\"";
}

void JsonDumper::more(size_t elements) {
    json_ += '"' + std::to_string(elements) + " more\"";
}

void JsonDumper::key(std::string_view name) {
    if (!std::exchange(first_, false)) json_ += ',';
    json_ += '"';
    json_ += name;
    json_ += "\":";
}

}  // namespace polylog::kafka
