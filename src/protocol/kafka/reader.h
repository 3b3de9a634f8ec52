#pragma once

#include <bit>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "protocol/kafka/minimum_size.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// An io that fills a message from bytes of the network. Total: whatever the bytes, it stops inside
// them. The first thing that cannot be is remembered, everything after it reads as its default, and
// the caller asks failed() once at the end. Strings, bytes and records are views into the body; an
// array is allocated only if the bytes left could hold its elements, within kMaxDecodedBytes.
class Reader : public VersionedIo {
public:
    // Bound on the memory of all arrays of one message: a million partitions fit. A hundred MiB of
    // empty elements would ask for twenty times their size otherwise.
    static constexpr size_t kMaxDecodedBytes = 64 * 1024 * 1024;
    // Bound on the elements of all arrays of one request, whose every element asks for work: all
    // partitions that a broker has by default, each under a topic of its own (limits.topics_max,
    // limits.partitions_max), are 200,000.
    static constexpr size_t kMaxRequestElements = size_t{1} << 18;

    Reader(base::Slice body, int16_t version, bool flexible, size_t elements_max = SIZE_MAX)
        : VersionedIo(version, flexible),
          body_(std::move(body)),
          rest_(body_.bytes()),
          elements_left_(elements_max) {}

    // Reads a whole message: its fields and, in a flexible version, its tag section.
    template <Struct T>
    void message(T& fields) {
        value(fields);
    }

    bool failed() const { return !rest_.ok(); }
    // What is wrong with the bytes, for the log, once failed().
    const char* failure() const { return failure_; }
    size_t bytes_left() const { return rest_.remaining(); }

private:
    friend class VersionedIo;

    // Where the tag section of the struct at hand stands.
    struct Tags {
        bool open = false;
        uint32_t unread = 0;    // entries after the current one
        bool at_entry = false;  // `number` and `size_bytes` describe an entry whose payload is next
        uint32_t number = 0;
        uint32_t size_bytes = 0;
    };

    template <class T>
    void field(T& field, bool null_allowed) {
        if constexpr (kIsOptional<T>) {
            nullable(field, null_allowed);
        } else {
            value(field);
        }
    }
    template <class T>
    void tagged(uint32_t number, T& target, const T& /*fallback*/) {
        if (!find_tag(number)) return;
        const base::Bytes payload = rest_.take(tags_.size_bytes);
        base::ByteReader after = std::exchange(rest_, base::ByteReader(payload));
        field(target, true);
        if (bytes_left() > 0) fail("a tagged field of another size than announced");
        if (failed()) after.fail();
        rest_ = after;
        next_tag();
    }

    void value(bool& flag) {
        uint8_t byte = 0;
        value(byte);
        flag = byte != 0;
    }
    template <Number T>
    void value(T& number) {
        if constexpr (std::is_enum_v<T>) {
            number = static_cast<T>(rest_.be<std::underlying_type_t<T>>());
        } else if constexpr (std::same_as<T, double>) {
            number = std::bit_cast<double>(rest_.be<uint64_t>());
        } else {
            number = rest_.be<T>();
        }
    }
    void value(base::Uuid& uuid);
    void value(std::string_view& text) {
        text = base::as_text(rest_.take(present(string_length())));
    }
    void value(std::string& text) { text = base::as_text(rest_.take(present(string_length()))); }
    void value(base::Slice& bytes) { bytes = body_.around(rest_.take(present(long_length()))); }
    void value(Records& records) {
        records = Records(body_.around(rest_.take(present(long_length()))));
    }
    template <class T>
    void value(std::vector<T>& array) {
        elements(array, present(long_length()));
    }
    template <Struct T>
    void value(T& fields) {
        const Tags outer = std::exchange(tags_, Tags{});
        fields.wire(*this);
        if (flexible()) skip_remaining_tags();
        tags_ = outer;
    }

    void nullable(std::optional<std::string_view>& text, bool null_allowed);
    void nullable(std::optional<std::string>& text, bool null_allowed);
    void nullable(std::optional<base::Slice>& bytes, bool null_allowed);
    void nullable(std::optional<Records>& records, bool null_allowed);
    template <class T>
    void nullable(std::optional<std::vector<T>>& array, bool null_allowed) {
        const std::optional<size_t> count = long_length();
        if (is_null(count, null_allowed)) return array.reset();
        elements(array.emplace(), *count);
    }
    template <Struct T>
    void nullable(std::optional<T>& fields, bool null_allowed) {
        int8_t marker = -1;  // -1 null, 1 present
        value(marker);
        if (marker < 0 ? !null_allowed : marker != 1) fail("a malformed nullable struct");
        if (failed() || marker < 0) return fields.reset();
        value(fields.emplace(T{}));
    }

    template <class T>
    void elements(std::vector<T>& array, size_t count) {
        if (failed()) return;
        if (count > bytes_left() / MinimumSize::of<T>(version(), flexible())) {
            return fail("an array longer than the message");
        }
        if (count > (kMaxDecodedBytes - decoded_bytes_) / sizeof(T)) {
            return fail("arrays beyond the memory bound of one message");
        }
        if (count > elements_left_) return fail("more entries than one request may have");
        elements_left_ -= count;
        decoded_bytes_ += count * sizeof(T);
        array.resize(count);
        for (T& element : array) {
            if (failed()) return;
            value(element);
        }
    }

    // Lengths of strings, and of bytes, records and arrays; nullopt is null.
    std::optional<size_t> string_length();
    std::optional<size_t> long_length();
    std::optional<size_t> compact_length();
    // The length, which must not be null.
    size_t present(std::optional<size_t> length);
    bool is_null(std::optional<size_t> length, bool null_allowed);

    // Goes forward to the entry with this number, skipping smaller ones. False if there is none.
    bool find_tag(uint32_t number);
    void next_tag();
    void skip_remaining_tags();

    void fail(const char* failure);

    base::Slice body_;
    base::ByteReader rest_;  // of the body, or of the tagged field being read
    const char* failure_ = "it ends early or holds a malformed number";
    size_t decoded_bytes_ = 0;
    size_t elements_left_;
    Tags tags_;
};

}  // namespace polylog::kafka
