#pragma once

#include <string>

#include "base/slice.h"
#include "base/uuid.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// An io that adds up the fewest bytes a message can take: empty strings and arrays, nulls, no tags.
// A Reader refuses an array whose elements could not fit in the bytes left, before allocating any.
class MinimumSize : public VersionedIo {
public:
    using VersionedIo::VersionedIo;

    // The fewest bytes one T takes.
    template <class T>
    static size_t of(int16_t version, bool flexible) {
        MinimumSize io(version, flexible);
        T example{};
        io.value(example);
        return io.size_bytes_;
    }

private:
    friend class VersionedIo;

    template <class T>
    void field(T& field, bool /*null_allowed*/) {
        if constexpr (!kIsOptional<T>) {
            value(field);
        } else if constexpr (Struct<typename T::value_type>) {
            size_bytes_ += 1;
        } else {
            typename T::value_type empty{};
            value(empty);
        }
    }
    void tagged(uint32_t, auto&, const auto&) {}

    void value(bool&) { size_bytes_ += 1; }
    template <Number T>
    void value(T&) {
        size_bytes_ += sizeof(T);
    }
    void value(base::Uuid&) { size_bytes_ += sizeof(base::Uuid); }
    void value(std::string_view&) { length(2); }
    void value(std::string&) { length(2); }
    void value(base::Slice&) { length(4); }
    void value(Records&) { length(4); }
    template <class T>
    void value(std::vector<T>&) {
        length(4);
    }
    template <Struct T>
    void value(T& fields) {
        fields.wire(*this);
        if (flexible()) size_bytes_ += 1;
    }
    void length(size_t classic_bytes) { size_bytes_ += flexible() ? 1 : classic_bytes; }

    size_t size_bytes_ = 0;
};

}  // namespace polylog::kafka
