#include "model/compression.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/bytes.h"
#include "base/check.h"

namespace polylog::model {

using base::Bytes;
using base::ErrorCode;
using base::fail;
using base::MutableBytes;
using base::Result;

namespace {

constexpr size_t kFirstOutputBytes = size_t{64} << 10;
// Memory above this is given back when the next call comes, so that one large batch is not paid for
// ever.
constexpr size_t kKeptBytes = size_t{1} << 20;

constexpr int kGzipWindow = MAX_WBITS + 16;  // zlib: 16 more asks for the gzip wrapper

// A snappy element of three bytes copies at most 64.
constexpr size_t kSnappyExpansionMax = 22;
// Framing of the Java library: this, version i32, oldest readable version i32, then for each block
// its length i32 and the raw block. As a raw block it would begin with a copy from nowhere, so that
// the two cannot be confused.
constexpr std::array<std::byte, 8> kSnappyMagic{std::byte{0x82}, std::byte{'S'}, std::byte{'N'},
                                                std::byte{'A'},  std::byte{'P'}, std::byte{'P'},
                                                std::byte{'Y'},  std::byte{0}};
constexpr size_t kSnappyHeaderBytes = 16;
constexpr int32_t kSnappyVersion = 1;
constexpr size_t kSnappyBlockBytes = size_t{32} << 10;  // what the Java library writes

// DIVERGES: as with Apache Kafka, level 9 (its default) is the fast mode and not LZ4's own level 9.
constexpr int kLz4DefaultLevel = 9;
constexpr int kZstdDefaultLevel = 3;

bool starts_with_snappy_magic(Bytes input) {
    return input.size() >= kSnappyMagic.size() &&
           std::ranges::equal(input.first(kSnappyMagic.size()), kSnappyMagic);
}

const char* chars(const std::byte* bytes) {
    return reinterpret_cast<const char*>(bytes);
}
char* chars(std::byte* bytes) {
    return reinterpret_cast<char*>(bytes);
}

std::unexpected<base::Error> cut_short(std::string_view codec) {
    return fail(ErrorCode::corrupt, fmt::format("{} data is cut short", codec));
}

}  // namespace

// Memory that grows with the output up to a limit. One byte more than the limit is allowed in, to
// tell an output that ends at the limit from one that goes on.
class Decompressor::Output {
public:
    Output(base::Buffer& memory, size_t limit_bytes) : memory_(memory), limit_bytes_(limit_bytes) {
        if (memory_.size() > kKeptBytes) memory_ = {};
    }

    Bytes written() const { return memory_.bytes().first(size_bytes_); }
    MutableBytes room() { return memory_.writable().subspan(size_bytes_); }
    void advance(size_t size_bytes) { size_bytes_ += size_bytes; }

    // Makes room for at least one more byte. Errors: message_too_large at the limit.
    Result<void> grow() {
        return reserve(std::max(kFirstOutputBytes, memory_.size() * 2) - size_bytes_);
    }
    // Makes room for `wanted_bytes`, or for what the limit leaves when that is less but something.
    Result<void> reserve(size_t wanted_bytes) {
        if (size_bytes_ > limit_bytes_) return too_large();
        const size_t capacity = size_bytes_ +
                                std::min(wanted_bytes, limit_bytes_ + 1 - size_bytes_);
        if (capacity <= memory_.size()) return {};
        base::Buffer larger = base::Buffer::allocate(capacity);
        if (size_bytes_ > 0) std::memcpy(larger.writable_data(), memory_.data(), size_bytes_);
        memory_ = std::move(larger);
        return {};
    }
    Result<void> check_limit(size_t more_bytes) const {
        if (size_bytes_ + more_bytes > limit_bytes_) return too_large();
        return {};
    }

private:
    std::unexpected<base::Error> too_large() const {
        return fail(ErrorCode::message_too_large,
                    fmt::format("records expand beyond {} bytes", limit_bytes_));
    }

