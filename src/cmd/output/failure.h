#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cmd/command.h"

namespace polylog::cmd {

// Each neutral error as its users meet it: a code to search for, how the program ends, what it
// means and what to do.
struct FailureKind {
    base::ErrorCode error;
    std::string_view code;  // "PL2031"; never reused for something else
    ExitStatus status;
    std::string_view meaning;    // what the code says by itself, one line
    std::string_view advice;     // a few lines, for `polylog explain`
    std::string_view hint = {};  // a command or a flag that helps
};

// In the order of the codes. Every neutral error has one.
std::span<const FailureKind> failure_kinds();
const FailureKind& failure_kind(base::ErrorCode error);
// By code, in either letter case; null when there is none.
const FailureKind* find_failure_kind(std::string_view code);

// Something that a command could not do.
struct Failure {
    base::Error error;
    std::string at = {};    // "127.0.0.1:9092"
    std::string hint = {};  // instead of the kind's
};

// For a person:
//     error[PL2031]: topic 'ordres' does not exist
//       at: 127.0.0.1:9092
//       hint: did you mean 'orders'?
//       docs: polylog explain PL2031
// or as one line of JSON:
// {"error":{"code":"PL2031","message":...,"hint":...,"cause":"unknown_topic"}}.
std::string to_text(const Failure& failure);
std::string to_json(const Failure& failure);

}  // namespace polylog::cmd
