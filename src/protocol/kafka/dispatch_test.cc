#include "protocol/kafka/dispatch.h"

#include <gmock/gmock.h>

#include <ranges>

#include "protocol/kafka/messages/api_versions.h"
#include "protocol/kafka/messages/heartbeat.h"
#include "protocol/kafka/messages/metadata.h"
#include "test/support/kafka_requests.h"

namespace polylog::kafka {
namespace {

class DispatchTest : public BrokerTest {
protected:
    // A frame whose header, of version 1, says so; nothing follows.
    static std::string bare_frame(int16_t key, int16_t version, int32_t correlation_id) {
        std::string frame(14, '\0');
        auto* const at = reinterpret_cast<std::byte*>(frame.data());
        base::store_be<int32_t>(at, 10);
        base::store_be<int16_t>(at + 4, key);
        base::store_be<int16_t>(at + 6, version);
        base::store_be<int32_t>(at + 8, correlation_id);
        base::store_be<int16_t>(at + 12, -1);  // no client id
        return frame;
    }
    static ApiVersionsRequest question(std::string_view name, std::string_view version) {
        ApiVersionsRequest request;
        request.client_software_name = name;
        request.client_software_version = version;
        return request;
    }
};

TEST_F(DispatchTest, AnswersApiVersionsOfAnUnknownVersionInVersionZero) {
    start();
    Wire& wire = connect();
    std::string frame = bare_frame(18, 99, 1234) + '\0';  // no tags
    frame[3] = 11;
    ASSERT_TRUE(wire.send(frame));
    const auto [id, response] = wire.answer<ApiVersionsRequest>(0);
    EXPECT_EQ(id, 1234);
    EXPECT_EQ(response.error_code, ApiError::unsupported_version);
    // KIP-511: the client learns which version it may ask in, and asks again.
    ASSERT_EQ(response.api_keys.size(), 1U);
    EXPECT_EQ(response.api_keys[0].api_key, 18);
    EXPECT_EQ(response.api_keys[0].max_version, 4);
    EXPECT_EQ(wire.call(question("test", "1"), 4).error_code, ApiError::none);
}

TEST_F(DispatchTest, AnswersApiVersionsInEveryVersionWithTheOldHeader) {
    start();
    Wire& wire = connect();
    for (int16_t version = 0; version <= ApiVersionsRequest::api.max; ++version) {
        ASSERT_TRUE(wire.send(question("test", "1"), version, 70 + version));
        const auto frame = wire.receive();
        ASSERT_TRUE(frame);
        // Behind the correlation id no tag section, but the error code at once.
        EXPECT_EQ(base::load_be<int32_t>(frame->data()), 70 + version);
        EXPECT_EQ(base::load_be<int16_t>(frame->data() + 4), 0);
    }
}

TEST_F(DispatchTest, AdvertisesProduceFromVersionZero) {
    start();
    const auto response = connect().call(question("test", "1"), 4);
    const auto produce = std::ranges::find(response.api_keys, 0,
                                           &ApiVersionsResponse::ApiVersion::api_key);
    ASSERT_NE(produce, response.api_keys.end());
    EXPECT_EQ(produce->min_version, 0);
    EXPECT_EQ(produce->max_version, 13);
}

TEST_F(DispatchTest, AdvertisesWhatIsServedAndNothingElse) {
    start();
    const auto response = connect().call(question("test", "1"), 4);
    std::vector<int16_t> advertised;
    for (const auto& api : response.api_keys) advertised.push_back(api.api_key);
    std::vector<int16_t> served;
    for (const Served& each : served_apis()) served.push_back(each.api->key);
    EXPECT_EQ(advertised, served);
}

TEST_F(DispatchTest, RefusesASoftwareNameThatKafkaWouldRefuse) {
    start();
    Wire& wire = connect();
    for (const std::string_view name : {"", "-a", "a-", "a b", "a\n"}) {
        EXPECT_EQ(wire.call(question(name, "1"), 3).error_code, ApiError::invalid_request) << name;
        EXPECT_EQ(wire.call(question("a", name), 3).error_code, ApiError::invalid_request) << name;
    }
    EXPECT_EQ(wire.call(question("librdkafka-2.0", "1.9.0"), 3).error_code, ApiError::none);
    EXPECT_EQ(wire.call(question("", ""), 2).error_code, ApiError::none);  // not said yet
}

TEST_F(DispatchTest, ClosesOnAVersionThatIsNotServed) {
    start();
    for (const Served& served : served_apis()) {
        if (served.api->key == ApiVersionsRequest::api.key) continue;
        Wire& wire = connect();
        const auto version = static_cast<int16_t>(served.api->max + 1);
        ASSERT_TRUE(wire.send(bare_frame(served.api->key, version, 1)));
        EXPECT_TRUE(wire.is_closed()) << served.api->name;
    }
}

TEST_F(DispatchTest, ClosesOnAProduceOfAVersionThatIsAdvertisedButRefused) {
    start();
    Wire& wire = connect();
    ASSERT_TRUE(wire.send(bare_frame(0, 0, 1)));
    EXPECT_TRUE(wire.is_closed());
}

TEST_F(DispatchTest, ClosesOnAnApiThatIsNotServed) {
    start();
    for (const int16_t key : std::initializer_list<int16_t>{4, 68, 500, -1}) {
        Wire& wire = connect();
        ASSERT_TRUE(wire.send(bare_frame(key, 0, 1)));
        EXPECT_TRUE(wire.is_closed()) << key;
    }
}

TEST_F(DispatchTest, CutShortAnyRequestEndsItsConnectionOnly) {
    start();
    for (const Served& served : served_apis()) {
        Wire& wire = connect();
        // Flexible headers need one byte more than this frame has: all are malformed, or, without
        // any field, end early.
        ASSERT_TRUE(wire.send(bare_frame(served.api->key, served.api->max, 1)));
        EXPECT_TRUE(wire.is_closed()) << served.api->name;
    }
    EXPECT_EQ(connect().call(question("test", "1"), 3).error_code, ApiError::none);
}

TEST_F(DispatchTest, AnswersInEachVersionOfAMessage) {
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    for (int16_t version = 0; version <= MetadataRequest::api.max; ++version) {
        MetadataRequest request;
        request.topics.emplace().push_back({.topic_id = {}, .name = "t"});
        const auto response = wire.call(request, version);
        ASSERT_EQ(response.topics.size(), 1U) << version;
        EXPECT_EQ(response.topics[0].name, "t");
        EXPECT_EQ(response.topics[0].partitions.size(), 1U);
    }
}

}  // namespace
}  // namespace polylog::kafka
