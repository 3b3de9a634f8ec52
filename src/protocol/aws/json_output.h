#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/json_writer.h"
#include "protocol/aws/wire.h"

namespace polylog::aws {

// An io that writes a struct as JSON. What is not given, and what is empty, is left out.
class JsonOutput {
public:
    // How maps are written: the answers of the Query protocol in JSON have a list of their entries,
    // [{"Name": ..., "Value": ...}].
    enum class Maps : bool { objects, lists };

    JsonOutput(base::JsonWriter& json, Maps maps) : json_(json), maps_(maps) {}

    template <class T>
    JsonOutput& operator()(const Member& member, const T& field) {
        if constexpr (kIsList<T> || kIsMap<T>) {
            if (field.empty() && !member.always) return *this;
        }
        if constexpr (kIsOptional<T>) {
            if (field) {
                json_.key(member.name);
                write(member, *field);
            }
        } else {
            json_.key(member.name);
            write(member, field);
        }
        return *this;
    }

    template <Structure T>
    void object(const T& value) {
        json_.begin_object();
        // wire() serves the readers too, which fill in what they name. An output only looks.
        const_cast<T&>(value).wire(*this);
        json_.end_object();
    }

private:
    template <class T>
    void write(const Member& member, const T& field) {
        if constexpr (kIsList<T>) {
            json_.begin_array();
            for (const auto& element : field) write(member, element);
            json_.end_array();
        } else if constexpr (kIsMap<T>) {
            write_map(member, field);
        } else if constexpr (std::same_as<T, Blob>) {
            json_.value(base::base64_encode(base::as_bytes(field.bytes)));
        } else if constexpr (Structure<T>) {
            object(field);
        } else {
            json_.value(field);
        }
    }

    template <class T>
    void write_map(const Member& member, const StringMap<T>& field) {
        if (maps_ == Maps::objects) {
            json_.begin_object();
            for (const auto& [name, value] : field) {
                json_.key(name);
                write(member, value);
            }
            json_.end_object();
            return;
        }
        json_.begin_array();
        for (const auto& [name, value] : field) {
            json_.begin_object().field(member.key, name).key(member.value);
            write(member, value);
            json_.end_object();
        }
        json_.end_array();
    }

    base::JsonWriter& json_;
    const Maps maps_;
};

}  // namespace polylog::aws
