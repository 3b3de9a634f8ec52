#include "protocol/aws/xml_output.h"

namespace polylog::aws {

void append_xml_text(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const size_t plain = std::min(text.find_first_of("&<>\"\r"), text.size());
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) return;
        switch (text.front()) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += "&#xD;"; break;
        }
        text.remove_prefix(1);
    }
}

}  // namespace polylog::aws
