#pragma once

#include <vector>

#include "base/result.h"
#include "client/producer.h"
#include "cmd/command.h"
#include "cmd/verbs/session.h"

namespace polylog::cmd {

// The options of every command that writes records, and what they say.
std::vector<Option> producer_options();
// Error: invalid_request.
base::Result<client::ProducerSettings> producer_settings(const Session& session);

}  // namespace polylog::cmd
