#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/result.h"
#include "protocol/kafka/errors.h"

namespace polylog::client {

// What a broker's answer means in neutral words: the reverse of kafka::to_api_error, as far as one
// exists. The detail is the broker's own message, or the code's description when it sent none; a
// code without a neutral counterpart becomes `internal` with the code's name in the detail.
base::Error to_error(kafka::ApiError code, std::string message = {});

// The answer's error as a result.
base::Result<void> check(kafka::ApiError code, const std::optional<std::string>& message = {});

// True when the same request may succeed later, perhaps at another broker: leadership moves,
// coordinators load, quotas recover, connections break.
bool is_retriable(base::ErrorCode code);
// True when the client's picture of who leads what, or who coordinates, is out of date.
bool is_stale_metadata(base::ErrorCode code);

}  // namespace polylog::client
