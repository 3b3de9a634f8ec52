#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/aws/service.h"

// How clients spell queues, topics and subscriptions: URLs and ARNs. Values without an owner;
// nothing here says whether what is named exists.
namespace polylog::aws {

// Whose something is and what it is called.
struct QueueAddress {
    std::string account;  // 12 digits
    std::string name;

    bool operator==(const QueueAddress&) const = default;
};

// Of the path "/000000000000/orders"; nothing on any other.
std::optional<QueueAddress> parse_queue_path(std::string_view path);
// Of "http://localhost:9324/000000000000/orders" with any scheme and authority, or of the path
// alone; nothing on anything else.
std::optional<QueueAddress> parse_queue_url(std::string_view url);
// `origin` is "http://localhost:9324".
std::string queue_url(std::string_view origin, const QueueAddress& queue);

// "arn:aws:sqs:us-east-1:000000000000:orders" (IAM user guide, "Amazon Resource Names"). A resource
// may have colons of its own, as a subscription's does: the topic's name and an id.
struct Arn {
    std::string partition = "aws";
    std::string service;
    std::string region;
    std::string account;
    std::string resource;

    // Nothing on text without all six parts; partition, service and resource are not empty.
    static std::optional<Arn> parse(std::string_view text);
    std::string to_string() const;
    bool operator==(const Arn&) const = default;
};

}  // namespace polylog::aws