    base::Buffer& memory_;
    size_t limit_bytes_;
    size_t size_bytes_ = 0;
};

void Decompressor::Freed::operator()(z_stream_s* stream) const {
    inflateEnd(stream);
    delete stream;
}
void Decompressor::Freed::operator()(LZ4F_dctx_s* context) const {
    LZ4F_freeDecompressionContext(context);
}
void Decompressor::Freed::operator()(ZSTD_DCtx_s* context) const {
    ZSTD_freeDCtx(context);
}

Decompressor::Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;
Decompressor::~Decompressor() = default;

Result<Bytes> Decompressor::decompress(Compression codec, Bytes input, size_t max_output_bytes) {
    if (input.size() > std::numeric_limits<int32_t>::max()) {
        return fail(ErrorCode::message_too_large, "no batch is larger than 2 GiB");
    }
    const size_t by_expansion = std::max(kUnquestionedBytes, input.size() * kExpansionMax);
    Output output(memory_, std::min(max_output_bytes, by_expansion));
    switch (codec) {
    case Compression::none: TRY_VOID(output.check_limit(input.size())); return input;
    case Compression::gzip: TRY_VOID(gunzip(input, output)); break;
    case Compression::snappy: TRY_VOID(unsnappy(input, output)); break;
    case Compression::lz4: TRY_VOID(unlz4(input, output)); break;
    case Compression::zstd: TRY_VOID(unzstd(input, output)); break;
    }
    TRY_VOID(output.check_limit(0));
    return output.written();
}

Result<void> Decompressor::gunzip(Bytes input, Output& output) {
    if (!gzip_) {
        auto stream = std::make_unique<z_stream_s>();
        CHECK(inflateInit2(stream.get(), kGzipWindow) == Z_OK);
        gzip_.reset(stream.release());
    }
    z_stream_s& stream = *gzip_;
    // zlib reads through a non-const pointer but never writes.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    int status = Z_OK;
    do {  // one gzip member each
        CHECK(inflateReset(&stream) == Z_OK);
        do {
            if (output.room().empty()) TRY_VOID(output.grow());
            const MutableBytes room = output.room();
            stream.next_out = reinterpret_cast<Bytef*>(room.data());
            stream.avail_out = static_cast<uInt>(std::min<size_t>(room.size(), UINT_MAX));
            const uInt offered = stream.avail_out;
            status = inflate(&stream, Z_NO_FLUSH);
            output.advance(offered - stream.avail_out);
            if (status == Z_BUF_ERROR ||
                (status == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
                return cut_short("gzip");
            }
            if (status != Z_OK && status != Z_STREAM_END) {
                return fail(ErrorCode::corrupt,
                            fmt::format("gzip data: {}", stream.msg ? stream.msg : "not gzip"));
            }
        } while (status != Z_STREAM_END);
    } while (stream.avail_in > 0);
    return {};
}

Result<void> Decompressor::unsnappy(Bytes input, Output& output) {
    const auto append_block = [&](Bytes block) -> Result<void> {
        size_t size_bytes = 0;
        if (!snappy::GetUncompressedLength(chars(block.data()), block.size(), &size_bytes) ||
            size_bytes > block.size() * kSnappyExpansionMax) {
            return fail(ErrorCode::corrupt, "snappy data has no believable length");
        }
        TRY_VOID(output.check_limit(size_bytes));
        TRY_VOID(output.reserve(size_bytes));
        if (!snappy::RawUncompress(chars(block.data()), block.size(),
                                   chars(output.room().data()))) {
            return fail(ErrorCode::corrupt, "snappy data does not decode to its length");
        }
        output.advance(size_bytes);
        return {};
    };
    if (!starts_with_snappy_magic(input)) return append_block(input);
    while (!input.empty()) {
        if (starts_with_snappy_magic(input)) {  // again where one stream was appended to another
            if (input.size() < kSnappyHeaderBytes) return cut_short("snappy");
            if (base::load_be<int32_t>(input.data() + 12) > kSnappyVersion) {
                return fail(ErrorCode::corrupt, "snappy framing of an unknown version");
            }
            input = input.subspan(kSnappyHeaderBytes);
            continue;
        }
        if (input.size() < 4) return cut_short("snappy");
        const auto block_bytes = base::load_be<uint32_t>(input.data());
        input = input.subspan(4);
        if (block_bytes > input.size()) return cut_short("snappy");
        TRY_VOID(append_block(input.first(block_bytes)));
        input = input.subspan(block_bytes);
    }
    return {};
}

Result<void> Decompressor::unlz4(Bytes input, Output& output) {
    if (!lz4_) {
        LZ4F_dctx_s* context = nullptr;
        CHECK(!LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)));
        lz4_.reset(context);
    }
    LZ4F_resetDecompressionContext(lz4_.get());
    while (true) {
        if (output.room().empty()) TRY_VOID(output.grow());
        const MutableBytes room = output.room();
        size_t produced = room.size();
        size_t consumed = input.size();
        const size_t hint = LZ4F_decompress(lz4_.get(), room.data(), &produced, input.data(),
                                            &consumed, nullptr);
        if (LZ4F_isError(hint)) {
            return fail(ErrorCode::corrupt, fmt::format("lz4 data: {}", LZ4F_getErrorName(hint)));
        }
        output.advance(produced);
        input = input.subspan(consumed);
        if (hint == 0 && input.empty()) return {};
        // Nothing left to read, and nothing was held back for want of room: the frame does not end.
        if (input.empty() && produced < room.size()) return cut_short("lz4");
        const bool stuck = consumed == 0 && produced == 0;
        if (stuck) return fail(ErrorCode::corrupt, "lz4 data leads nowhere");
    }
}

