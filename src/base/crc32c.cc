#include "base/crc32c.h"

#include <isa-l/crc.h>

namespace polylog::base {

namespace {

// ISA-L takes int lengths; a longer input is fed in pieces.
constexpr size_t kPieceBytes = size_t{1} << 30;

}  // namespace

uint32_t crc32c(Bytes bytes) {
    return crc32c_extend(0, bytes);
}

uint32_t crc32c_extend(uint32_t crc_of_a, Bytes b) {
    uint32_t state = ~crc_of_a;
    while (!b.empty()) {
        const Bytes piece = b.first(b.size() < kPieceBytes ? b.size() : kPieceBytes);
        // The library's signature lacks const; it only reads.
        auto* data = const_cast<unsigned char*>(
            reinterpret_cast<const unsigned char*>(piece.data()));
        state = crc32_iscsi(data, static_cast<int>(piece.size()), state);
        b = b.subspan(piece.size());
    }
    return ~state;
}

}  // namespace polylog::base
