#include "model/record.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/varint.h"
#include "model/compression.h"

namespace polylog::model {

using base::Bytes;
using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

constexpr int32_t kNull = -1;  // the length of an absent key or value

// Offsets and timestamps come from the network: an overflow wraps around and is judged like any
// value.
int64_t plus(int64_t value, int64_t delta) {
    return static_cast<int64_t>(static_cast<uint64_t>(value) + static_cast<uint64_t>(delta));
}
int64_t minus(int64_t value, int64_t base) {
    return static_cast<int64_t>(static_cast<uint64_t>(value) - static_cast<uint64_t>(base));
}

[[gnu::cold]] std::unexpected<base::Error> malformed(int32_t index, std::string_view what) {
    return fail(ErrorCode::corrupt, fmt::format("record {} {}", index, what));
}

// A number longer than a byte, out of line to keep the cursor in registers. Null `next`: there is
// none.
template <class T>
struct LongNumber {
    T value;
    const std::byte* next;
};
template <class T>
[[gnu::noinline]] LongNumber<T> decode_long_number(const std::byte* at, const std::byte* end) {
    const auto decoded = base::decode_varint<T>(Bytes(at, end));
    return {decoded.value, decoded.size_bytes == 0 ? nullptr : at + decoded.size_bytes};
}

// base::ByteReader for the innermost loop of produce and fetch: twice as fast, for numbers that
// mostly take one byte. After an overrun everything reads as 0 or nothing, and ok() is false.
class Cursor {
public:
    explicit Cursor(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    bool ok() const { return end_ != nullptr; }
    size_t remaining() const { return static_cast<size_t>(end_ - at_); }
    Bytes rest() const { return {at_, remaining()}; }

    int32_t varint() { return base::unzigzag(number<uint32_t>()); }
    int64_t varlong() { return base::unzigzag(number<uint64_t>()); }
    Bytes take(int32_t size_bytes) {
        if (static_cast<size_t>(size_bytes) > remaining()) [[unlikely]] {
            fail();
            return {};
        }
        const Bytes taken(at_, static_cast<size_t>(size_bytes));
        at_ += size_bytes;
        return taken;
    }
    // Bytes after their length; nothing for length -1.
    std::optional<Bytes> nullable_bytes() {
        const int32_t length = varint();
        if (length == kNull) return std::nullopt;
        return take(length);
    }

private:
    template <class T>
    T number() {
        if (at_ != end_ && std::to_integer<uint8_t>(*at_) < 0x80) [[likely]] {
            return std::to_integer<T>(*at_++);
        }
        if (end_ - at_ > 1 && std::to_integer<uint8_t>(at_[1]) < 0x80) [[likely]] {
            const T low = std::to_integer<T>(at_[0]) & 0x7F;
            const T high = std::to_integer<T>(at_[1]);
            at_ += 2;
            return high << 7 | low;
        }
        const LongNumber<T> decoded = decode_long_number<T>(at_, end_);
        at_ = decoded.next;
        if (at_ == nullptr) [[unlikely]]
            fail();
        return decoded.value;
    }
    void fail() { at_ = end_ = nullptr; }

    const std::byte* at_;
    const std::byte* end_;
};

// Kafka documentation, "Record": length varint, attributes i8, timestamp delta varlong, offset
// delta varint, key, value, header count varint, headers. The length counts what follows it. Null
// and `rest` moved on, or what is wrong with the record at the front of `rest`.
const char* decode(const BatchView& batch, Bytes& rest, RecordView& view) {
    Cursor records(rest);
    Cursor record(records.take(records.varint()));
    if (!records.ok()) return "exceeds its batch";
    record.take(1);  // attributes, of which none are defined
    const int64_t timestamp_delta = record.varlong();
    const int32_t offset_delta = record.varint();
    view.offset = Offset{plus(batch.base_offset().value, offset_delta)};
    view.timestamp_ms = batch.timestamp_type() == TimestampType::append_time
                            ? batch.max_timestamp_ms()
                            : plus(batch.base_timestamp_ms(), timestamp_delta);
    view.key = record.nullable_bytes();
    view.value = record.nullable_bytes();
    view.header_count = record.varint();
    view.headers = record.rest();
    if (!record.ok()) return "exceeds its length";
    // Every header takes at least two bytes.
    const auto header_count_max = static_cast<int64_t>(view.headers.size() / 2);
    if (view.header_count < 0 || view.header_count > header_count_max) {
        return "has an impossible number of headers";
    }
    if (view.header_count == 0 && !view.headers.empty()) return "is longer than its fields";
    rest = records.rest();
    return nullptr;
}

size_t encoded_size(int32_t value) {
    return base::varint_size(base::zigzag(value));
}
size_t encoded_size(int64_t value) {
    return base::varint_size(base::zigzag(value));
}
size_t encoded_size(const std::optional<Bytes>& bytes) {
    return bytes ? encoded_size(static_cast<int32_t>(bytes->size())) + bytes->size() : 1;
}

void write(base::ByteWriter& writer, const std::optional<Bytes>& bytes) {
    writer.varint(bytes ? static_cast<int32_t>(bytes->size()) : kNull);
    if (bytes) writer.bytes(*bytes);
}

}  // namespace

// Decodes in place of the result: with one variable and one return the record is never copied,
// which would take as long as decoding it.
Result<RecordView> RecordReader::next() {
    Result<RecordView> record(std::in_place);
    if (const char* fault = decode(batch_, rest_, *record)) [[unlikely]] {
        record = malformed(read_, fault);
    } else {
        ++read_;
    }
    return record;
}

Result<HeaderView> HeaderReader::next() {
    CHECK(has_next());
    Cursor reader(rest_);
    const Bytes key = reader.take(reader.varint());
    const std::optional<Bytes> value = reader.nullable_bytes();
    if (!reader.ok()) return fail(ErrorCode::corrupt, "a header exceeds its record");
    if (left_ == 1 && reader.remaining() > 0) {
        return fail(ErrorCode::corrupt, "bytes are left over behind the last header");
    }
    rest_ = reader.rest();
    --left_;
    return HeaderView{base::as_text(key), value};
}

BatchBuilder::BatchBuilder(Compression compression, BatchProducer producer)
    : compression_(compression), producer_(producer) {}

void BatchBuilder::add(const RecordInput& input) {
    if (count_ == 0) base_timestamp_ms_ = max_timestamp_ms_ = input.timestamp_ms;
    max_timestamp_ms_ = std::max(max_timestamp_ms_, input.timestamp_ms);
    const int64_t timestamp_delta = minus(input.timestamp_ms, base_timestamp_ms_);
    const auto header_count = static_cast<int32_t>(input.headers.size());

    size_t size_bytes = 1 + encoded_size(timestamp_delta) + encoded_size(count_) +
                        encoded_size(input.key) + encoded_size(input.value) +
                        encoded_size(header_count);
    for (const HeaderView& header : input.headers) {
        size_bytes += encoded_size(base::as_bytes(header.key)) + encoded_size(header.value);
    }

    CHECK(std::cmp_less(size_bytes, std::numeric_limits<int32_t>::max()));
    records_.varint(static_cast<int32_t>(size_bytes));
    records_.be<int8_t>(0);  // attributes
    records_.varlong(timestamp_delta);
    records_.varint(count_++);
    write(records_, input.key);
    write(records_, input.value);
    records_.varint(header_count);
    for (const HeaderView& header : input.headers) {
        write(records_, base::as_bytes(header.key));
        write(records_, header.value);
    }
}

base::Buffer BatchBuilder::build() {
    CHECK(count_ > 0);
    Compressor compressor;
    const base::Slice written = records_.finish();
    const Bytes records = compressor.compress(compression_, written.bytes());

    base::Buffer buffer = base::Buffer::allocate(kBatchHeaderBytes + records.size());
    std::byte* const header = buffer.writable_data();
    std::memset(header, 0, kBatchHeaderBytes);
    base::store_be(header + 12, kNoLeaderEpoch.value);
    base::store_be(header + 16, kBatchMagic);
    base::store_be(header + 23, count_ - 1);
    base::store_be(header + 27, base_timestamp_ms_);
    base::store_be(header + 35, max_timestamp_ms_);
    base::store_be(header + 43, producer_.id.value);
    base::store_be(header + 51, producer_.epoch.value);
    base::store_be(header + 53, producer_.base_sequence);
    base::store_be(header + 57, count_);
    std::memcpy(header + kBatchHeaderBytes, records.data(), records.size());
    assign_records(buffer.writable(), compression_);
    count_ = 0;
    return buffer;
}

}  // namespace polylog::model
