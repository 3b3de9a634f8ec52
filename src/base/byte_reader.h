#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/slice.h"
#include "base/varint.h"

namespace polylog::base {

// A cursor over bytes that somebody else wrote. Total: reading past the end, or a malformed number,
// clears ok(), empties the rest and yields zeros from then on, so that a decoder checks ok() once,
// at its end. A view: the bytes must outlive it and whatever take() returned.
//
//     ByteReader reader(bytes);
//     const auto key = reader.be<int16_t>();
//     const Bytes name = reader.take(reader.uvarint());
//     if (!reader.ok()) return fail(ErrorCode::corrupt);
class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}

    bool ok() const { return ok_; }
    size_t remaining() const { return rest_.size(); }
    Bytes rest() const { return rest_; }
    // For a decoder that met a value it cannot accept.
    void fail() {
        ok_ = false;
        rest_ = {};
    }

    // The next size_bytes; empty after a failure. A negative size cast to size_t fails like any
    // overrun.
    Bytes take(size_t size_bytes) {
        if (size_bytes > rest_.size()) [[unlikely]] {
            fail();
            return {};
        }
        const Bytes taken = rest_.first(size_bytes);
        rest_ = rest_.subspan(size_bytes);
        return taken;
    }

    template <std::integral T>
    T be() {
        const Bytes bytes = take(sizeof(T));
        return bytes.empty() ? T{0} : load_be<T>(bytes.data());
    }

    // In our own files.
    template <std::integral T>
    T le() {
        const Bytes bytes = take(sizeof(T));
        return bytes.empty() ? T{0} : load_le<T>(bytes.data());
    }

    uint32_t uvarint() { return decoded<uint32_t>(); }
    uint64_t uvarlong() { return decoded<uint64_t>(); }
    int32_t varint() { return unzigzag(decoded<uint32_t>()); }
    int64_t varlong() { return unzigzag(decoded<uint64_t>()); }

private:
    template <VarintNumber T>
    T decoded() {
        const DecodedVarint<T> number = decode_varint<T>(rest_);
        if (number.size_bytes == 0) [[unlikely]]
            fail();
        rest_ = rest_.subspan(number.size_bytes);
        return number.value;
    }

    Bytes rest_;
    bool ok_ = true;
};

}  // namespace polylog::base
