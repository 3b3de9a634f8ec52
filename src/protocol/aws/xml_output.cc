#include "protocol/aws/xml_output.h"

#include <algorithm>

#include "base/utf8.h"
#include "protocol/aws/xml_character.h"

namespace polylog::aws {

namespace {

// Of ASCII, and meaning nothing to XML.
bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '&' && c != '<' && c != '>' && c != '"';
}

// Appends what is at the start of the text, which is not plain, and returns its size.
size_t append_special(std::string& out, std::string_view text) {
    switch (text.front()) {
    case '&': out += "&amp;"; return 1;
    case '<': out += "&lt;"; return 1;
    case '>': out += "&gt;"; return 1;
    case '"': out += "&quot;"; return 1;
    case '\r': out += "&#xD;"; return 1;
    default: break;
    }
    const size_t size = xml_character_size(text);
    out += size > 0 ? text.substr(0, size) : base::kReplacementCharacter;
    return std::max<size_t>(size, 1);
}

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto special = std::ranges::find_if_not(text, is_plain);
        const auto plain = static_cast<size_t>(special - text.begin());
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (!text.empty()) text.remove_prefix(append_special(out, text));
    }
}

}  // namespace polylog::aws