// zstd in one piece: streaming would allocate the window that a frame asks for, up to 128 MiB. An
// output that turns out too small is tried again with four times the room.
Result<void> Decompressor::unzstd(Bytes input, Output& output) {
    if (!zstd_) {
        zstd_.reset(ZSTD_createDCtx());
        CHECK(zstd_ != nullptr);
    }
    const unsigned long long claimed = ZSTD_getFrameContentSize(input.data(), input.size());
    if (claimed == ZSTD_CONTENTSIZE_ERROR) return fail(ErrorCode::corrupt, "not zstd data");
    size_t room_bytes = std::max(kFirstOutputBytes, output.room().size());
    // A believable claim saves the retries.
    if (claimed != ZSTD_CONTENTSIZE_UNKNOWN && claimed > room_bytes) {
        room_bytes = std::min<size_t>(claimed, std::max(room_bytes, input.size() * 64));
    }
    while (true) {
        TRY_VOID(output.reserve(room_bytes));
        const MutableBytes room = output.room();
        const size_t produced = ZSTD_decompressDCtx(zstd_.get(), room.data(), room.size(),
                                                    input.data(), input.size());
        if (!ZSTD_isError(produced)) {
            output.advance(produced);
            return {};
        }
        if (ZSTD_getErrorCode(produced) != ZSTD_error_dstSize_tooSmall) {
            return fail(ErrorCode::corrupt,
                        fmt::format("zstd data: {}", ZSTD_getErrorName(produced)));
        }
        TRY_VOID(output.check_limit(room.size()));
        room_bytes = room.size() * 4;
    }
}

void Compressor::Freed::operator()(ZSTD_CCtx_s* context) const {
    ZSTD_freeCCtx(context);
}

Compressor::Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;

Bytes Compressor::compress(Compression codec, Bytes input, std::optional<int> level) {
    CHECK(input.size() <= std::numeric_limits<int32_t>::max());
    size_t size_bytes = 0;
    switch (codec) {
    case Compression::none: return input;
    case Compression::gzip: size_bytes = gzip(input, level.value_or(Z_DEFAULT_COMPRESSION)); break;
    case Compression::snappy: size_bytes = snappy(input); break;
    case Compression::lz4: size_bytes = lz4(input, level.value_or(kLz4DefaultLevel)); break;
    case Compression::zstd: size_bytes = zstd(input, level.value_or(kZstdDefaultLevel)); break;
    }
    return memory_.bytes().first(size_bytes);
}

MutableBytes Compressor::reserve(size_t size_bytes) {
    if (memory_.size() > std::max(kKeptBytes, size_bytes)) memory_ = {};
    if (memory_.size() < size_bytes) memory_ = base::Buffer::allocate(size_bytes);
    return memory_.writable();
}

