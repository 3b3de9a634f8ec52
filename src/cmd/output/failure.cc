#include "cmd/output/failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/json_writer.h"

namespace polylog::cmd {

namespace {

std::string message_of(const Failure& failure) {
    const std::string_view detail = failure.error.detail();
    return std::string(detail.empty() ? failure.kind().meaning : detail);
}

std::string_view hint_of(const Failure& failure) {
    return failure.hint.empty() ? failure.kind().hint : std::string_view(failure.hint);
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
        return std::toupper(x) == std::toupper(y);
    });
}

}  // namespace

const FailureKind& failure_kind(base::ErrorCode error) {
    const auto found = std::ranges::find(failure_kinds(), error, &FailureKind::error);
    CHECK(found != failure_kinds().end());
    return *found;
}

const FailureKind* find_failure_kind(std::string_view code) {
    const auto found = std::ranges::find_if(failure_kinds(), [&](const FailureKind& kind) {
        return equal_but_for_case(kind.code, code);
    });
    return found == failure_kinds().end() ? nullptr : &*found;
}

const FailureKind& Failure::kind() const {
    if (code.empty()) return failure_kind(error.code());
    const FailureKind* own = find_failure_kind(code);
    CHECK(own);
    return *own;
}

std::string to_text(const Failure& failure) {
    const FailureKind& kind = failure.kind();
    std::string out = fmt::format("error[{}]: {}\n", kind.code, message_of(failure));
    if (!failure.at.empty()) out += fmt::format("  at: {}\n", failure.at);
    out += fmt::format("  hint: {}\n", hint_of(failure));
    out += fmt::format("  docs: polylog explain {}\n", kind.code);
    return out;
}

std::string to_json(const Failure& failure) {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object().key("error").begin_object();
    json.field("code", failure.kind().code);
    json.field("message", message_of(failure));
    if (!failure.at.empty()) json.field("at", failure.at);
    json.field("hint", hint_of(failure));
    json.field("cause", base::to_string(failure.error.code()));
    json.end_object().end_object();
    return out + "\n";
}

}  // namespace polylog::cmd
