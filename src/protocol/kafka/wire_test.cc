#include "protocol/kafka/wire.h"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <limits>

#include "base/hex.h"
#include "protocol/kafka/codec_definitions.h"
#include "protocol/kafka/schema_printer.h"

// Goal: each primitive and each word of the vocabulary has exactly the bytes that the protocol
// guide gives it. Method: small structs, compared with bytes written out by hand.
namespace polylog::kafka {
namespace {

template <class Message>
std::string encoded(const Message& message, int16_t version) {
    Output output;
    EXPECT_TRUE(encode(message, version, output));
    return base::hex_encode(output.joined().bytes());
}

// Decodes an exact copy on the heap, so that a sanitizer sees any byte read beyond it.
template <class Message>
base::Result<Decoded<Message>> decoded(std::string_view hex, int16_t version) {
    return decode<Message>(base::Slice::copy_of(base::hex_decode(hex).value()), version);
}

struct Numbers {
    static constexpr Api api{.name = "Numbers", .min = 0, .max = 0};
    enum class Small : int8_t { minus_two = -2 };
    bool flag = false;
    int8_t i8 = 0;
    int16_t i16 = 0;
    int32_t i32 = 0;
    int64_t i64 = 0;
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    double f64 = 0;
    Small small{};
    base::Uuid uuid;
    void wire(auto& io) { io(flag)(i8)(i16)(i32)(i64)(u16)(u32)(f64)(small)(uuid); }
};

TEST(Wire, NumbersAreBigEndian) {
    Numbers numbers{.flag = true,
                    .i8 = -1,
                    .i16 = 0x0102,
                    .i32 = 0x03040506,
                    .i64 = 0x0708090a0b0c0d0e,
                    .u16 = 0xfffe,
                    .u32 = 0xfffffffd,
                    .f64 = 1.5,
                    .small = Numbers::Small::minus_two};
    numbers.uuid.bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const std::string hex =
        "01ff0102030405060708090a0b0c0d0efffefffffffd3ff8000000000000fe000102030405060708090a0b0c0d"
        "0e0f";
    EXPECT_EQ(encoded(numbers, 0), hex);

    const auto back = decoded<Numbers>(hex, 0);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->message.f64, 1.5);
    EXPECT_EQ(back->message.u32, 0xfffffffd);
    EXPECT_EQ(back->message.small, Numbers::Small::minus_two);
    EXPECT_EQ(back->message.uuid, numbers.uuid);
    EXPECT_EQ(encoded(back->message, 0), hex);
    EXPECT_EQ(
        SchemaPrinter::print<Numbers>(0, false),
        "flag bool, i8 int8, i16 int16, i32 int32, i64 int64, u16 uint16, u32 uint32, f64 float64, "
        "small int8, uuid uuid");
}

TEST(Wire, AnyByteButZeroIsTrue) {
    std::string hex = "02" +
                      std::string(2 * (sizeof(int8_t) + 2 + 4 + 8 + 2 + 4 + 8 + 1 + 16), '0');
    EXPECT_TRUE(decoded<Numbers>(hex, 0)->message.flag);
}

// Version 0 is classic, version 1 flexible.
struct Lengths {
    static constexpr Api api{.name = "Lengths", .min = 0, .max = 1, .flexible_from = 1};
    struct Item {
        int8_t id = 0;
        void wire(auto& io) { io(id); }
    };
    std::string text;
    base::Slice bytes;
    Records records;
    std::vector<int16_t> numbers;
    std::vector<Item> items;
    void wire(auto& io) { io(text)(bytes)(records)(numbers)(items); }
};

Lengths some_lengths() {
    Lengths message{.text = "ab", .bytes = base::Slice::copy_of("c"), .numbers = {1, 2}};
    message.records.append(base::Slice::copy_of("d"));
    message.records.append(base::Slice::copy_of("ef"));
    message.items = {{7}, {8}, {9}};
    return message;
}

TEST(Wire, ClassicLengthsAreInt16ForStringsAndInt32ForTheRest) {
    EXPECT_EQ(encoded(some_lengths(), 0),
              "00026162"          // text
              "0000000163"        // bytes
              "00000003646566"    // records
              "0000000200010002"  // numbers
              "00000003070809");  // items
}

TEST(Wire, CompactLengthsAreOneMoreThanTheLengthAndStructsEndWithTags) {
    const std::string hex =
        "036162"          // text
        "0263"            // bytes
        "04646566"        // records
        "0300010002"      // numbers
        "04070008000900"  // items, each with its empty tag section
        "00";             // the message's own
    EXPECT_EQ(encoded(some_lengths(), 1), hex);
    const auto back = decoded<Lengths>(hex, 1);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->message.records.joined().text(), "def");
    EXPECT_EQ(back->message.items[2].id, 9);
}

