#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/aws/operation.h"
#include "protocol/aws/query_parameters.h"
#include "protocol/http/message.h"

namespace polylog::aws {

// In what an answer is written.
enum class AnswerForm : uint8_t {
    json,        // AWS JSON 1.0
    xml,         // Query
    query_json,  // Query, for those who accept JSON
};

// Which operation a request asks for, and what its address says. Known also for a request that is
// refused, as far as it goes: a refusal has to be written in some form too.
struct Route {
    Service service = Service::sqs;
    AnswerForm form = AnswerForm::xml;
    const Operation* operation = nullptr;  // null when refused
    std::string queue_url;                 // of a request to a queue's path; else empty
    QueryParameters parameters;            // of the Query protocol
    std::optional<Fault> refused;
};

// SQS developer guide, "Making Query API requests", "Making AWS JSON protocol requests":
//
//     X-Amz-Target: AmazonSQS.<operation>     JSON, whatever the path
//     ?Action=<operation>, or in a form       Query, by GET or POST, to "/" or to a queue's path
//
// One address serves both services: the version of the API, the scope of the credentials, or the
// operation's name tells which is meant.
Route find_route(const http::Request& request);

}  // namespace polylog::aws
