#pragma once

#include <string_view>
#include <utility>

#include "base/slice.h"

namespace polylog::base {

// A password, key or token. It has no formatter, no stream operator and no conversion to text, so
// that it cannot reach a log, an error or an answer by accident. Each copy's memory is wiped when
// it goes.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view text) : text_(Buffer::copy_of(as_bytes(text))) {}
    Secret(const Secret& other) : Secret(other.reveal()) {}
    Secret(Secret&& other) noexcept = default;
    Secret& operator=(Secret other) noexcept {
        std::swap(text_, other.text_);
        return *this;
    }
    ~Secret();

    bool empty() const { return text_.size() == 0; }
    // The text itself, for the one place that needs it; valid as long as this object.
    std::string_view reveal() const { return as_text(text_.bytes()); }
    // Takes the same time wherever the texts differ: only the secret's length can be learnt from
    // it.
    bool equals(std::string_view candidate) const;

private:
    Buffer text_;  // never shared
};

}  // namespace polylog::base