TEST(Wire, CompactLengthsTakeSevenBitsPerByte) {
    const Lengths message{.text = std::string(300, 'x')};
    EXPECT_EQ(encoded(message, 1).substr(0, 6), "ad0278");  // 301 = 2 * 128 + 45
    EXPECT_EQ(decoded<Lengths>(encoded(message, 1), 1)->message.text.size(), 300u);
}

TEST(Wire, BytesAndRecordsKeepTheFrameAlive) {
    Lengths message;
    {
        auto back = decoded<Lengths>(encoded(some_lengths(), 0), 0);
        ASSERT_TRUE(back);
        message = std::move(back->message);
    }
    EXPECT_EQ(message.bytes.text(), "c");
    EXPECT_EQ(message.records.joined().text(), "def");
    EXPECT_FALSE(message.bytes.buffer().unique());
}

TEST(Wire, StringsBeyondTheirLimitAreRefusedBothWays) {
    Output output;
    const Lengths longest{.text = std::string(kMaxStringBytes, 'x')};
    const Lengths longer{.text = std::string(kMaxStringBytes + 1, 'x')};
    EXPECT_TRUE(encode(longest, 0, output));
    EXPECT_TRUE(encode(longest, 1, output));
    EXPECT_EQ(encode(longer, 0, output).error(), base::ErrorCode::message_too_large);
    EXPECT_EQ(encode(longer, 1, output).error(), base::ErrorCode::message_too_large);

    std::string compact = "818002";  // 32769 - 1 bytes
    for (size_t i = 0; i < kMaxStringBytes + 1; ++i) compact += "78";
    EXPECT_EQ(decoded<Lengths>(compact + "0101010100", 1).error(),
              base::ErrorCode::invalid_request);
}

// Null from version 1 on for `later`, always for the rest; flexible from version 2 on.
struct Nulls {
    static constexpr Api api{.name = "Nulls", .min = 0, .max = 2, .flexible_from = 2};
    struct Item {
        int8_t id = 0;
        void wire(auto& io) { io(id); }
    };
    std::optional<std::string> later;
    std::optional<std::string> text;
    std::optional<base::Slice> bytes;
    std::optional<Records> records;
    std::optional<std::vector<int16_t>> numbers;
    std::optional<Item> item;
    void wire(auto& io) { io.nullable_since(1, later)(text)(bytes)(records)(numbers)(item); }
};

TEST(Wire, NullIsMinusOneOrZeroInTheCompactForm) {
    EXPECT_EQ(encoded(Nulls{}, 1),
              "ffff"
              "ffff"
              "ffffffff"
              "ffffffff"
              "ffffffff"
              "ff");
    EXPECT_EQ(encoded(Nulls{}, 2),
              "00"
              "00"
              "00"
              "00"
              "00"
              "ff"
              "00");
    const auto back = decoded<Nulls>("0000000000ff00", 2);
    ASSERT_TRUE(back);
    EXPECT_FALSE(back->message.text || back->message.bytes || back->message.records);
    EXPECT_FALSE(back->message.numbers || back->message.item);
}

TEST(Wire, EmptyIsNotNull) {
    const Nulls empty{.later = "",
                      .text = "",
                      .bytes = base::Slice(),
                      .records = Records(),
                      .numbers = std::vector<int16_t>{},
                      .item = Nulls::Item{}};
    const std::string classic =
        "0000"
        "0000"
        "00000000"
        "00000000"
        "00000000"
        "0100";
    const std::string compact =
        "01"
        "01"
        "01"
        "01"
        "01"
        "010000"
        "00";
    EXPECT_EQ(encoded(empty, 1), classic);
    EXPECT_EQ(encoded(empty, 2), compact);
    for (const auto& back : {decoded<Nulls>(classic, 1), decoded<Nulls>(compact, 2)}) {
        ASSERT_TRUE(back);
        EXPECT_TRUE(back->message.text && back->message.bytes && back->message.records);
        EXPECT_TRUE(back->message.numbers && back->message.item);
    }
}

