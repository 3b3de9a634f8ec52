#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/slice.h"
#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/member_names.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// An io that describes a message as JSON, for logs and debugging: the fields of the version at hand
// under their names, error codes by name, tagged fields at their default left out. Bytes and
// records appear as their size only: they are long, and authentication tokens travel in them. Long
// arrays are cut.
class JsonDumper : public VersionedIo {
public:
    static constexpr size_t kElementsShown = 32;

    JsonDumper(std::string& json, int16_t version, bool flexible)
        : VersionedIo(version, flexible), json_(json) {}

    // Appends a whole message as one JSON object.
    template <Struct T>
    void message(const T& fields) {
        value(fields);
    }

private:
    friend class VersionedIo;

    template <class T>
    void field(const T& field, bool /*null_allowed*/) {
        key(names_.at(&field));
        if constexpr (!kIsOptional<T>) {
            value(field);
        } else if (field) {
            value(*field);
        } else {
            json_ += "null";
        }
    }
    template <class T>
    void tagged(uint32_t, const T& target, const T& fallback) {
        if (!is_default(target, fallback)) field(target, true);
    }

    void value(bool flag) { json_ += flag ? "true" : "false"; }
    template <Number T>
    void value(T number) {
        if constexpr (std::is_enum_v<T>) {
            json_ += std::to_string(static_cast<std::underlying_type_t<T>>(number));
        } else {
            json_ += std::to_string(number);
        }
    }
    void value(ApiError error);
    void value(const base::Uuid& uuid);
    void value(std::string_view text);
    void value(const std::string& text) { value(std::string_view(text)); }
    void value(const base::Slice& bytes) { size(bytes.size()); }
    void value(const Records& records) { size(records.size_bytes()); }
    template <class T>
    void value(const std::vector<T>& array) {
        json_ += '[';
        for (size_t index = 0; index < array.size(); ++index) {
            if (index > 0) json_ += ',';
            if (index == kElementsShown) {
                more(array.size() - index);
                break;
            }
            value(array[index]);
        }
        json_ += ']';
    }
    template <Struct T>
    void value(const T& fields) {
        const MemberNames outer = std::exchange(names_, MemberNames::of(fields));
        const bool outer_first = std::exchange(first_, true);
        json_ += '{';
        const_cast<T&>(fields).wire(*this);  // wire() serves reading too; this io only looks
        json_ += '}';
        names_ = outer;
        first_ = outer_first;
    }

    void key(std::string_view name);
    void size(size_t size_bytes);
    void more(size_t elements);

    std::string& json_;
    MemberNames names_;
    bool first_ = true;  // no field of the object at hand is written yet
};

}  // namespace polylog::kafka
