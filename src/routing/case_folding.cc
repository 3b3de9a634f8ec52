#include "routing/case_folding.h"

#include <cstddef>
#include <cstdint>

#include "base/utf8.h"

namespace polylog::routing {

namespace {

// Code points first..last fold by adding `distance`; with `step` 2 only every second one, from the
// first, is a capital.
struct FoldingRange {
    char32_t first;
    char32_t last;
    int32_t distance;
    char32_t step = 1;
};

// Unicode CaseFolding.txt, status C and S, of the alphabets that fold by ranges.
constexpr FoldingRange kFoldings[] = {
    {'A', 'Z', 32},         {0x00B5, 0x00B5, 775},  // micro sign: the Greek mu
    {0x00C0, 0x00D6, 32},   {0x00D8, 0x00DE, 32},   {0x0100, 0x012E, 1, 2}, {0x0132, 0x0136, 1, 2},
    {0x0139, 0x0147, 1, 2}, {0x014A, 0x0176, 1, 2}, {0x0178, 0x0178, -121}, {0x0179, 0x017D, 1, 2},
    {0x017F, 0x017F, -268},  // long s
    {0x01CD, 0x01DB, 1, 2}, {0x01DE, 0x01EE, 1, 2}, {0x01F8, 0x021E, 1, 2}, {0x0222, 0x0232, 1, 2},
    {0x0386, 0x0386, 38},   {0x0388, 0x038A, 37},   {0x038C, 0x038C, 64},   {0x038E, 0x038F, 63},
    {0x0391, 0x03A1, 32},   {0x03A3, 0x03AB, 32},   {0x03C2, 0x03C2, 1},  // final sigma
    {0x0400, 0x040F, 80},   {0x0410, 0x042F, 32},   {0x0460, 0x0480, 1, 2}, {0x048A, 0x04BE, 1, 2},
    {0x04C0, 0x04C0, 15},   {0x04C1, 0x04CD, 1, 2}, {0x04D0, 0x052E, 1, 2}, {0x0531, 0x0556, 48},
    {0x1E00, 0x1E94, 1, 2}, {0x1EA0, 0x1EFE, 1, 2}, {0xFF21, 0xFF3A, 32},
};

char32_t fold(char32_t letter) {
    for (const FoldingRange& range : kFoldings) {
        if (letter < range.first) break;
        if (letter <= range.last && (letter - range.first) % range.step == 0) {
            return static_cast<char32_t>(static_cast<int32_t>(letter) + range.distance);
        }
    }
    return letter;
}

// A well-formed sequence of 2 or 3 bytes: all letters above are such.
char32_t decode(std::string_view sequence) {
    char32_t letter = static_cast<uint8_t>(sequence[0]) & (sequence.size() == 2 ? 0x1Fu : 0x0Fu);
    for (const char byte : sequence.substr(1)) {
        letter = letter << 6 | (static_cast<uint8_t>(byte) & 0x3Fu);
    }
    return letter;
}

void append(std::string& out, char32_t letter) {
    if (letter < 0x80) {
        out += static_cast<char>(letter);
        return;
    }
    if (letter < 0x800) {
        out += static_cast<char>(0xC0 | letter >> 6);
    } else {
        out += static_cast<char>(0xE0 | letter >> 12);
        out += static_cast<char>(0x80 | (letter >> 6 & 0x3F));
    }
    out += static_cast<char>(0x80 | (letter & 0x3F));
}

}  // namespace

std::string fold_case(std::string_view text) {
    std::string folded;
    folded.reserve(text.size());
    while (!text.empty()) {
        const char first = text.front();
        size_t size = 1;
        if (static_cast<uint8_t>(first) < 0x80) {
            folded += first >= 'A' && first <= 'Z' ? static_cast<char>(first + 32) : first;
        } else if (size = base::utf8_sequence_size(text); size == 2 || size == 3) {
            append(folded, fold(decode(text.substr(0, size))));
        } else {
            size = size == 0 ? 1 : size;
            folded.append(text.substr(0, size));
        }
        text.remove_prefix(size);
    }
    return folded;
}

}  // namespace polylog::routing