size_t Compressor::gzip(Bytes input, int level) {
    // Its 256 KiB of state are not kept: next to compressing, setting them up costs little.
    z_stream_s stream{};
    constexpr int kMemoryLevel = 8;  // zlib's default
    CHECK(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) ==
          Z_OK);
    const MutableBytes memory = reserve(deflateBound(&stream, input.size()));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(memory.data());
    stream.avail_out = static_cast<uInt>(memory.size());
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    const size_t size_bytes = stream.total_out;
    deflateEnd(&stream);
    return size_bytes;
}

size_t Compressor::snappy(Bytes input) {
    const size_t blocks = (input.size() + kSnappyBlockBytes - 1) / kSnappyBlockBytes;
    const size_t block_bytes_max = 4 + snappy::MaxCompressedLength(kSnappyBlockBytes);
    const MutableBytes memory = reserve(kSnappyHeaderBytes + blocks * block_bytes_max);
    std::ranges::copy(kSnappyMagic, memory.data());
    base::store_be<int32_t>(memory.data() + 8, kSnappyVersion);
    base::store_be<int32_t>(memory.data() + 12, kSnappyVersion);
    size_t size_bytes = kSnappyHeaderBytes;
    while (!input.empty()) {
        const Bytes block = input.first(std::min(input.size(), kSnappyBlockBytes));
        size_t block_bytes = 0;
        snappy::RawCompress(chars(block.data()), block.size(),
                            chars(memory.data() + size_bytes + 4), &block_bytes);
        base::store_be(memory.data() + size_bytes, static_cast<uint32_t>(block_bytes));
        size_bytes += 4 + block_bytes;
        input = input.subspan(block.size());
    }
    return size_bytes;
}

size_t Compressor::lz4(Bytes input, int level) {
    LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    // The Java client refuses blocks that refer to earlier ones.
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.compressionLevel = level == kLz4DefaultLevel ? 0
                                                             : std::max(level, LZ4HC_CLEVEL_MIN);
    const MutableBytes memory = reserve(LZ4F_compressFrameBound(input.size(), &preferences));
    const size_t size_bytes = LZ4F_compressFrame(memory.data(), memory.size(), input.data(),
                                                 input.size(), &preferences);
    CHECK(!LZ4F_isError(size_bytes));
    return size_bytes;
}

size_t Compressor::zstd(Bytes input, int level) {
    if (!zstd_) {
        zstd_.reset(ZSTD_createCCtx());
        CHECK(zstd_ != nullptr);
    }
    const MutableBytes memory = reserve(ZSTD_compressBound(input.size()));
    const size_t size_bytes = ZSTD_compressCCtx(zstd_.get(), memory.data(), memory.size(),
                                                input.data(), input.size(), level);
    CHECK(!ZSTD_isError(size_bytes));
    return size_bytes;
}

Result<Compression> codec_of(BatchView batch) {
    const uint8_t bits = batch.compression_bits();
    if (bits > static_cast<uint8_t>(Compression::zstd)) {
        return fail(ErrorCode::unsupported_compression,
                    fmt::format("no codec has the number {}", bits));
    }
    return static_cast<Compression>(bits);
}

Result<Bytes> plain_records(BatchView batch, Decompressor& decompressor, size_t max_output_bytes) {
    TRY(const Compression codec, codec_of(batch));
    if (codec == Compression::none) return batch.records();
    return decompressor.decompress(codec, batch.records(), max_output_bytes);
}

Result<base::Buffer> recompress(BatchView batch, Compression codec, std::optional<int> level,
                                Decompressor& decompressor, Compressor& compressor) {
    TRY(const Bytes plain, plain_records(batch, decompressor));
    const Bytes records = compressor.compress(codec, plain, level);
    base::Buffer buffer = base::Buffer::allocate(kBatchHeaderBytes + records.size());
    std::memcpy(buffer.writable_data(), batch.bytes().data(), kBatchHeaderBytes);
    if (!records.empty()) {
        std::memcpy(buffer.writable_data() + kBatchHeaderBytes, records.data(), records.size());
    }
    assign_records(buffer.writable(), codec);
    return buffer;
}

}  // namespace polylog::model
