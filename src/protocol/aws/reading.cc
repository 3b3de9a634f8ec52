#include "protocol/aws/reading.h"

#include <fmt/format.h>

#include <charconv>

namespace polylog::aws {

namespace {

// The framework under SNS names members as its own code does: "topicArn".
std::string lower_first(std::string_view name) {
    std::string text(name);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') {
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    }
    return text;
}

}  // namespace

void Reading::missing(std::string_view path) {
    if (service_ == Service::sqs) {
        return fail({FaultKind::missing_parameter,
                     fmt::format("The request must contain the parameter {}.", path)});
    }
    fail({FaultKind::validation_error,
          fmt::format("1 validation error detected: Value null at '{}' failed to satisfy "
                      "constraint: Member must not be null",
                      lower_first(path))});
}

void Reading::malformed(std::string_view reason) {
    fail({FaultKind::malformed_input, std::string(reason)});
}

void Reading::invalid(std::string_view path, std::string_view text, std::string_view expected) {
    fail({FaultKind::invalid_parameter_value,
          fmt::format("Value {} for parameter {} is invalid. Reason: Must be {}.", text, path,
                      expected)});
}

std::optional<int64_t> to_integer(std::string_view text) {
    int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

}  // namespace polylog::aws
