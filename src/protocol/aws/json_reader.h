#pragma once

#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "base/json.h"
#include "protocol/aws/reading.h"
#include "protocol/aws/wire.h"

namespace polylog::aws {

// An io that fills a struct from a JSON object. Unknown members are skipped and null is the same
// as absent; numbers may be strings, which some clients send.
class JsonReader {
public:
    // `reading` outlives it.
    JsonReader(base::Json object, Reading& reading, std::string path = {})
        : object_(std::move(object)), reading_(reading), path_(std::move(path)) {}

    template <class T>
    JsonReader& operator()(const Member& member, T& field) {
        if (reading_.failed()) return *this;
        const auto value = object_.get_optional<base::Json>(member.name);
        if (!value) {
            reading_.malformed(value.error().detail());
        } else if (*value) {
            read(**value, path_ + std::string(member.name), field);
        } else if (const auto implied = reading_.implied(path_, member.name)) {
            assign_text(*implied, field);
        } else if (member.demanded) {
            reading_.missing(path_ + std::string(member.name));
        }
        return *this;
    }

private:
    void read(const base::Json& value, const std::string& path, std::string& field) {
        const auto text = value.as<std::string_view>();
        if (!text) return mistyped(path, "a string");
        field = *text;
    }
    template <Integer T>
    void read(const base::Json& value, const std::string& path, T& field) {
        std::optional<int64_t> number = value.as<int64_t>();
        if (const auto text = value.as<std::string_view>()) number = to_integer(*text);
        const bool fits = number && *number >= std::numeric_limits<T>::min() &&
                          *number <= std::numeric_limits<T>::max();
        if (!fits) return mistyped(path, "an integer");
        field = static_cast<T>(*number);
    }
    void read(const base::Json& value, const std::string& path, bool& field) {
        const auto boolean = value.as<bool>();
        if (!boolean) return mistyped(path, "true or false");
        field = *boolean;
    }
    void read(const base::Json& value, const std::string& path, Blob& field) {
        const auto text = value.as<std::string_view>();
        std::optional<std::string> bytes;
        if (text) bytes = base::base64_decode(*text);
        if (!bytes) return mistyped(path, "base64");
        field.bytes = std::move(*bytes);
    }
    template <class T>
    void read(const base::Json& value, const std::string& path, std::optional<T>& field) {
        read(value, path, field.emplace());
    }
    template <class T>
    void read(const base::Json& value, const std::string& path, std::vector<T>& field) {
        if (value.kind() != base::Json::Kind::array) return mistyped(path, "an array");
        field.reserve(value.size());
        for (const base::Json& element : value.elements()) {
            if (reading_.failed()) return;
            read(element, path + '.' + std::to_string(field.size() + 1), field.emplace_back());
        }
    }
    template <class T>
    void read(const base::Json& value, const std::string& path, StringMap<T>& field) {
        if (value.kind() != base::Json::Kind::object) return mistyped(path, "an object");
        for (const auto& [name, element] : value.members()) {
            if (reading_.failed()) return;
            read(element, path + '.' + std::string(name), field[std::string(name)]);
        }
    }
    template <Structure T>
    void read(const base::Json& value, const std::string& path, T& field) {
        if (value.kind() != base::Json::Kind::object) return mistyped(path, "an object");
        JsonReader inner(value, reading_, path + '.');
        field.wire(inner);
    }

    template <class T>
    static void assign_text(std::string_view text, T& field) {
        if constexpr (std::same_as<T, std::string>) field = text;
    }
    void mistyped(const std::string& path, std::string_view expected) {
        reading_.malformed(path + " is not " + std::string(expected));
    }

    const base::Json object_;
    Reading& reading_;
    const std::string path_;  // of the object in the input: "Entries.1."
};

}  // namespace polylog::aws
