#pragma once

#include <cstdint>
#include <string_view>

namespace polylog::aws {

// What a request is addressed to. Both are served by one listener.
enum class Service : uint8_t {
    sqs,  // queues: JSON 1.0 and Query
    sns,  // topics with subscriptions: Query only
};

// As credential scopes and ARNs spell it.
constexpr std::string_view to_string(Service service) {
    return service == Service::sqs ? "sqs" : "sns";
}
// Of the elements in answers and errors in XML.
constexpr std::string_view xml_namespace(Service service) {
    return service == Service::sqs ? "http://queue.amazonaws.com/doc/2012-11-05/"
                                   : "http://sns.amazonaws.com/doc/2010-03-31/";
}

}  // namespace polylog::aws
