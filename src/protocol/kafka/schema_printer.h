#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "protocol/kafka/member_names.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// An io that writes down what wire() says, one line per message and version, to be compared with
// the golden schema (test/golden/kafka_schema.txt):
//
//     group_id string, generation_id int32 = -1, group_instance_id string?, topics [name string,
//     tags], tags
//
// `?` may be null, [] array, {} struct, `= x` the default where it is not zero, `tags(n field ...)`
// the tag section with its known fields. Checks what wire() owes: tags last, and ascending.
class SchemaPrinter : public VersionedIo {
public:
    using VersionedIo::VersionedIo;

    // The schema of T in a version, without its name.
    template <Struct T>
    static std::string print(int16_t version, bool flexible) {
        SchemaPrinter io(version, flexible);
        io.fields(T{});
        return std::move(io.text_);
    }

private:
    friend class VersionedIo;

    template <class T>
    void field(const T& field, bool null_allowed) {
        CHECK(!tag_);
        separate();
        member(field, null_allowed);
    }
    template <class T>
    void tagged(uint32_t number, const T& target, const T& fallback) {
        CHECK(is_default(target, fallback));
        CHECK(!tag_ || number > *tag_);
        separate();
        if (!tag_) text_ += "tags(";
        tag_ = number;
        text_ += std::to_string(number) + ' ';
        member(target, true);
    }

    template <class T>
    void member(const T& field, bool null_allowed) {
        const std::string_view name = names_.at(&field);
        CHECK(name != "?");
        text_ += name;
        text_ += ' ';
        if (flexible_message_ && !flexible()) text_ += "classic ";
        if constexpr (kIsOptional<T>) {
            type(typename T::value_type{});
            if (null_allowed) text_ += '?';
        } else {
            type(field);
            initial(field);
        }
    }

    void type(bool) { text_ += "bool"; }
    void type(double) { text_ += "float64"; }
    template <Number T>
    void type(T) {
        if constexpr (std::is_enum_v<T>) {
            type(std::underlying_type_t<T>{});
        } else {
            text_ += std::is_signed_v<T> ? "int" : "uint";
            text_ += std::to_string(8 * sizeof(T));
        }
    }
    void type(const base::Uuid&) { text_ += "uuid"; }
    void type(std::string_view) { text_ += "string"; }
    void type(const std::string&) { text_ += "string"; }
    void type(const base::Slice&) { text_ += "bytes"; }
    void type(const Records&) { text_ += "records"; }
    template <class T>
    void type(const std::vector<T>&) {
        text_ += '[';
        if constexpr (Struct<T>) {
            fields(T{});
        } else {
            type(T{});
        }
        text_ += ']';
    }
    template <Struct T>
    void type(const T& nested) {
        text_ += '{';
        fields(nested);
        text_ += '}';
    }

    template <class T>
    void initial(const T& value) {
        if constexpr (std::same_as<T, bool>) {
            if (value) text_ += " = true";
        } else if constexpr (std::is_enum_v<T>) {
            initial(static_cast<std::underlying_type_t<T>>(value));
        } else if constexpr (Number<T>) {
            if (value != 0) text_ += " = " + std::to_string(value);
        }
    }

    template <Struct T>
    void fields(const T& example) {
        const MemberNames outer_names = std::exchange(names_, MemberNames::of(example));
        const bool outer_first = std::exchange(first_, true);
        const std::optional<uint32_t> outer_tag = std::exchange(tag_, std::nullopt);
        const_cast<T&>(example).wire(*this);  // wire() serves reading too; this io only looks
        if (flexible() && !tag_) {
            separate();
            text_ += "tags";
        } else if (tag_) {
            text_ += ')';
        }
        names_ = outer_names;
        first_ = outer_first;
        tag_ = outer_tag;
    }

    void separate() {
        if (!std::exchange(first_, false)) text_ += ", ";
    }

    std::string text_;
    MemberNames names_;
    bool first_ = true;            // no field of the struct at hand is printed yet
    std::optional<uint32_t> tag_;  // the last tagged field of the struct at hand
    bool flexible_message_ = flexible();
};

}  // namespace polylog::kafka
