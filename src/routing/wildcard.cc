#include "routing/wildcard.h"

#include <cstring>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace polylog::routing {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// Where `piece` first is in `text`. Unlike std::string_view::find, memmem is linear on any input.
size_t find(std::string_view text, std::string_view piece) {
    const void* at = ::memmem(text.data(), text.size(), piece.data(), piece.size());
    if (at == nullptr) return std::string_view::npos;
    return static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

}  // namespace

Result<Wildcard> Wildcard::parse(std::string_view pattern) {
    Wildcard wildcard;
    std::string piece;
    for (size_t at = 0; at < pattern.size(); ++at) {
        const std::string_view rest = pattern.substr(at);
        if (rest.front() == '\\') {
            if (!rest.starts_with("\\*") && !rest.starts_with("\\\\")) {
                return fail(ErrorCode::invalid_request,
                            fmt::format("Invalid escape character at pos {}", at + 1));
            }
            piece += rest[1];
            ++at;
        } else if (rest.starts_with("**")) {
            return fail(ErrorCode::invalid_request,
                        fmt::format("Consecutive wildcard characters at pos {}", at + 1));
        } else if (rest.front() == '*') {
            wildcard.pieces_.push_back(std::exchange(piece, {}));
        } else {
            piece += rest.front();
        }
    }
    wildcard.pieces_.push_back(std::move(piece));
    return wildcard;
}

bool Wildcard::matches(std::string_view text) const {
    const std::string& first = pieces_.front();
    if (pieces_.size() == 1) return text == first;
    const std::string& last = pieces_.back();
    if (text.size() < first.size() + last.size()) return false;
    if (!text.starts_with(first) || !text.ends_with(last)) return false;
    text.remove_prefix(first.size());
    text.remove_suffix(last.size());
    // The leftmost place for each piece leaves the most room for the next.
    for (const std::string& piece : std::span(pieces_).subspan(1, pieces_.size() - 2)) {
        const size_t at = find(text, piece);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + piece.size());
    }
    return true;
}

}  // namespace polylog::routing
