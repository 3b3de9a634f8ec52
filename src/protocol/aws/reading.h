#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/aws/fault.h"

namespace polylog::aws {

// What the readers of one input share: whose it is, what the request's path says of it, and the
// first thing that is wrong with it.
class Reading {
public:
    // `queue_url`: that of the path the request was sent to; empty when it is none. It outlives
    // this.
    Reading(Service service, std::string_view queue_url)
        : service_(service), queue_url_(queue_url) {}

    bool failed() const { return fault_.has_value(); }
    // Only when it failed.
    Fault take_fault() { return *std::move(fault_); }

    // A member that the request's address stands in for: the queue's URL of the whole input.
    std::optional<std::string_view> implied(std::string_view path, std::string_view member) const {
        if (queue_url_.empty() || !path.empty() || member != "QueueUrl") return std::nullopt;
        return queue_url_;
    }

    void missing(std::string_view path);
    void malformed(std::string_view reason);
    // A parameter whose text is no value of its type.
    void invalid(std::string_view path, std::string_view text, std::string_view expected);

private:
    void fail(Fault fault) {
        if (!fault_) fault_ = std::move(fault);
    }

    const Service service_;
    const std::string_view queue_url_;
    std::optional<Fault> fault_;
};

// A decimal integer that fills all of `text`.
std::optional<int64_t> to_integer(std::string_view text);

}  // namespace polylog::aws
