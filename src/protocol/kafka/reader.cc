#include "protocol/kafka/reader.h"

#include <cstring>

namespace polylog::kafka {

void Reader::fail(const char* failure) {
    if (!failed()) failure_ = failure;
    rest_.fail();
}

void Reader::value(base::Uuid& uuid) {
    const base::Bytes bytes = rest_.take(uuid.bytes.size());
    if (!bytes.empty()) std::memcpy(uuid.bytes.data(), bytes.data(), bytes.size());
}

std::optional<size_t> Reader::compact_length() {
    const uint32_t length_plus_one = rest_.uvarint();
    if (failed()) return 0;
    if (length_plus_one == 0) return std::nullopt;
    return length_plus_one - 1;
}

std::optional<size_t> Reader::string_length() {
    if (flexible()) {
        const std::optional<size_t> length = compact_length();
        if (length > kMaxStringBytes) fail("a string beyond the protocol's limit");
        return length;
    }
    int16_t length = 0;
    value(length);
    if (length == -1) return std::nullopt;
    if (length < 0) fail("a negative string length");
    return failed() ? 0 : static_cast<size_t>(length);
}

std::optional<size_t> Reader::long_length() {
    if (flexible()) return compact_length();
    int32_t length = 0;
    value(length);
    if (length == -1) return std::nullopt;
    if (length < 0) fail("a negative length");
    return failed() ? 0 : static_cast<size_t>(length);
}

size_t Reader::present(std::optional<size_t> length) {
    if (!length) fail("null where the version has none");
    return length.value_or(0);
}

bool Reader::is_null(std::optional<size_t> length, bool null_allowed) {
    if (!length && !null_allowed) fail("null where the version has none");
    return !length;
}

void Reader::nullable(std::optional<std::string_view>& text, bool null_allowed) {
    const std::optional<size_t> length = string_length();
    if (is_null(length, null_allowed)) return text.reset();
    text = base::as_text(rest_.take(*length));
}

void Reader::nullable(std::optional<std::string>& text, bool null_allowed) {
    const std::optional<size_t> length = string_length();
    if (is_null(length, null_allowed)) return text.reset();
    text = base::as_text(rest_.take(*length));
}

void Reader::nullable(std::optional<base::Slice>& bytes, bool null_allowed) {
    const std::optional<size_t> length = long_length();
    if (is_null(length, null_allowed)) return bytes.reset();
    bytes = body_.around(rest_.take(*length));
}

void Reader::nullable(std::optional<Records>& records, bool null_allowed) {
    const std::optional<size_t> length = long_length();
    if (is_null(length, null_allowed)) return records.reset();
    records = Records(body_.around(rest_.take(*length)));
}

// KIP-482: a section is a count, then per entry its number (ascending), the size of its payload and
// the payload. An unknown number is a field of a newer peer and skipped.
bool Reader::find_tag(uint32_t number) {
    if (!tags_.open) {
        tags_.open = true;
        tags_.unread = rest_.uvarint();
        if (failed()) tags_.unread = 0;
        next_tag();
    }
    while (tags_.at_entry && tags_.number < number) {
        rest_.take(tags_.size_bytes);
        next_tag();
    }
    return tags_.at_entry && tags_.number == number;
}

void Reader::next_tag() {
    const bool first = !tags_.at_entry;
    const uint32_t previous = tags_.number;
    tags_.at_entry = false;
    if (failed() || tags_.unread == 0) return;
    tags_.unread--;
    tags_.number = rest_.uvarint();
    tags_.size_bytes = rest_.uvarint();
    if (!first && tags_.number <= previous) return fail("tagged fields that do not ascend");
    tags_.at_entry = !failed();
}

void Reader::skip_remaining_tags() {
    // No entry has the largest number and survives: finding it walks the whole section.
    while (find_tag(std::numeric_limits<uint32_t>::max())) {
        rest_.take(tags_.size_bytes);
        next_tag();
    }
}

}  // namespace polylog::kafka
