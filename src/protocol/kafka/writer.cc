#include "protocol/kafka/writer.h"

#include <limits>

#include "base/varint.h"

namespace polylog::kafka {

void Writer::copy(base::Bytes bytes) {
    if (output_) {
        output_->append(bytes);
    } else {
        counted_bytes_ += bytes.size();
    }
}

void Writer::share(const base::Slice& bytes) {
    if (output_) {
        output_->append(bytes);
    } else {
        counted_bytes_ += bytes.size();
    }
}

void Writer::value(std::string_view text) {
    string_length(text.size());
    copy(base::as_bytes(text));
}

void Writer::value(const base::Slice& bytes) {
    long_length(bytes.size());
    share(bytes);
}

void Writer::value(const Records& records) {
    long_length(records.size_bytes());
    records.for_each_piece([this](const base::Slice& piece) { share(piece); });
}

void Writer::string_length(size_t length) {
    if (length > kMaxStringBytes) failed_ = true;
    if (flexible()) {
        unsigned_varint(static_cast<uint32_t>(length) + 1);
    } else {
        number(static_cast<int16_t>(length));
    }
}

void Writer::long_length(size_t length) {
    if (length > std::numeric_limits<int32_t>::max()) failed_ = true;
    if (flexible()) {
        unsigned_varint(static_cast<uint32_t>(length) + 1);
    } else {
        number(static_cast<int32_t>(length));
    }
}

void Writer::unsigned_varint(uint32_t number) {
    std::byte bytes[base::kMaxVarintBytes<uint32_t>];
    copy({bytes, base::encode_varint(bytes, number)});
}

void Writer::begin_tags() {
    if (tags_open_) return;
    tags_open_ = true;
    if (output_) {
        tag_count_ = output_->extend(1);
        *tag_count_ = std::byte{0};
    } else {
        counted_bytes_ += 1;
    }
}

}  // namespace polylog::kafka
