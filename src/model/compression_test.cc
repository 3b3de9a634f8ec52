#include "model/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.h"
#include "model/record.h"
#include "test/golden/reference_batches.h"

namespace polylog::model {
namespace {

using base::as_bytes;
using base::as_text;
using base::ErrorCode;
using testing::HasSubstr;

constexpr Compression kCodecs[] = {Compression::gzip, Compression::snappy, Compression::lz4,
                                   Compression::zstd};

std::string compressed(Compression codec, std::string_view text,
                       std::optional<int> level = std::nullopt) {
    Compressor compressor;
    return std::string(as_text(compressor.compress(codec, as_bytes(text), level)));
}

std::string words(size_t size_bytes) {
    std::string text;
    for (uint32_t i = 0; text.size() < size_bytes; ++i)
        text += "word" + std::to_string(i * 2654435761u % 9973) + ' ';
    text.resize(size_bytes);
    return text;
}

base::Result<std::string> decompressed(Compression codec, std::string_view input,
                                       size_t max_output_bytes = kDecompressedBytesMax) {
    Decompressor decompressor;
    TRY(const base::Bytes output,
        decompressor.decompress(codec, as_bytes(input), max_output_bytes));
    return std::string(as_text(output));
}

TEST(Compression, EverySizeSurvivesEveryCodec) {
    Compressor compressor;
    Decompressor decompressor;
    for (const Compression codec : kCodecs) {
        for (const size_t size :
             {0u, 1u, 100u, 32'768u, 32'769u, 65'536u, 70'000u, 600'000u, 10u}) {
            const std::string text = words(size);
            const base::Bytes small = compressor.compress(codec, as_bytes(text));
            const auto output = decompressor.decompress(codec, small);
            ASSERT_TRUE(output) << static_cast<int>(codec) << ' ' << size
                                << output.error().message();
            EXPECT_EQ(as_text(*output), text) << static_cast<int>(codec) << ' ' << size;
        }
    }
}

TEST(Compression, NoneIsTheInputItself) {
    const std::string text = words(100);
    Compressor compressor;
    Decompressor decompressor;
    EXPECT_EQ(compressor.compress(Compression::none, as_bytes(text)).data(), as_bytes(text).data());
    EXPECT_EQ(decompressor.decompress(Compression::none, as_bytes(text))->data(),
              as_bytes(text).data());
    EXPECT_EQ(decompressor.decompress(Compression::none, as_bytes(text), 99).error(),
              ErrorCode::message_too_large);
}

TEST(Compression, EveryLevelThatATopicMayAskForWorks) {
    const std::string text = words(2'000);
    const std::pair<Compression, std::vector<int>> levels[] = {{Compression::gzip, {-1, 1, 9}},
                                                               {Compression::lz4,
                                                                {1, 2, 3, 9, 12, 17}},
                                                               {Compression::zstd,
                                                                {-131072, 1, 22}}};
    for (const auto& [codec, list] : levels) {
        for (const int level : list) {
            const auto output = decompressed(codec, compressed(codec, text, level));
            ASSERT_TRUE(output) << level;
            EXPECT_EQ(*output, text) << level;
        }
    }
}

TEST(Compression, SnappyIsWrittenInTheFramingOfTheJavaLibrary) {
    const std::string text = words(40'000);
    const std::string framed = compressed(Compression::snappy, text);
    EXPECT_EQ(base::hex_encode(as_bytes(framed).first(16)), "82534e41505059000000000100000001");
    const auto first_block = base::load_be<uint32_t>(as_bytes(framed).data() + 16);
    ASSERT_LT(first_block, framed.size() - 24);
    const std::string raw = framed.substr(20, first_block);
    EXPECT_EQ(decompressed(Compression::snappy, raw), text.substr(0, 32'768))
        << "a block alone is raw snappy";
}

TEST(Compression, SnappyStreamsMayBeAppendedToEachOther) {
    const std::string twice = compressed(Compression::snappy, "one") +
                              compressed(Compression::snappy, "two");
    EXPECT_EQ(decompressed(Compression::snappy, twice), "onetwo");
}

TEST(Compression, GzipMembersAndFramesMayBeAppendedToEachOther) {
    for (const Compression codec : {Compression::gzip, Compression::lz4, Compression::zstd}) {
        const std::string twice = compressed(codec, "one ") + compressed(codec, "two");
        EXPECT_EQ(decompressed(codec, twice), "one two") << static_cast<int>(codec);
    }
}

TEST(Compression, Lz4BlocksDoNotReferToEarlierOnes) {
    // Byte 4 of a frame: version 01, then the bit for independent blocks (LZ4 frame format 1.6,
    // FLG).
    const std::string frame = compressed(Compression::lz4, words(1'000));
    EXPECT_EQ(static_cast<uint8_t>(frame[4]) & 0xE0, 0x60);
}

TEST(Compression, InputCutAnywhereIsRefusedOrShorter) {
    // The framing of snappy has no end: cut between two blocks, it is a sound shorter stream.
    const std::string text = words(200);
    for (const Compression codec : kCodecs) {
        const std::string whole = compressed(codec, text);
        for (size_t size = 0; size < whole.size(); ++size) {
            const auto output = decompressed(codec, whole.substr(0, size));
            if (codec == Compression::snappy && size == 16) {
                EXPECT_EQ(output, "");
            } else {
                ASSERT_FALSE(output) << static_cast<int>(codec) << " cut at " << size;
                EXPECT_EQ(output.error(), ErrorCode::corrupt);
            }
        }
    }
}

TEST(Compression, RubbishBehindTheEndIsRefused) {
    for (const Compression codec : kCodecs) {
        const auto output = decompressed(codec, compressed(codec, "text") + "rubbish");
        ASSERT_FALSE(output) << static_cast<int>(codec);
        EXPECT_EQ(output.error(), ErrorCode::corrupt);
    }
}

TEST(Compression, AnyChangedByteEndsInAnOutputOrAnError) {
    Decompressor decompressor;
    const std::string text = words(150);
    for (const Compression codec : kCodecs) {
        const std::string whole = compressed(codec, text);
        for (size_t position = 0; position < whole.size(); ++position) {
            std::string changed = whole;
            changed[position] = static_cast<char>(changed[position] ^ 0x41);
            const auto output = decompressor.decompress(codec, as_bytes(changed), 1'000);
            if (!output) continue;
            EXPECT_LE(output->size(), 1'000u);
        }
        const auto after = decompressor.decompress(codec, as_bytes(whole));
        ASSERT_TRUE(after) << "a decompressor works on after every error";
        EXPECT_EQ(as_text(*after), text);
    }
}

TEST(Compression, OutputStopsExactlyAtItsLimit) {
    const std::string text = words(100'000);
    for (const Compression codec : kCodecs) {
        const std::string small = compressed(codec, text);
        EXPECT_EQ(decompressed(codec, small, text.size()), text) << static_cast<int>(codec);
        for (const size_t limit : {text.size() - 1, size_t{1}, size_t{0}}) {
            const auto output = decompressed(codec, small, limit);
            ASSERT_FALSE(output) << static_cast<int>(codec) << ' ' << limit;
            EXPECT_EQ(output.error(), ErrorCode::message_too_large);
        }
    }
}

TEST(Compression, ABombIsRefusedThoughItFitsTheLimit) {
    // 17 MiB of zeros in about 600 bytes: within 64 MiB, but beyond any honest ratio.
    const std::string bomb = compressed(Compression::zstd, std::string(size_t{17} << 20, '\0'));
    ASSERT_LT(bomb.size() * kExpansionMax, kUnquestionedBytes);
    const auto output = decompressed(Compression::zstd, bomb);
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error(), ErrorCode::message_too_large);
    EXPECT_THAT(std::string(output.error().detail()), HasSubstr("16777216"));
}

TEST(Compression, RecordsThatRepeatThemselvesAreNoBomb) {
    const std::string repeated(size_t{4} << 20, 'a');
    const std::string small = compressed(Compression::zstd, repeated);
    ASSERT_GT(repeated.size(), small.size() * kExpansionMax);
    Decompressor decompressor;
    for (int round = 0; round < 2; ++round) {
        const auto output = decompressor.decompress(Compression::zstd, as_bytes(small));
        ASSERT_TRUE(output) << output.error().message();
        EXPECT_TRUE(as_text(*output) == repeated);
    }
}

TEST(Compression, ASizeThatIsOnlyClaimedReservesNothing) {
    // A snappy block and a zstd frame that promise 2 GiB in a few bytes.
    EXPECT_EQ(decompressed(Compression::snappy, *base::hex_decode("ffffffff0700")).error(),
              ErrorCode::corrupt);
    const std::string frame = *base::hex_decode("28b52ffda0ffffff7f010000");
    EXPECT_FALSE(decompressed(Compression::zstd, frame));
}

TEST(Compression, AWindowThatIsOnlyClaimedReservesNothing) {
    // The Java client at zstd level 22 asks every reader for a window of 128 MiB.
    const std::string bytes = *base::hex_decode(golden::kJavaBatches[5].hex);
    Decompressor decompressor;
    EXPECT_TRUE(plain_records(BatchView(as_bytes(bytes)), decompressor));
}

TEST(Compression, UnknownCodecsAreRefused) {
    for (const char* bits : {"5", "6", "7"}) {
        std::string bytes = *base::hex_decode(golden::kJavaBatches[0].hex);
        bytes[22] = static_cast<char>(bits[0] - '0');
        Decompressor decompressor;
        const auto records = plain_records(BatchView(as_bytes(bytes)), decompressor);
        ASSERT_FALSE(records);
        EXPECT_EQ(records.error(), ErrorCode::unsupported_compression);
    }
}

TEST(Compression, ABatchKeepsItsRecordsInAnotherCodec) {
    const std::string original = *base::hex_decode(golden::kJavaBatches[0].hex);
    const BatchView batch(as_bytes(original));
    Decompressor decompressor;
    Compressor compressor;
    for (const Compression codec : kCodecs) {
        const auto other = recompress(batch, codec, std::nullopt, decompressor, compressor);
        ASSERT_TRUE(other);
        const auto parsed = parse_batch(other->bytes());
        ASSERT_TRUE(parsed);
        EXPECT_TRUE(parsed->crc_matches());
        EXPECT_EQ(parsed->compression_bits(), static_cast<uint8_t>(codec));
        EXPECT_EQ(parsed->base_sequence(), 123);
        const auto back = recompress(*parsed, Compression::none, std::nullopt, decompressor,
                                     compressor);
        ASSERT_TRUE(back);
        EXPECT_EQ(as_text(back->bytes()), original);
    }
}

}  // namespace
}  // namespace polylog::model
