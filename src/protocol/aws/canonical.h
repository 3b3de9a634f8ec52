#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/aws/signature.h"
#include "protocol/http/message.h"

// The one spelling of a request that both sides hash (IAM user guide, "Create a canonical
// request"), for signature.cc.
namespace polylog::aws {

// Normalised, and encoded once more than it was sent.
std::string canonical_path(std::string_view path);
// Decoded, encoded in one way, and sorted; without the signature itself.
std::string canonical_query(std::string_view query);
// The signed headers, one line each.
std::string canonical_headers(const http::Request& request, const Signature& signature);

// Of "host;x-amz-date".
std::vector<std::string_view> split_names(std::string_view signed_headers);

}  // namespace polylog::aws
