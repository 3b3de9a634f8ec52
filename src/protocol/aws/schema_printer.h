#pragma once

#include <string>
#include <string_view>

#include "protocol/aws/wire.h"

namespace polylog::aws {

// An io that writes down what wire() says, to be compared with the golden schema
// (test/golden/aws_schema.txt):
//
//     QueueUrl* string, Attributes@Attribute.Name.Value {string}, Entries*@Entry [{Id* string}]
//
// `*` is required, `@` the name in the Query form where it differs or the member is flat, `.Name
// .Value` what keys and values of maps are called, `[]` a list, `{string}` a map, `{...}` a
// structure.
class SchemaPrinter {
public:
    template <Structure T>
    static std::string print() {
        SchemaPrinter io;
        T{}.wire(io);
        return std::move(io.text_);
    }

    template <class T>
    SchemaPrinter& operator()(const Member& member, const T&) {
        if (!text_.empty()) text_ += ", ";
        text_ += member.name;
        if (member.required) text_ += '*';
        const bool flat = member.form == Member::Form::flat_list ||
                          member.form == Member::Form::flat_map;
        if (flat) {
            text_ += '@';
            text_ += member.query;
        }
        if (!member.key.empty()) {
            text_ += '.';
            text_ += member.key;
            text_ += '.';
            text_ += member.value;
        }
        text_ += ' ';
        text_ += type<T>();
        return *this;
    }

private:
    template <class T>
    static std::string type() {
        if constexpr (kIsOptional<T>) {
            return type<typename T::value_type>();
        } else if constexpr (kIsList<T>) {
            return '[' + type<typename T::value_type>() + ']';
        } else if constexpr (kIsMap<T>) {
            return "{" + type<typename T::mapped_type>() + '}';
        } else if constexpr (Structure<T>) {
            return '{' + print<T>() + '}';
        } else if constexpr (std::same_as<T, std::string>) {
            return "string";
        } else if constexpr (std::same_as<T, bool>) {
            return "boolean";
        } else if constexpr (std::same_as<T, Blob>) {
            return "blob";
        } else if constexpr (std::same_as<T, int32_t>) {
            return "integer";
        } else {
            static_assert(std::same_as<T, int64_t>);
            return "long";
        }
    }

    std::string text_;
};

}  // namespace polylog::aws
