#pragma once

#include <bit>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/slice.h"
#include "base/uuid.h"
#include "protocol/kafka/output.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// An io that appends a message to an Output. Tagged fields at their default are left out. Fails
// only on a string, array or byte sequence longer than its length field can say, after which the
// output is useless.
class Writer : public VersionedIo {
public:
    Writer(Output& output, int16_t version, bool flexible)
        : VersionedIo(version, flexible), output_(&output) {}

    // Appends a whole message: its fields and, in a flexible version, its tag section.
    template <Struct T>
    void message(const T& fields) {
        value(fields);
    }

    bool failed() const { return failed_; }

private:
    friend class VersionedIo;

    // A Writer that only counts, for the size that precedes a tagged field.
    Writer(int16_t version, bool flexible) : VersionedIo(version, flexible), output_(nullptr) {}

    template <class T>
    void field(const T& field, bool null_allowed) {
        if constexpr (!kIsOptional<T>) {
            value(field);
        } else {
            using Value = typename T::value_type;
            if constexpr (Struct<Value>) number(static_cast<int8_t>(field ? 1 : -1));
            if (field) {
                value(*field);
            } else if (!null_allowed) {
                value(Value{});
            } else if constexpr (!Struct<Value>) {
                null_length<Value>();
            }
        }
    }
    template <class T>
    void tagged(uint32_t number, const T& target, const T& fallback) {
        if (is_default(target, fallback)) return;
        begin_tags();
        if (tag_count_) *tag_count_ = static_cast<std::byte>(static_cast<uint8_t>(*tag_count_) + 1);
        Writer counter(version(), flexible());
        counter.field(target, true);
        unsigned_varint(number);
        unsigned_varint(static_cast<uint32_t>(counter.counted_bytes_));
        field(target, true);
    }

    void value(bool flag) { number(static_cast<uint8_t>(flag)); }
    template <Number T>
    void value(T field) {
        if constexpr (std::is_enum_v<T>) {
            number(static_cast<std::underlying_type_t<T>>(field));
        } else if constexpr (std::same_as<T, double>) {
            number(std::bit_cast<uint64_t>(field));
        } else {
            number(field);
        }
    }
    void value(const base::Uuid& uuid) { copy(std::as_bytes(std::span(uuid.bytes))); }
    void value(std::string_view text);
    void value(const std::string& text) { value(std::string_view(text)); }
    void value(const base::Slice& bytes);
    void value(const Records& records);
    template <class T>
    void value(const std::vector<T>& array) {
        long_length(array.size());
        for (const T& element : array) value(element);
    }
    template <Struct T>
    void value(const T& fields) {
        std::byte* outer_count = std::exchange(tag_count_, nullptr);
        const bool outer_open = std::exchange(tags_open_, false);
        // wire() serves reading and writing alike, so it takes its fields as mutable; this io only
        // reads them.
        const_cast<T&>(fields).wire(*this);
        if (flexible()) begin_tags();
        tag_count_ = outer_count;
        tags_open_ = outer_open;
    }

    template <std::integral T>
    void number(T number) {
        if (output_) {
            output_->append_be(number);
        } else {
            counted_bytes_ += sizeof(T);
        }
    }
    template <class T>
    void null_length() {
        if (flexible()) {
            number(uint8_t{0});
        } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
            number(int16_t{-1});
        } else {
            number(int32_t{-1});
        }
    }
    void copy(base::Bytes bytes);
    void share(const base::Slice& bytes);
    // Lengths of what is not null: of strings, and of bytes, records and arrays.
    void string_length(size_t length);
    void long_length(size_t length);
    void unsigned_varint(uint32_t number);
    // Starts the struct's tag section with a count of zero, unless it is started.
    void begin_tags();

    Output* output_;            // nullptr: counting only
    size_t counted_bytes_ = 0;  // what would have been written
    bool failed_ = false;
    bool tags_open_ = false;          // the struct at hand has its tag count
    std::byte* tag_count_ = nullptr;  // where; one byte, since no struct has 128 tagged fields
};

}  // namespace polylog::kafka
