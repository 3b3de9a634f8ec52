#include "protocol/kafka/frame.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "protocol/kafka/messages/api_versions.h"
#include "protocol/kafka/messages/fetch.h"
#include "protocol/kafka/messages/heartbeat.h"
#include "protocol/kafka/messages/metadata.h"
#include "protocol/kafka/messages/produce.h"
#include "protocol/kafka/messages/sasl_handshake.h"

namespace polylog::kafka {
namespace {

base::Slice bytes_of(std::string_view hex) {
    return base::Slice::copy_of(base::hex_decode(hex).value());
}
std::string hex_of(const base::Result<Output>& output) {
    return base::hex_encode(output.value().joined().bytes());
}

TEST(Frame, SizesAreBoundedBeforeAnythingIsAllocated) {
    EXPECT_EQ(frame_bytes(bytes_of("00000010").bytes(), 16).value(), 16u);
    EXPECT_EQ(frame_bytes(bytes_of("00000011").bytes(), 16).error(),
              base::ErrorCode::message_too_large);
    EXPECT_EQ(frame_bytes(bytes_of("7fffffff").bytes(), 16).error(),
              base::ErrorCode::message_too_large);
    EXPECT_EQ(frame_bytes(bytes_of("00000000").bytes(), 16).error(),
              base::ErrorCode::invalid_request);
    EXPECT_EQ(frame_bytes(bytes_of("ffffffff").bytes(), 16).error(),
              base::ErrorCode::invalid_request);
    EXPECT_EQ(frame_bytes(bytes_of("80000000").bytes(), 16).error(),
              base::ErrorCode::invalid_request);
    // What a browser or a TLS client sends first looks like a very large frame.
    EXPECT_EQ(frame_bytes(base::as_bytes("GET "), 100 << 20).error(),
              base::ErrorCode::message_too_large);
}

TEST(Frame, RequestsOfClassicVersionsHaveHeaderOne) {
    const RequestHeader header{.request_api_version = 3, .correlation_id = 7, .client_id = "me"};
    const HeartbeatRequest request{.group_id = "g", .generation_id = 5, .member_id = "m"};
    EXPECT_EQ(hex_of(encode_request(header, request)),
              "00000018"
              "000c0003"
              "00000007"
              "00026d65"
              "000167"
              "00000005"
              "00016d"
              "ffff");
}

TEST(Frame, RequestsOfFlexibleVersionsHaveHeaderTwoWithAClassicClientId) {
    const RequestHeader header{.request_api_version = 4, .correlation_id = 7, .client_id = "me"};
    const HeartbeatRequest request{.group_id = "g", .generation_id = 5, .member_id = "m"};
    const std::string hex = hex_of(encode_request(header, request));
    EXPECT_EQ(hex,
              "00000017"
              "000c0004"
              "00000007"
              "00026d65"
              "00"
              "0267"
              "00000005"
              "026d"
              "00"
              "00");

    const auto frame = parse_request_frame(bytes_of(hex.substr(8)));
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->api, &HeartbeatRequest::api);
    EXPECT_EQ(frame->header.correlation_id, 7);
    EXPECT_EQ(frame->header.client_id, "me");
    const auto back = decode<HeartbeatRequest>(frame->body, frame->header.request_api_version);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->message.member_id, "m");
    EXPECT_EQ(back->trailing_bytes, 0u);
}

TEST(Frame, ANullClientIdIsNotAnEmptyOne) {
    const auto null_id = parse_request_frame(
        bytes_of("000c0000"
                 "00000001"
                 "ffff"
                 "01"));
    const auto empty_id = parse_request_frame(
        bytes_of("000c0000"
                 "00000001"
                 "0000"
                 "01"));
    ASSERT_TRUE(null_id && empty_id);
    EXPECT_FALSE(null_id->header.client_id);
    EXPECT_EQ(empty_id->header.client_id, "");
    EXPECT_EQ(base::hex_encode(null_id->body.bytes()), "01");
}

TEST(Frame, ResponsesOfFlexibleVersionsHaveATagSectionInTheirHeader) {
    const HeartbeatResponse response{.error_code = ApiError::rebalance_in_progress};
    EXPECT_EQ(hex_of(encode_response(7, 3, response)),
              "0000000a"
              "00000007"
              "00000000"
              "001b");
    EXPECT_EQ(hex_of(encode_response(7, 4, response)),
              "0000000c"
              "00000007"
              "00"
              "00000000"
              "001b"
              "00");

    const auto frame = parse_response_frame(bytes_of("00000007"
                                                     "00"
                                                     "00000000"
                                                     "001b"
                                                     "00"),
                                            HeartbeatRequest::api, 4);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->correlation_id, 7);
    EXPECT_EQ(decode<HeartbeatResponse>(frame->body, 4)->message.error_code,
              ApiError::rebalance_in_progress);
}

