#include "base/secret.h"

#include <cstring>

namespace polylog::base {

Secret::~Secret() {
    // Not memset, which the compiler may drop because nobody reads the bytes afterwards.
    if (text_) explicit_bzero(text_.writable_data(), text_.size());
}

bool Secret::equals(std::string_view candidate) const {
    const std::string_view text = reveal();
    if (text.size() != candidate.size()) return false;
    unsigned difference = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        difference |= static_cast<unsigned>(text[i] ^ candidate[i]);
    }
    return difference == 0;
}

}  // namespace polylog::base
