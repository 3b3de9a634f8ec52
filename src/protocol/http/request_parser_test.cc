#include "protocol/http/request_parser.h"

#include <gtest/gtest.h>

namespace polylog::http {
namespace {

const RequestLimits kLimits{.head_max_bytes = 1024, .headers_max = 5, .body_max_bytes = 64};

struct Parsed {
    std::vector<Request> requests;
    int failed_status = 0;
};

// Feeds the bytes in pieces of that size.
Parsed parse(std::string_view bytes, size_t piece_bytes = SIZE_MAX) {
    RequestParser parser(kLimits);
    Parsed parsed;
    while (!bytes.empty() && parser.failed_status() == 0) {
        std::string_view piece = bytes.substr(0, piece_bytes);
        bytes.remove_prefix(piece.size());
        while (!piece.empty() && parser.failed_status() == 0) {
            piece.remove_prefix(parser.consume(piece));
            if (parser.complete()) parsed.requests.push_back(parser.take());
        }
    }
    parsed.failed_status = parser.failed_status();
    return parsed;
}

int status_of(std::string_view bytes) {
    return parse(bytes).failed_status;
}

TEST(RequestParser, TakesARequestApart) {
    const Parsed parsed = parse(
        "GET /a/b?x=1&y=%41+b HTTP/1.1\r\nHost: here\r\nX-Empty:\r\naccept:  */* \r\n\r\n");
    ASSERT_EQ(parsed.requests.size(), 1);
    const Request& request = parsed.requests[0];
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.path, "/a/b");
    EXPECT_EQ(request.query, "x=1&y=%41+b");
    EXPECT_EQ(request.parameter("y"), "A b");
    EXPECT_EQ(request.parameter("z"), std::nullopt);
    EXPECT_EQ(request.header("ACCEPT"), "*/*");
    EXPECT_EQ(request.header("x-empty"), "");
    EXPECT_TRUE(request.keep_alive);
}

TEST(RequestParser, FindsTheSameRequestsHoweverTheBytesAreCut) {
    constexpr std::string_view kBytes =
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
        "\r\nPOST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2;name=value\r\nde\r\n1\r\nf\r\n0\r\nTrailer: x\r\n\r\n"
        "GET /c HTTP/1.0\r\n\r\n";
    for (size_t piece_bytes = 1; piece_bytes <= kBytes.size(); ++piece_bytes) {
        const Parsed parsed = parse(kBytes, piece_bytes);
        ASSERT_EQ(parsed.requests.size(), 3) << piece_bytes;
        EXPECT_EQ(parsed.requests[0].body, "abc");
        EXPECT_EQ(parsed.requests[1].body, "def");
        EXPECT_EQ(parsed.requests[2].path, "/c");
        EXPECT_FALSE(parsed.requests[2].keep_alive);
    }
}

TEST(RequestParser, AcceptsTheAbsoluteForm) {
    const Parsed parsed = parse("GET http://h:80/p?q HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_EQ(parsed.requests.size(), 1);
    EXPECT_EQ(parsed.requests[0].path, "/p");
    EXPECT_EQ(parsed.requests[0].query, "q");
}

TEST(RequestParser, RefusesWhatTwoReadersCouldReadDifferently) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: h\n\nGET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                        "Content-Length: 1\r\n\r\n"),
              400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n"),
              400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"), 501);
    EXPECT_EQ(status_of(std::string_view("GET / HTTP/1.1\r\nHost: \0h\r\n\r\n", 28)), 400);
    EXPECT_EQ(status_of(
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"),
              400);
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"),
              400);
    EXPECT_EQ(status_of("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
    EXPECT_EQ(status_of("GET\r\n\r\n"), 400);
}

TEST(RequestParser, NeverTakesMoreThanItsLimits) {
    const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
    EXPECT_EQ(status_of(head + "X: " + std::string(1024, 'a')), 431);
    EXPECT_EQ(status_of(head + "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n"), 431);
    EXPECT_EQ(status_of(head + "Content-Length: 65\r\n\r\n"), 413);
    EXPECT_EQ(status_of(head + "Content-Length: 99999999999999999999\r\n\r\n"), 413);
    EXPECT_EQ(status_of(head + "Transfer-Encoding: chunked\r\n\r\n41\r\n"), 413);
    EXPECT_EQ(status_of(head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"), 413);
    EXPECT_EQ(status_of(head + "Transfer-Encoding: chunked\r\n\r\n" + std::string(300, '0')), 400);
    std::string trailers = head + "Transfer-Encoding: chunked\r\n\r\n0\r\n";
    for (int i = 0; i < 200; ++i) trailers += "Some: trailer\r\n";
    EXPECT_EQ(status_of(trailers), 431);
}

TEST(RequestParser, SaysOnceThatTheClientWaitsForTheBodyToBeWanted) {
    RequestParser parser(kLimits);
    parser.consume(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_TRUE(parser.wants_continue());
    EXPECT_FALSE(parser.wants_continue());
    parser.consume("ok");
    ASSERT_TRUE(parser.complete());
    EXPECT_EQ(parser.take().body, "ok");
}

TEST(RequestParser, ClosesWhenTheClientAsks) {
    EXPECT_FALSE(
        parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n").requests[0].keep_alive);
    EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").requests[0].keep_alive);
}

}  // namespace
}  // namespace polylog::http