TEST(Frame, ResponsesToApiVersionsKeepHeaderZero) {
    for (int16_t version = 0; version <= ApiVersionsRequest::api.max; ++version) {
        EXPECT_EQ(response_header_version(ApiVersionsRequest::api, version), 0);
    }
    EXPECT_EQ(request_header_version(ApiVersionsRequest::api, 3), 2);
    EXPECT_EQ(response_header_version(SaslHandshakeRequest::api, 1), 0);
    EXPECT_EQ(response_header_version(MetadataRequest::api, 9), 1);
}

TEST(Frame, AnApiVersionsRequestFromTheFutureCanStillBeAnswered) {
    // Version 99: header 2, a body of which nothing is known.
    const auto frame = parse_request_frame(
        bytes_of("00120063"
                 "00000005"
                 "00026d65"
                 "00"
                 "aabbcc"));
    ASSERT_TRUE(frame);
    EXPECT_FALSE(frame->api->has(frame->header.request_api_version));
    EXPECT_EQ(frame->header.correlation_id, 5);
    ApiVersionsResponse response;
    response.error_code = ApiError::unsupported_version;
    response.api_keys = {{.api_key = 18, .min_version = 0, .max_version = 4}};
    EXPECT_EQ(hex_of(encode_response(5, 0, response)),
              "00000010"
              "00000005"
              "0023"
              "00000001"
              "001200000004");
}

TEST(Frame, UnknownKeysAndBrokenHeadersAreRefused) {
    EXPECT_EQ(parse_request_frame(bytes_of("03e70000"
                                           "00000001"
                                           "ffff"))
                  .error(),
              base::ErrorCode::unsupported);
    EXPECT_EQ(parse_request_frame(bytes_of("ffff0000"
                                           "00000001"
                                           "ffff"))
                  .error(),
              base::ErrorCode::unsupported);
    const std::string whole =
        "00120003"
        "00000001"
        "00026d65"
        "00";
    EXPECT_TRUE(parse_request_frame(bytes_of(whole)));
    for (size_t size = 0; size < whole.size(); size += 2) {
        EXPECT_EQ(parse_request_frame(bytes_of(whole.substr(0, size))).error(),
                  base::ErrorCode::invalid_request);
    }
    EXPECT_EQ(parse_response_frame(bytes_of("000000"), MetadataRequest::api, 0).error(),
              base::ErrorCode::invalid_request);
}

TEST(Frame, RecordBatchesTravelWithoutACopy) {
    const base::Slice batch = base::Slice::copy_of(std::string(100'000, 'r'));
    ProduceRequest request;
    request.topic_data.resize(1);
    request.topic_data[0].partition_data.resize(1);
    request.topic_data[0].partition_data[0].records = Records(batch);
    auto output = encode_request({.request_api_version = 9, .correlation_id = 1}, request);
    ASSERT_TRUE(output);
    const base::Slice frame = output->joined();
    const std::vector<base::Slice> pieces = output->take();
    ASSERT_EQ(pieces.size(), 3u);
    EXPECT_EQ(pieces[1].data(), batch.data());

    const auto received = parse_request_frame(
        frame.part(kFrameSizeBytes, frame.size() - kFrameSizeBytes));
    ASSERT_TRUE(received);
    const auto back = decode<ProduceRequest>(received->body, 9);
    ASSERT_TRUE(back);
    const base::Slice records = back->message.topic_data[0].partition_data[0].records->joined();
    EXPECT_EQ(records.text(), batch.text());
    EXPECT_GE(records.data(), frame.data());
    EXPECT_LT(records.data(), frame.data() + frame.size());
}

TEST(Frame, AFetchResponseTakesManyPiecesPerPartition) {
    FetchResponse response;
    response.responses.resize(1);
    response.responses[0].partitions.resize(1);
    Records& records = *response.responses[0].partitions[0].records;
    for (char c = 'a'; c < 'd'; ++c) records.append(base::Slice::copy_of(std::string(2000, c)));
    auto output = encode_response(1, 12, response);
    ASSERT_TRUE(output);
    EXPECT_EQ(output->joined().text().substr(4 + 5 + 4 + 2 + 4).find(std::string(2000, 'b')) != 0,
              true);
    EXPECT_EQ(output->take().size(), 5u);
}

TEST(Frame, AClientIdBeyondTheProtocolsLimitIsRefused) {
    const std::string long_id(kMaxStringBytes + 1, 'i');
    EXPECT_EQ(encode_request({.request_api_version = 0, .client_id = long_id}, HeartbeatRequest{})
                  .error(),
              base::ErrorCode::message_too_large);
}

TEST(Frame, EveryErrorOfTheMessageIsTheFramesError) {
    EXPECT_EQ(encode_response(1, 99, HeartbeatResponse{}).error(),
              base::ErrorCode::unsupported_version);
}

TEST(Frame, ProduceIsAdvertisedFromVersionZeroThoughServedFromThree) {
    EXPECT_EQ(find_api(0)->advertised_min, 0);
    EXPECT_EQ(find_api(0)->min, 3);
    EXPECT_EQ(find_api(1)->advertised_min, find_api(1)->min);
}

}  // namespace
}  // namespace polylog::kafka
