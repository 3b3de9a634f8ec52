#pragma once

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "protocol/aws/query_parameters.h"
#include "protocol/aws/reading.h"
#include "protocol/aws/wire.h"

namespace polylog::aws {

// An io that fills a struct from the parameters of a Query request. Unknown parameters are skipped.
// A list without elements cannot be written in this form, so its absence is the empty list.
class QueryReader {
public:
    // Both outlive it.
    QueryReader(const QueryParameters& parameters, Reading& reading, std::string path = {})
        : parameters_(parameters), reading_(reading), path_(std::move(path)) {}

    template <class T>
    QueryReader& operator()(const Member& member, T& field) {
        if (reading_.failed()) return *this;
        const std::string name = path_ + std::string(member.query);
        if constexpr (kIsList<T>) {
            read_list(member, name, field);
        } else if constexpr (kIsMap<T>) {
            read_map(member, name, field);
        } else if (read(name, field)) {
            return *this;
        } else if (const auto implied = reading_.implied(path_, member.name)) {
            if constexpr (std::same_as<T, std::string>) field = *implied;
        } else if (member.demanded) {
            reading_.missing(name);
        }
        return *this;
    }

private:
    // Whether there is such a parameter, or something below it.
    bool read(const std::string& name, std::string& field) {
        const auto text = parameters_.find(name);
        if (text) field = *text;
        return text.has_value();
    }
    template <Integer T>
    bool read(const std::string& name, T& field) {
        const auto text = parameters_.find(name);
        if (!text) return false;
        const auto number = to_integer(*text);
        if (number && *number >= std::numeric_limits<T>::min() &&
            *number <= std::numeric_limits<T>::max()) {
            field = static_cast<T>(*number);
        } else {
            reading_.invalid(name, *text, "an integer");
        }
        return true;
    }
    bool read(const std::string& name, bool& field) {
        const auto text = parameters_.find(name);
        if (!text) return false;
        field = *text == "true" || *text == "True" || *text == "1";
        const bool valid = field || *text == "false" || *text == "False" || *text == "0";
        if (!valid) reading_.invalid(name, *text, "true or false");
        return true;
    }
    bool read(const std::string& name, Blob& field) {
        const auto text = parameters_.find(name);
        if (!text) return false;
        if (auto bytes = base::base64_decode(*text)) {
            field.bytes = std::move(*bytes);
        } else {
            reading_.invalid(name, *text, "base64");
        }
        return true;
    }
    template <class T>
    bool read(const std::string& name, std::optional<T>& field) {
        T value{};
        const bool found = read(name, value);
        if (found) field = std::move(value);
        return found;
    }
    template <Structure T>
    bool read(const std::string& name, T& field) {
        if (!parameters_.has_below(name)) return false;
        QueryReader inner(parameters_, reading_, name + '.');
        field.wire(inner);
        return true;
    }

    template <class T>
    void read_list(const Member& member, std::string name, std::vector<T>& field) {
        if (member.form == Member::Form::list) name += ".member";
        for (const uint32_t index : parameters_.indices(name)) {
            if (reading_.failed()) return;
            read(fmt::format("{}.{}", name, index), field.emplace_back());
        }
        // Old clients leave the index of a single element out; an empty one stands for no element.
        if (!field.empty() || parameters_.find(name).value_or("").empty()) return;
        read(name, field.emplace_back());
    }

    template <class T>
    void read_map(const Member& member, std::string name, StringMap<T>& field) {
        if (member.form == Member::Form::map) name += ".entry";
        for (const uint32_t index : parameters_.indices(name)) {
            if (reading_.failed()) return;
            read_entry(member, fmt::format("{}.{}", name, index), field);
        }
        if (field.empty()) read_entry(member, name, field);  // likewise
    }
    template <class T>
    void read_entry(const Member& member, const std::string& name, StringMap<T>& field) {
        const auto key = parameters_.find(fmt::format("{}.{}", name, member.key));
        if (!key) return;
        read(fmt::format("{}.{}", name, member.value), field[std::string(*key)]);
    }

    const QueryParameters& parameters_;
    Reading& reading_;
    const std::string path_;  // of the structure in the input: "SendMessageBatchRequestEntry.1."
};

}  // namespace polylog::aws
