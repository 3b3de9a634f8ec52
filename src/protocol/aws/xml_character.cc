#include "protocol/aws/xml_character.h"

#include "base/utf8.h"

namespace polylog::aws {

size_t xml_character_size(std::string_view text) {
    const size_t size = base::utf8_sequence_size(text);
    if (size == 1) {
        const char c = text.front();
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r' ? 1 : 0;
    }
    const bool no_character = text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
    return no_character ? 0 : size;
}

}  // namespace polylog::aws
