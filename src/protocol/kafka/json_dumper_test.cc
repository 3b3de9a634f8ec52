#include "protocol/kafka/json_dumper.h"

#include <gtest/gtest.h>

#include "protocol/kafka/codec.h"
#include "protocol/kafka/messages/fetch.h"
#include "protocol/kafka/messages/find_coordinator.h"
#include "protocol/kafka/messages/metadata.h"
#include "protocol/kafka/messages/produce.h"
#include "protocol/kafka/messages/sasl_authenticate.h"

namespace polylog::kafka {
namespace {

TEST(JsonDumper, NamesTheFieldsOfTheVersion) {
    MetadataRequest request;
    request.topics = {MetadataRequest::Topic{.topic_id = {}, .name = "orders"}};
    EXPECT_EQ(to_json(request, 4),
              R"({"topics":[{"name":"orders"}],"allow_auto_topic_creation":true})");
    request.topics.reset();
    EXPECT_EQ(to_json(request, 1), R"({"topics":null})");
}

TEST(JsonDumper, ShowsErrorCodesByNameAndUnknownOnesByNumber) {
    FindCoordinatorResponse response;
    response.error_code = ApiError::coordinator_not_available;
    response.host = "h";
    EXPECT_EQ(to_json(response, 0),
              R"({"error_code":"COORDINATOR_NOT_AVAILABLE","node_id":0,"host":"h","port":0})");
    response.error_code = static_cast<ApiError>(999);
    EXPECT_EQ(to_json(response, 0), R"({"error_code":999,"node_id":0,"host":"h","port":0})");
}

TEST(JsonDumper, NeverShowsBytes) {
    const SaslAuthenticateRequest request{.auth_bytes = base::Slice::copy_of("alice-secret")};
    EXPECT_EQ(to_json(request, 2), R"({"auth_bytes":"12 bytes"})");

    ProduceRequest produce;
    produce.topic_data.resize(1);
    produce.topic_data[0].name = "t";
    produce.topic_data[0].partition_data.resize(1);
    produce.topic_data[0].partition_data[0].records = Records(base::Slice::copy_of("batch"));
    EXPECT_EQ(to_json(produce, 3),
              R"({"transactional_id":null,"acks":0,"timeout_ms":0,"topic_data":[{"name":"t",)"
              R"("partition_data":[{"index":0,"records":"5 bytes"}]}]})");
}

TEST(JsonDumper, EscapesWhateverAPeerPutsIntoAString) {
    MetadataRequest request;
    request.topics = {MetadataRequest::Topic{.topic_id = {}, .name = "a\"\\\n\x7f\xff\x1b["}};
    EXPECT_EQ(to_json(request, 0),
              "{\"topics\":[{\"name\":\"a\\\"\\\\\\n\\u007f\ufffd\\u001b[\"}]}");
}

TEST(JsonDumper, CutsLongArrays) {
    FetchRequest request;
    request.forgotten_topics_data.resize(1);
    request.forgotten_topics_data[0].partitions.resize(JsonDumper::kElementsShown + 10);
    const std::string json = to_json(request, 7);
    EXPECT_NE(json.find(R"(0,0,"10 more"]}])"), std::string::npos);
}

TEST(JsonDumper, LeavesOutTaggedFieldsAtTheirDefaults) {
    FetchRequest request;
    EXPECT_EQ(to_json(request, 15).find("replica_state"), std::string::npos);
    request.replica_state.replica_id = 3;
    EXPECT_NE(to_json(request, 15).find(R"("replica_state":{"replica_id":3,"replica_epoch":-1})"),
              std::string::npos);
}

TEST(JsonDumper, WritesTopicIdsAsKafkasToolsDo) {
    FetchRequest request;
    request.topics.resize(1);
    request.topics[0].topic_id.bytes[0] = 0x04;
    EXPECT_NE(to_json(request, 13).find(R"("topic_id":"BAAAAAAAAAAAAAAAAAAAAA")"),
              std::string::npos);
}

}  // namespace
}  // namespace polylog::kafka
