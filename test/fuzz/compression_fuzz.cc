#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/slice.h"
#include "model/compression.h"

// The first byte chooses a codec. The rest, taken for its output, is decompressed within a limit;
// taken for an input, it comes back as it was.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace base = polylog::base;
    namespace model = polylog::model;
    constexpr size_t kOutputBytesMax = size_t{1} << 20;
    if (size == 0) return 0;
    const auto codec = static_cast<model::Compression>(data[0] % 5);
    const base::Bytes bytes(reinterpret_cast<const std::byte*>(data + 1), size - 1);

    model::Decompressor decompressor;
    if (const auto output = decompressor.decompress(codec, bytes, kOutputBytesMax)) {
        CHECK(output->size() <= kOutputBytesMax);
    }
    model::Compressor compressor;
    const auto back = decompressor.decompress(codec, compressor.compress(codec, bytes));
    CHECK(back && std::ranges::equal(*back, bytes));
    return 0;
}
