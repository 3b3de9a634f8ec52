#include <gmock/gmock.h>

#include "protocol/kafka/messages/all.h"
#include "test/support/kafka_requests.h"

// Goal: a request that names one thing again and again, or very many things, costs what the things
// cost, not what its entries would; and others are served meanwhile. Method: what Kafka answers to
// repeats, counted in the answers; a task beside the request counts its turns.
namespace polylog::kafka {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr int kRepeats = 5'000;

class RepeatsTest : public BrokerTest {
protected:
    void SetUp() override {
        start();
        wire_ = &connect();
        id_ = create_topic(wire(), "t", 2);
    }
    Wire& wire() { return *wire_; }
    base::Uuid id() const { return id_; }
    // How long the requests of that name took to serve. Virtual time passes between the turns of a
    // shard and not inside them: what is served without a pause took none.
    base::Duration served_in(const char* op) {
        const auto metrics = at_broker(listeners().collect()).requests;
        const auto* seconds = metrics.find("polylog_request_seconds",
                                           {{"protocol", "kafka"}, {"op", op}});
        return base::Duration(std::get<std::unique_ptr<base::HistogramCounts>>(*seconds)->sum);
    }
    void commit(std::string_view group, std::string_view metadata) {
        OffsetCommitRequest request;
        request.group_id = group;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        topic.partitions.push_back(
            {.partition_index = 0, .committed_offset = 0, .committed_metadata = metadata});
        EXPECT_EQ(wire().call(request, 8).topics.at(0).partitions.at(0).error_code, ApiError::none);
    }
    void find_group_coordinator() {
        FindCoordinatorRequest request;
        request.coordinator_keys.push_back("g");
        EXPECT_THAT(wire().call(request, 4).coordinators, SizeIs(1));
        world().run_for(std::chrono::seconds(1));
    }

private:
    Wire* wire_ = nullptr;
    base::Uuid id_;
};

TEST_F(RepeatsTest, MetadataAnswersEachTopicOnce) {
    MetadataRequest by_name;
    by_name.topics.emplace(kRepeats, MetadataRequest::Topic{.topic_id = {}, .name = "t"});
    by_name.topics->push_back({.topic_id = {}, .name = "u"});
    const auto named = wire().call(by_name, 9).topics;
    ASSERT_THAT(named, SizeIs(2));
    EXPECT_EQ(named[0].name, "t");
    EXPECT_EQ(named[1].name, "u");
    MetadataRequest by_id;
    by_id.topics.emplace(kRepeats, MetadataRequest::Topic{.topic_id = id(), .name = std::nullopt});
    EXPECT_THAT(wire().call(by_id, 12).topics, SizeIs(1));
}

TEST_F(RepeatsTest, FetchReadsEachPartitionOnceAtThePositionSaidLast) {
    EXPECT_EQ(produce(wire(), {.name = "t"}, batch_of({.records = 3})).error_code, ApiError::none);
    EXPECT_EQ(produce(wire(), {.name = "t"}, batch_of({.records = 2})).error_code, ApiError::none);
    FetchRequest request = fetch_request({.name = "t"});
    for (int i = 0; i < kRepeats; ++i) request.topics.push_back(request.topics[0]);
    request.topics.back().partitions[0].fetch_offset = 3;
    request.topics.back().partitions.push_back({.partition = 7});
    request.topics.back().partitions.push_back({.partition = 7});
    const auto answers = wire().call(request, 12).responses;
    ASSERT_THAT(answers, SizeIs(2));
    ASSERT_THAT(answers[0].partitions, SizeIs(1));
    EXPECT_THAT(batches_in(answers[0].partitions[0]), ElementsAre(testing::Pair(3, 2)));
    ASSERT_THAT(answers[1].partitions, SizeIs(1));
    EXPECT_EQ(answers[1].partitions[0].error_code, ApiError::unknown_topic_or_partition);
}

TEST_F(RepeatsTest, ListOffsetsRefusesAPartitionNamedTwiceOnce) {
    ListOffsetsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.assign(kRepeats, {.partition_index = 0, .timestamp = kEarliestTimestamp});
    topic.partitions.push_back({.partition_index = 1, .timestamp = kEarliestTimestamp});
    const auto answers = wire().call(request, 6).topics.at(0).partitions;
    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_EQ(answers[0].error_code, ApiError::invalid_request);
    EXPECT_EQ(answers[1].error_code, ApiError::none);
}

TEST_F(RepeatsTest, DeleteRecordsTrimsEachPartitionOnceAtTheOffsetSaidLast) {
    EXPECT_EQ(produce(wire(), {.name = "t"}, batch_of({.records = 3})).error_code, ApiError::none);
    DeleteRecordsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.assign(kRepeats, {.partition_index = 0, .offset = 1});
    topic.partitions.back().offset = 2;
    const auto answers = wire().call(request, 2).topics.at(0).partitions;
    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_EQ(answers[0].low_watermark, 2);
}

TEST_F(RepeatsTest, TopicsNamedTwiceAreNeitherDeletedNorExtended) {
    DeleteTopicsRequest removal;
    removal.topic_names = {"t", "t", "none"};
    const auto removed = wire().call(removal, 5).responses;
    ASSERT_THAT(removed, SizeIs(2));
    EXPECT_EQ(removed[0].error_code, ApiError::invalid_request);
    EXPECT_EQ(removed[1].error_code, ApiError::unknown_topic_or_partition);
    DeleteTopicsRequest by_id;
    by_id.topics.assign(2, {.name = std::nullopt, .topic_id = id()});
    const auto removed_by_id = wire().call(by_id, 6).responses;
    ASSERT_THAT(removed_by_id, SizeIs(1));
    EXPECT_EQ(removed_by_id[0].error_code, ApiError::invalid_request);
    CreatePartitionsRequest more;
    more.topics.assign(2, {.name = "t", .count = 5, .assignments = std::nullopt});
    const auto extended = wire().call(more, 2).results;
    ASSERT_THAT(extended, SizeIs(1));
    EXPECT_EQ(extended[0].error_code, ApiError::invalid_request);
}

TEST_F(RepeatsTest, ConfigurationsAreDescribedOnceAndAlteredOnlyIfNamedOnce) {
    DescribeConfigsRequest description;
    description.resources.assign(kRepeats, {.resource_type = ConfigResourceType::topic,
                                            .resource_name = "t",
                                            .configuration_keys = std::nullopt});
    EXPECT_THAT(wire().call(description, 4).results, SizeIs(1));

    AlterConfigsRequest alteration;
    alteration.resources.assign(3, {.resource_type = ConfigResourceType::topic,
                                    .resource_name = "t",
                                    .configs = {{.name = "retention.ms", .value = "1000"}}});
    const auto altered = wire().call(alteration, 2).responses;
    ASSERT_THAT(altered, SizeIs(1));
    EXPECT_EQ(altered[0].error_code, ApiError::invalid_request);

    IncrementalAlterConfigsRequest increment;
    increment.resources.assign(3, {.resource_type = ConfigResourceType::topic,
                                   .resource_name = "t",
                                   .configs = {{.name = "retention.ms",
                                                .config_operation = ConfigOperation::set,
                                                .value = "1000"}}});
    const auto incremented = wire().call(increment, 1).responses;
    ASSERT_THAT(incremented, SizeIs(1));
    EXPECT_EQ(incremented[0].error_code, ApiError::invalid_request);
}

TEST_F(RepeatsTest, OffsetFetchAnswersEachGroupAndPartitionOnce) {
    find_group_coordinator();
    commit("g", std::string(1000, 'm'));
    OffsetFetchRequest one;
    one.group_id = "g";
    one.topics.emplace();
    for (int i = 0; i < kRepeats; ++i)
        one.topics->push_back({.name = "t", .partition_indexes = {0, 0}});
    const auto topics = wire().call(one, 7).topics;
    ASSERT_THAT(topics, SizeIs(1));
    EXPECT_THAT(topics[0].partitions, SizeIs(1));

    OffsetFetchRequest several;
    several.groups.assign(kRepeats, {.group_id = "g", .topics = std::nullopt});
    EXPECT_THAT(wire().call(several, 8).groups, SizeIs(1));
}

TEST_F(RepeatsTest, GroupsAreDescribedDeletedAndFoundOnce) {
    find_group_coordinator();
    DescribeGroupsRequest description;
    description.groups.assign(kRepeats, "g");
    EXPECT_THAT(wire().call(description, 5).groups, SizeIs(1));
    DeleteGroupsRequest deletion;
    deletion.groups_names.assign(kRepeats, "g");
    EXPECT_THAT(wire().call(deletion, 2).results, SizeIs(1));
    FindCoordinatorRequest search;
    search.coordinator_keys.assign(kRepeats, "g");
    EXPECT_THAT(wire().call(search, 4).coordinators, SizeIs(1));
}

TEST_F(RepeatsTest, OthersAreServedWhileARequestNamesManyThings) {
    std::vector<std::string> names;
    for (int i = 0; i < 20'000; ++i) names.push_back("none-" + std::to_string(i));
    MetadataRequest metadata;
    metadata.allow_auto_topic_creation = false;
    metadata.topics.emplace();
    FetchRequest fetch = fetch_request({.name = "t"});
    DescribeConfigsRequest configs;
    DescribeGroupsRequest groups;
    for (const std::string& name : names) {
        metadata.topics->push_back({.topic_id = {}, .name = name});
        fetch.topics.push_back(fetch.topics[0]);
        fetch.topics.back().topic = name;
        configs.resources.push_back({.resource_type = ConfigResourceType::topic,
                                     .resource_name = name,
                                     .configuration_keys = std::nullopt});
        groups.groups.push_back(name);
    }
    EXPECT_THAT(wire().call(metadata, 9).topics, SizeIs(names.size()));
    EXPECT_THAT(wire().call(fetch, 12).responses, SizeIs(names.size() + 1));
    EXPECT_THAT(wire().call(configs, 4).results, SizeIs(names.size()));
    EXPECT_THAT(wire().call(groups, 5).groups, SizeIs(names.size()));
    for (const char* op : {"Metadata", "Fetch", "DescribeConfigs", "DescribeGroups"})
        EXPECT_GT(served_in(op), std::chrono::microseconds(50)) << op;
}

TEST_F(RepeatsTest, ARequestOfMoreEntriesThanABrokerHasThingsIsRefused) {
    MetadataRequest request;
    request.topics.emplace(300'000, MetadataRequest::Topic{.topic_id = {}, .name = "t"});
    ASSERT_TRUE(wire().send(request, 9, 1));
    EXPECT_TRUE(wire().is_closed());
}

}  // namespace
}  // namespace polylog::kafka
