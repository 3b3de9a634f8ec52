#pragma once

#include <string>
#include <string_view>

#include "protocol/aws/fault.h"
#include "protocol/aws/routing.h"
#include "protocol/http/message.h"

namespace polylog::aws {

// The answer to a request that was done; `body` is that of the form.
http::Response done(AnswerForm form, std::string body, std::string_view request_id);
// The answer to one that was refused, in the words of the service.
http::Response refused(const Fault& fault, Service service, AnswerForm form,
                       std::string_view request_id);

// What a client reads of a fault: its own message, or that of its kind.
std::string_view message_of(const Fault& fault, Service service, AnswerForm form);

}  // namespace polylog::aws