TEST(Wire, NullWhereTheVersionHasNoneIsSentAsEmptyAndRefusedWhenRead) {
    EXPECT_EQ(encoded(Nulls{}, 0).substr(0, 4), "0000");
    EXPECT_EQ(decoded<Nulls>("ffff"
                             "ffff"
                             "ffffffff"
                             "ffffffff"
                             "ffffffff"
                             "ff",
                             0)
                  .error(),
              base::ErrorCode::invalid_request);
    EXPECT_EQ(decoded<Lengths>("ffff"
                               "00000000"
                               "00000000"
                               "00000000"
                               "00000000",
                               0)
                  .error(),
              base::ErrorCode::invalid_request);
}

struct Versions {
    static constexpr Api api{.name = "Versions", .min = 0, .max = 4};
    int8_t always = 1;
    int8_t since_two = 2;
    int8_t until_two = 3;
    int8_t between = 4;
    void wire(auto& io) {
        io(always).since(2, since_two).until(2, until_two).between(1, 3, between);
    }
};

TEST(Wire, FieldsAppearInTheirVersionsOnly) {
    const std::array<std::string, 5> expected{"0103", "010304", "01020304", "010204", "0102"};
    for (int16_t version = 0; version < 5; ++version) {
        EXPECT_EQ(encoded(Versions{}, version), expected[static_cast<size_t>(version)]);
    }
}

TEST(Wire, AbsentFieldsKeepTheirDefaults) {
    const auto back = decoded<Versions>("0907", 0);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->message.always, 9);
    EXPECT_EQ(back->message.until_two, 7);
    EXPECT_EQ(back->message.since_two, 2);
    EXPECT_EQ(back->message.between, 4);
}

TEST(Wire, VersionsOutsideTheApiAreRefused) {
    Output output;
    EXPECT_EQ(encode(Versions{}, 5, output).error(), base::ErrorCode::unsupported_version);
    EXPECT_EQ(encode(Versions{}, -1, output).error(), base::ErrorCode::unsupported_version);
    EXPECT_EQ(decoded<Versions>("0102", 5).error(), base::ErrorCode::unsupported_version);
}

TEST(Wire, BytesAfterTheMessageAreCounted) {
    EXPECT_EQ(decoded<Versions>("0102", 4)->trailing_bytes, 0u);
    EXPECT_EQ(decoded<Versions>("0102ff00ff", 4)->trailing_bytes, 3u);
}

// Tags of the message (2 from version 2 on) and of a struct inside a tag.
struct Tagged {
    static constexpr Api api{.name = "Tagged", .min = 0, .max = 2, .flexible_from = 1};
    struct Inner {
        int8_t id = 0;
        int16_t extra = -1;
        bool operator==(const Inner&) const = default;
        void wire(auto& io) { io(id).tag(3, extra, -1); }
    };
    int8_t first = 0;
    Inner inner;
    std::vector<int8_t> numbers;
    std::optional<std::string> text;
    void wire(auto& io) { io(first).tag(0, inner).tag_since(2, 2, numbers).tag(5, text); }
};

TEST(Wire, TaggedFieldsAtTheirDefaultsAreLeftOut) {
    EXPECT_EQ(encoded(Tagged{.first = 1}, 0), "01");
    EXPECT_EQ(encoded(Tagged{.first = 1}, 1), "0100");
}

