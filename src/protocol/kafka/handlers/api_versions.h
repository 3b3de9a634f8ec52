#pragma once

#include "protocol/kafka/call.h"
#include "protocol/kafka/messages/api_versions.h"

namespace polylog::kafka {

io::Task<ApiVersionsResponse> api_versions(Client& client, const Call& call,
                                           ApiVersionsRequest request);
// The answer to a version of ApiVersions that this broker does not speak: error 35 in version 0
// (KIP-511).
base::Result<Output> refuse_api_versions(const Call& call);

}  // namespace polylog::kafka
