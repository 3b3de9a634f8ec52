#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "base/result.h"
#include "base/slice.h"
#include "model/record_batch.h"

struct LZ4F_dctx_s;
struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;
struct z_stream_s;

// The codecs of record batches: gzip (RFC 1952), snappy (raw, or in the framing of the Java
// library, which starts with 82 "SNAPPY" 00), LZ4 frames, zstd frames. Each object belongs to one
// shard and reuses its contexts and memory from call to call.
namespace polylog::model {

// The most that the records of one batch may take when decompressed: 60 times the default largest
// batch. It bounds what a shard holds to look into a batch; a batch beyond it is refused when it is
// produced.
constexpr size_t kDecompressedBytesMax = size_t{64} << 20;
// Honest records that repeat themselves shrink several thousand times, but they come in batches of
// a few megabytes. An output above kUnquestionedBytes must not be more than kExpansionMax times its
// input.
constexpr size_t kExpansionMax = 1024;
constexpr size_t kUnquestionedBytes = size_t{16} << 20;

// Total over hostile input: time and memory are bounded by the output allowed, not by what a header
// claims. Between calls it keeps its last output and up to 9 MiB of contexts (LZ4 blocks of 4 MiB).
class Decompressor {
public:
    Decompressor();
    Decompressor(Decompressor&&) noexcept;
    Decompressor& operator=(Decompressor&&) noexcept;
    ~Decompressor();

    // The bytes that `input` stands for: views into this object that live until its next call, or,
    // for Compression::none, `input` itself. Several gzip members, LZ4 or zstd frames are one
    // output. Errors: corrupt (not of this format, cut short, or with something behind the end),
    // message_too_large (more than max_output_bytes, or more than kExpansionMax allows).
    base::Result<base::Bytes> decompress(Compression codec, base::Bytes input,
                                         size_t max_output_bytes = kDecompressedBytesMax);

private:
    class Output;

    base::Result<void> gunzip(base::Bytes input, Output& output);
    base::Result<void> unsnappy(base::Bytes input, Output& output);
    base::Result<void> unlz4(base::Bytes input, Output& output);
    base::Result<void> unzstd(base::Bytes input, Output& output);

    struct Freed {
        void operator()(z_stream_s* stream) const;
        void operator()(LZ4F_dctx_s* context) const;
        void operator()(ZSTD_DCtx_s* context) const;
    };
    std::unique_ptr<z_stream_s, Freed> gzip_;
    std::unique_ptr<LZ4F_dctx_s, Freed> lz4_;
    std::unique_ptr<ZSTD_DCtx_s, Freed> zstd_;
    base::Buffer memory_;
};

// Compresses the records of batches, reusing its memory from one to the next. On one shard.
class Compressor {
public:
    Compressor();
    Compressor(Compressor&&) noexcept;
    Compressor& operator=(Compressor&&) noexcept;
    ~Compressor();

    // `input` in a form that every Kafka client reads: views into this object that live until its
    // next call, or, for Compression::none, `input` itself. `level` is the codec's own (snappy has
    // none); without one, the codec's default.
    base::Bytes compress(Compression codec, base::Bytes input,
                         std::optional<int> level = std::nullopt);

private:
    size_t gzip(base::Bytes input, int level);
    size_t snappy(base::Bytes input);
    size_t lz4(base::Bytes input, int level);
    size_t zstd(base::Bytes input, int level);
    // Memory for at least this many bytes; its contents are lost.
    base::MutableBytes reserve(size_t size_bytes);

    struct Freed {
        void operator()(ZSTD_CCtx_s* context) const;
    };
    std::unique_ptr<ZSTD_CCtx_s, Freed> zstd_;
    base::Buffer memory_;
};

// The batch's codec. Errors: unsupported_compression for a number that no codec has.
base::Result<Compression> codec_of(BatchView batch);
// The batch's records as RecordReader takes them: valid while the batch is, and until the
// decompressor's next call. Errors: unsupported_compression, and those of Decompressor.
base::Result<base::Bytes> plain_records(BatchView batch, Decompressor& decompressor,
                                        size_t max_output_bytes = kDecompressedBytesMax);
// The same batch with its records in another codec. Errors: those of plain_records.
base::Result<base::Buffer> recompress(BatchView batch, Compression codec, std::optional<int> level,
                                      Decompressor& decompressor, Compressor& compressor);

}  // namespace polylog::model
