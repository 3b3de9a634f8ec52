#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.h"
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
        json_.key(names_.at(&field));
        if constexpr (!kIsOptional<T>) {
            value(field);
        } else if (field) {
            value(*field);
        } else {
            json_.null();
        }
    }
    template <class T>
    void tagged(uint32_t, const T& target, const T& fallback) {
        if (!is_default(target, fallback)) field(target, true);
    }

    void value(bool flag) { json_.value(flag); }
    template <Number T>
    void value(T number) {
        if constexpr (std::is_enum_v<T>) {
            json_.value(static_cast<std::underlying_type_t<T>>(number));
        } else {
            json_.value(number);
        }
    }
    void value(ApiError error);
    void value(const base::Uuid& uuid) { json_.value(uuid.to_base64()); }
    void value(std::string_view text) { json_.value(text); }
    void value(const std::string& text) { json_.value(text); }
    void value(const base::Slice& bytes) { count(bytes.size(), "bytes"); }
    void value(const Records& records) { count(records.size_bytes(), "bytes"); }
    template <class T>
    void value(const std::vector<T>& array) {
        json_.begin_array();
        for (const T& element : std::span(array).first(std::min(array.size(), kElementsShown))) {
            value(element);
        }
        if (array.size() > kElementsShown) count(array.size() - kElementsShown, "more");
        json_.end_array();
    }
    template <Struct T>
    void value(const T& fields) {
        const MemberNames outer = std::exchange(names_, MemberNames::of(fields));
        json_.begin_object();
        const_cast<T&>(fields).wire(*this);  // wire() serves reading too; this io only looks
        json_.end_object();
        names_ = outer;
    }

    // "<number> <of what>"
    void count(size_t number, std::string_view of_what);

    base::JsonWriter json_;
    MemberNames names_;  // of the struct at hand
};

}  // namespace polylog::kafka
