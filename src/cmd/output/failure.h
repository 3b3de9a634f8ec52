#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cmd/command.h"

namespace polylog::cmd {

// A failure as its users meet it: a code to search for, how the program ends, what it means and
// what to do.
struct FailureKind {
    std::optional<base::ErrorCode> error;  // that the code stands for by itself; absent: own codes
    std::string_view code;                 // "PL2031"; never reused for something else
    ExitStatus status;
    std::string_view meaning;  // what the code says by itself, one line
    std::string_view advice;   // a few lines, for `polylog explain`
    std::string_view hint;     // a command, a flag or a step that helps
};

// Codes of what only the program at this end can tell: a neutral error says too little.
inline constexpr std::string_view kCommandLineWrong = "PL1000";
inline constexpr std::string_view kSettingWrong = "PL8001";
inline constexpr std::string_view kExposureRefused = "PL8002";
inline constexpr std::string_view kAddressUnusable = "PL8003";
inline constexpr std::string_view kDataDirectoryUnusable = "PL8004";
inline constexpr std::string_view kStorageUnusable = "PL8005";
inline constexpr std::string_view kStopFailed = "PL8006";
inline constexpr std::string_view kOutputUnwritable = "PL8007";

// In the order of the codes. Every neutral error has one.
std::span<const FailureKind> failure_kinds();
const FailureKind& failure_kind(base::ErrorCode error);
// By code, in either letter case; null when there is none.
const FailureKind* find_failure_kind(std::string_view code);

// Something that a command could not do.
struct Failure {
    base::Error error;
    std::string at = {};         // "127.0.0.1:9092"
    std::string hint = {};       // instead of the kind's
    std::string_view code = {};  // one of the own codes above, instead of the error's

    const FailureKind& kind() const;
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
