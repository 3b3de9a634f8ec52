#pragma once

#include <string>
#include <string_view>

#include "protocol/aws/messages/sqs_messages.h"

// What clients check a message by (SQS developer guide, "Calculating the MD5 message digest for
// message attributes"). Hexadecimal.
namespace polylog::aws {

std::string md5_of_body(std::string_view body);
// Of the attributes in the order of their names. Nothing for none.
std::optional<std::string> md5_of_attributes(const sqs::MessageAttributes& attributes);

}  // namespace polylog::aws
