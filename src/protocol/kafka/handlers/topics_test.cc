#include "protocol/kafka/handlers/topics.h"

#include <gmock/gmock.h>

#include "protocol/kafka/messages/create_partitions.h"
#include "protocol/kafka/messages/delete_records.h"
#include "protocol/kafka/messages/list_offsets.h"
#include "protocol/kafka/messages/metadata.h"
#include "test/support/kafka_requests.h"

namespace polylog::kafka {
namespace {

class TopicsTest : public BrokerTest {
protected:
    Wire& wire() {
        if (!wire_) wire_ = &connect();
        return *wire_;
    }
    ApiError created(std::string_view name, int32_t partitions = 1, int16_t replicas = 1,
                     std::vector<CreateTopicsRequest::Config> configs = {}) {
        CreateTopicsRequest request;
        request.topics.push_back({.name = name,
                                  .num_partitions = partitions,
                                  .replication_factor = replicas,
                                  .assignments = {},
                                  .configs = std::move(configs)});
        return wire().call(request, 7).topics.at(0).error_code;
    }
    MetadataResponse::Topic described(std::string_view name, bool may_create) {
        MetadataRequest request;
        request.topics.emplace().push_back({.topic_id = {}, .name = name});
        request.allow_auto_topic_creation = may_create;
        return wire().call(request, 12).topics.at(0);
    }

private:
    Wire* wire_ = nullptr;
};

TEST_F(TopicsTest, RefusesNamesThatKafkaRefuses) {
    start();
    const std::string too_long(250, 'a');
    for (const std::string& name : {std::string(), std::string("."), std::string(".."),
                                    std::string("a b"), std::string("a/b"), too_long})
        EXPECT_EQ(created(name), ApiError::invalid_topic_exception) << name;
    EXPECT_EQ(created(too_long.substr(1)), ApiError::none);
}

TEST_F(TopicsTest, RefusesNamesThatDifferInDotsAndUnderscoresOnly) {
    start();
    EXPECT_EQ(created("a.b"), ApiError::none);
    EXPECT_EQ(created("a_b"), ApiError::invalid_topic_exception);
}

TEST_F(TopicsTest, RefusesWhatCannotBe) {
    start();
    EXPECT_EQ(created("t", 0), ApiError::invalid_partitions);
    EXPECT_EQ(created("t", 1, 2), ApiError::invalid_replication_factor);
    EXPECT_EQ(created("t", 1, 1, {{.name = "no.such.key", .value = "1"}}),
              ApiError::invalid_config);
    EXPECT_EQ(created("t", 1, 1, {{.name = "retention.ms", .value = "soon"}}),
              ApiError::invalid_config);
    EXPECT_EQ(created("t"), ApiError::none);
    EXPECT_EQ(created("t"), ApiError::topic_already_exists);
}

TEST_F(TopicsTest, LeavesInternalTopicsToTheBroker) {
    config() = {{"offsets.topic.num.partitions", "3"}, {"num.partitions", "1"}};
    start();
    for (const std::string_view name :
         {"__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"})
        EXPECT_EQ(created(name, 7), ApiError::invalid_request) << name;
    EXPECT_EQ(described("__transaction_state", true).error_code,
              ApiError::unknown_topic_or_partition);
    EXPECT_EQ(described("__consumer_offsets", false).error_code,
              ApiError::unknown_topic_or_partition);
    // Asked for with automatic creation, it is made as the first group would.
    const auto offsets = described("__consumer_offsets", true);
    EXPECT_EQ(offsets.error_code, ApiError::none);
    EXPECT_TRUE(offsets.is_internal);
    EXPECT_EQ(offsets.partitions.size(), 3U);
    CreatePartitionsRequest more;
    more.topics.push_back({.name = "__consumer_offsets", .count = 5, .assignments = std::nullopt});
    EXPECT_EQ(wire().call(more, 2).results.at(0).error_code, ApiError::invalid_request);
}

TEST_F(TopicsTest, CreatesOnDemandOnlyIfBothSidesWantIt) {
    start();
    EXPECT_EQ(described("t", false).error_code, ApiError::unknown_topic_or_partition);
    EXPECT_EQ(described("t", true).error_code, ApiError::none);
    EXPECT_EQ(described("t", false).partitions.size(), 4U);
}

TEST_F(TopicsTest, DoesNotCreateOnDemandWhereThatIsOff) {
    config() = {{"auto.create.topics.enable", "false"}};
    start();
    EXPECT_EQ(described("t", true).error_code, ApiError::unknown_topic_or_partition);
}

TEST_F(TopicsTest, DoesNotCreateABadNameOnDemand) {
    start();
    EXPECT_EQ(described("a b", true).error_code, ApiError::invalid_topic_exception);
}

TEST_F(TopicsTest, GivesAReCreatedTopicAnotherId) {
    start();
    const base::Uuid first = create_topic(wire(), "t");
    delete_topic(wire(), first);
    EXPECT_EQ(described("t", false).error_code, ApiError::unknown_topic_or_partition);
    const base::Uuid second = create_topic(wire(), "t");
    EXPECT_NE(first, second);
    EXPECT_EQ(described("t", false).topic_id, second);
    MetadataRequest by_id;
    by_id.topics.emplace().push_back({.topic_id = first, .name = std::nullopt});
    EXPECT_EQ(wire().call(by_id, 12).topics.at(0).error_code, ApiError::unknown_topic_id);
}

TEST_F(TopicsTest, SaysThatATopicToBeDeletedDoesNotExist) {
    start();
    DeleteTopicsRequest by_id;
    by_id.topics.push_back({.name = std::nullopt, .topic_id = base::Uuid::from_random(1, 2)});
    EXPECT_EQ(wire().call(by_id, 6).responses.at(0).error_code, ApiError::unknown_topic_id);
    DeleteTopicsRequest by_name;
    by_name.topic_names.push_back("none");
    EXPECT_EQ(wire().call(by_name, 5).responses.at(0).error_code,
              ApiError::unknown_topic_or_partition);
}

TEST_F(TopicsTest, KeepsTopicsThroughAPowerCut) {
    start();
    const base::Uuid id = create_topic(wire(), "t", 3);
    restart(sim::Crash::power_cut);
    MetadataRequest request;
    request.topics.emplace().push_back({.topic_id = id, .name = std::nullopt});
    EXPECT_EQ(connect().call(request, 12).topics.at(0).partitions.size(), 3U);
}

TEST_F(TopicsTest, AddsPartitionsButTakesNoneAway) {
    start();
    create_topic(wire(), "t", 2);
    const auto grown_to = [this](int32_t count) {
        CreatePartitionsRequest request;
        request.topics.push_back({.name = "t", .count = count, .assignments = {}});
        return wire().call(request, 3).results.at(0).error_code;
    };
    EXPECT_EQ(grown_to(2), ApiError::invalid_partitions);
    EXPECT_EQ(grown_to(1), ApiError::invalid_partitions);
    EXPECT_EQ(grown_to(4), ApiError::none);
    EXPECT_EQ(produce(wire(), {.name = "t", .partition = 3}, batch_of({})).base_offset, 0);
}

TEST_F(TopicsTest, DeletesRecordsUpToAnOffset) {
    start();
    create_topic(wire(), "t");
    for (int i = 0; i < 5; ++i) produce(wire(), {.name = "t"}, batch_of({}));
    const auto deleted_before = [this](int64_t offset) {
        DeleteRecordsRequest request;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        topic.partitions.push_back({.partition_index = 0, .offset = offset});
        return wire().call(request, 2).topics.at(0).partitions.at(0);
    };
    EXPECT_EQ(deleted_before(2).low_watermark, 2);
    EXPECT_EQ(deleted_before(1).low_watermark, 2);  // already done
    EXPECT_EQ(deleted_before(6).error_code, ApiError::offset_out_of_range);
    EXPECT_EQ(deleted_before(-2).error_code, ApiError::offset_out_of_range);
    EXPECT_EQ(fetch(wire(), {.name = "t"}, {.offset = 1}).error_code,
              ApiError::offset_out_of_range);
    EXPECT_EQ(deleted_before(-1).low_watermark, 5);  // everything
}

TEST_F(TopicsTest, FindsOffsetsByTimeExactly) {
    start();
    create_topic(wire(), "t");
    produce(wire(), {.name = "t"},
            batch_of({.records = 3, .timestamp_ms = 1000, .timestamp_step_ms = 10}));
    produce(wire(), {.name = "t"},
            batch_of({.records = 3, .timestamp_ms = 2000, .timestamp_step_ms = 10}));
    const auto found = [this](int64_t timestamp) {
        ListOffsetsRequest request;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = 0;
        partition.timestamp = timestamp;
        return wire().call(request, 7).topics.at(0).partitions.at(0).offset;
    };
    EXPECT_EQ(found(kEarliestTimestamp), 0);
    EXPECT_EQ(found(kLatestTimestamp), 6);
    EXPECT_EQ(found(-3), 5);  // the greatest timestamp
    EXPECT_EQ(found(0), 0);
    EXPECT_EQ(found(1011), 2);
    EXPECT_EQ(found(1021), 3);
    EXPECT_EQ(found(2020), 5);
    EXPECT_EQ(found(2021), -1);
}

}  // namespace
}  // namespace polylog::kafka
