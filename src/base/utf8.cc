#include "base/utf8.h"

#include <cstdint>

namespace polylog::base {

namespace {

// What may follow a lead byte. Only the second byte's range depends on the lead; later ones are
// 80..BF.
struct Sequence {
    size_t size = 0;
    uint8_t second_min = 0x80;
    uint8_t second_max = 0xBF;
};

Sequence sequence_of(uint8_t lead) {
    if (lead < 0xC2) return {};
    if (lead < 0xE0) return {2};
    if (lead == 0xE0) return {3, 0xA0, 0xBF};
    if (lead == 0xED) return {3, 0x80, 0x9F};
    if (lead < 0xF0) return {3};
    if (lead == 0xF0) return {4, 0x90, 0xBF};
    if (lead < 0xF4) return {4};
    if (lead == 0xF4) return {4, 0x80, 0x8F};
    return {};
}

}  // namespace

size_t utf8_sequence_size(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
    if (byte(0) < 0x80) return 1;
    const Sequence sequence = sequence_of(byte(0));
    if (sequence.size == 0 || text.size() < sequence.size) return 0;
    if (byte(1) < sequence.second_min || byte(1) > sequence.second_max) return 0;
    for (size_t i = 2; i < sequence.size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    return sequence.size;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const size_t size = utf8_sequence_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace polylog::base
