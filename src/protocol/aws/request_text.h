#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "protocol/http/request_parser.h"

// For tests: requests as clients write them.
namespace polylog::aws {

// `head` is the request line and headers, each with its line end; Host and the length are added.
inline http::Request request_of(std::string_view head, std::string_view body = "",
                                std::string_view host = "localhost:9324") {
    http::RequestParser parser(
        {.head_max_bytes = 1 << 16, .headers_max = 100, .body_max_bytes = 1 << 20});
    parser.consume(
        fmt::format("{}Host: {}\r\nContent-Length: {}\r\n\r\n{}", head, host, body.size(), body));
    EXPECT_TRUE(parser.complete()) << parser.failed_status();
    return parser.take();
}

}  // namespace polylog::aws
