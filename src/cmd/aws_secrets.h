#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "protocol/aws/front_end.h"

namespace polylog::cmd {

// Access keys as somebody has written them down: a line for each, "ID SECRET"; empty lines and
// those that begin with '#' are left out. Errors: invalid_config, with the line's number and
// nothing of its text.
base::Result<aws::AccessKeys> parse_access_keys(std::string_view text);
// Those of a file. Errors: io_failed, not_found, invalid_config.
base::Result<aws::AccessKeys> read_access_keys(const std::string& path);

// The key that makes receipt handles of this data directory: 32 random bytes in its file
// `receipt.key`, made when it is missing, for its owner alone. Durable when it returns; without the
// file handles of before are refused, and their messages come again. Errors: io_failed, corrupt.
base::Result<base::Secret> receipt_key_of(const std::string& data_dir);

}  // namespace polylog::cmd