TEST(Wire, TaggedFieldsFollowWithNumberAndSizeInAscendingOrder) {
    const Tagged message{.first = 1,
                         .inner = {.id = 9, .extra = 0x0203},
                         .numbers = {4, 5},
                         .text = "xy"};
    const std::string hex =
        "01"
        "03"  // three of them
        "00"
        "06"  // number 0 in 6 bytes
        "09"
        "01"
        "03020203"  //   id, one tag: number 3 in 2 bytes
        "02"
        "03"
        "030405"  // number 2
        "05"
        "03"
        "037879";  // number 5
    EXPECT_EQ(encoded(message, 2), hex);
    const auto back = decoded<Tagged>(hex, 2);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->message.inner, message.inner);
    EXPECT_EQ(back->message.numbers, message.numbers);
    EXPECT_EQ(back->message.text, message.text);
    EXPECT_EQ(SchemaPrinter::print<Tagged>(2, true),
              "first int8, tags(0 inner {id int8, tags(3 extra int16 = -1)}, 2 numbers [int8], 5 "
              "text string?)");
}

TEST(Wire, UnknownTaggedFieldsAreSkippedWhereverTheyStand) {
    const auto back = decoded<Tagged>(
        "01"
        "05"
        "00"
        "02"
        "0900"  // known: inner
        "01"
        "01"
        "ff"  // unknown, between known ones
        "02"
        "02"
        "0204"  // known from version 2 on only: unknown here
        "05"
        "02"
        "0278"  // known: text
        "8001"
        "02"
        "ffff",  // unknown, after the known ones: number 128
        1);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->message.inner.id, 9);
    EXPECT_EQ(back->message.text, "x");
    EXPECT_TRUE(back->message.numbers.empty());
    EXPECT_EQ(back->trailing_bytes, 0u);
}

TEST(Wire, MalformedTagSectionsAreRefused) {
    for (const std::string_view section : {
             "02"
             "05020278"
             "05020278",  // the same number twice
             "02"
             "05020278"
             "00020900",  // descending
             "02"
             "0901ff"
             "0901ff",  // the same unknown number twice
             "01"
             "05"
             "03"
             "0278",  // the size goes beyond the message
             "01"
             "05"
             "01"
             "0278",  // the field goes beyond its size
             "01"
             "05"
             "03"
             "0278ff",  // the field ends before its size
             "01"
             "00"
             "04"
             "09010300",  // a nested field of no bytes
             "ffffffff0f"
             "05020278",  // four billion of them
             "01"
             "ffffffff1f"
             "00",  // a number of more than 32 bits
             "01"
             "8080808080"
             "0100",  // a number of more than five bytes
             "01"
             "09"
             "ffffffff0f"
             "00",  // a size of four GiB
         }) {
        EXPECT_EQ(decoded<Tagged>("01" + std::string(section), 1).error(),
                  base::ErrorCode::invalid_request)
            << section;
    }
}

TEST(Wire, TheLargestTagNumberIsSkippedToo) {
    EXPECT_TRUE(
        decoded<Tagged>("01"
                        "01"
                        "ffffffff0f"
                        "01"
                        "ff",
                        1));
}

struct Header {
    static constexpr Api api{.name = "Header", .min = 1, .max = 1, .flexible_from = 1};
    std::optional<std::string> classic;
    std::optional<std::string> compact;
    void wire(auto& io) { io.classic(classic)(compact); }
};

TEST(Wire, ClassicFieldsKeepTheirLengthInFlexibleVersions) {
    EXPECT_EQ(encoded(Header{.classic = "a", .compact = "b"}, 1),
              "000161"
              "0262"
              "00");
    EXPECT_EQ(decoded<Header>("ffff"
                              "0262"
                              "00",
                              1)
                  ->message.compact,
              "b");
}

TEST(Wire, TheFewestBytesOfAStructAreKnown) {
    EXPECT_EQ(MinimumSize::of<Lengths>(0, false), 2u + 4 * 4);
    EXPECT_EQ(MinimumSize::of<Lengths>(1, true), 5u + 1);
    EXPECT_EQ(MinimumSize::of<Nulls>(1, false), 2u * 2 + 3 * 4 + 1);
    EXPECT_EQ(MinimumSize::of<Nulls>(2, true), 5u + 1 + 1);
    EXPECT_EQ(MinimumSize::of<Tagged>(2, true), 1u + 1);
    EXPECT_EQ(MinimumSize::of<int64_t>(0, false), 8u);
}

}  // namespace
}  // namespace polylog::kafka
