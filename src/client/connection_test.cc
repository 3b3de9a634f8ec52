#include "client/connection.h"

#include "io/when_all.h"
#include "protocol/kafka/messages/describe_cluster.h"
#include "protocol/kafka/messages/list_groups.h"
#include "test/support/client_fixture.h"

namespace polylog::client {
namespace {

using base::ErrorCode;
using base::Result;
using io::Task;

class ConnectionTest : public ClientTest {
protected:
    Task<Result<std::unique_ptr<Connection>>> open() {
        return Connection::open(env(), settings().bootstrap[0], settings().connection);
    }
};

Task<Result<kafka::ListGroupsResponse>> list_groups(
    Task<Result<std::unique_ptr<Connection>>> opening) {
    CO_TRY(const auto connection, co_await std::move(opening));
    co_return co_await connection->call(kafka::ListGroupsRequest{});
}

TEST_F(ConnectionTest, UsesTheHighestVersionThatBothEndsSpeak) {
    int16_t seen = -1;
    broker().answer<kafka::ListGroupsRequest>(
        [&](const kafka::ListGroupsRequest&, int16_t version) {
            seen = version;
            return kafka::ListGroupsResponse{};
        });
    broker().versions().api_keys.back().max_version = 3;
    EXPECT_TRUE(run(list_groups(open())).has_value());
    EXPECT_EQ(seen, 3);
}

TEST_F(ConnectionTest, RefusesACallTheBrokerDoesNotOfferWithoutSendingIt) {
    const auto response = run(list_groups(open()));
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code(), ErrorCode::unsupported_version);
    EXPECT_EQ(broker().requests(), (std::vector<int16_t>{kafka::ApiVersionsRequest::api.key}));
}

TEST_F(ConnectionTest, AsksInVersionZeroWhenTheBrokerIsOlder) {
    broker().answer<kafka::ListGroupsRequest>(
        [](const kafka::ListGroupsRequest&, int16_t) { return kafka::ListGroupsResponse{}; });
    const kafka::ApiVersionsResponse known = broker().versions();
    broker().answer<kafka::ApiVersionsRequest>(
        [&](const kafka::ApiVersionsRequest&, int16_t version) {
            kafka::ApiVersionsResponse response;
            response.error_code = kafka::ApiError::unsupported_version;
            return version == 0 ? known : response;
        });
    EXPECT_TRUE(run(list_groups(open())).has_value());
}

Task<Result<std::vector<std::string>>> list_groups_at_once(
    Task<Result<std::unique_ptr<Connection>>> opening, int count) {
    CO_TRY(const auto connection, co_await std::move(opening));
    std::vector<Task<Result<kafka::ListGroupsResponse>>> calls;
    for (int i = 0; i < count; ++i) calls.push_back(connection->call(kafka::ListGroupsRequest{}));
    std::vector<std::string> names;
    for (auto& response : co_await io::when_all(std::move(calls))) {
        if (!response) co_return base::fail(response.error());
        names.push_back(response->groups.at(0).group_id);
    }
    co_return names;
}

TEST_F(ConnectionTest, GivesEachPipelinedCallItsOwnAnswer) {
    int answered = 0;
    broker().answer<kafka::ListGroupsRequest>([&](const kafka::ListGroupsRequest&, int16_t) {
        kafka::ListGroupsResponse response;
        response.groups.emplace_back().group_id = std::to_string(answered++);
        return response;
    });
    const auto names = run(list_groups_at_once(open(), 100));
    ASSERT_TRUE(names.has_value()) << names.error().message();
    for (size_t i = 0; i < names->size(); ++i) EXPECT_EQ((*names)[i], std::to_string(i));
}

TEST_F(ConnectionTest, EndsWithTheRequestThatIsNotAnsweredInTime) {
    broker().offer(kafka::ListGroupsRequest::api);
    const auto response = run(list_groups(open()));
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code(), ErrorCode::timed_out);
}

TEST_F(ConnectionTest, FailsAllCallsUnderWayWhenTheBrokerCloses) {
    broker().offer(kafka::ListGroupsRequest::api);
    broker().close_after(3);
    const auto names = run(list_groups_at_once(open(), 5));
    ASSERT_FALSE(names.has_value());
    EXPECT_EQ(names.error().code(), ErrorCode::closed);
}

Task<void> wait_for(Task<std::vector<Result<kafka::ListGroupsResponse>>> answers) {
    co_await std::move(answers);
}

Task<Result<bool>> call_again_after_a_dropped_call(
    Task<Result<std::unique_ptr<Connection>>> opening) {
    CO_TRY(const auto connection, co_await std::move(opening));
    {
        std::vector<Task<Result<kafka::ListGroupsResponse>>> calls;
        calls.push_back(connection->call(kafka::ListGroupsRequest{}));
        io::TaskScope scope;
        scope.spawn(wait_for(io::when_all(std::move(calls))));
    }
    CO_TRY(const auto response, co_await connection->call(kafka::ListGroupsRequest{}));
    co_return response.groups.at(0).group_id == "1";
}

TEST_F(ConnectionTest, StaysInStepWhenACallIsDropped) {
    int answered = 0;
    broker().answer<kafka::ListGroupsRequest>([&](const kafka::ListGroupsRequest&, int16_t) {
        kafka::ListGroupsResponse response;
        response.groups.emplace_back().group_id = std::to_string(answered++);
        return response;
    });
    const auto in_step = run(call_again_after_a_dropped_call(open()));
    ASSERT_TRUE(in_step.has_value()) << in_step.error().message();
    EXPECT_TRUE(*in_step);
}

TEST_F(ConnectionTest, SaysThatNobodyListens) {
    server().crash(sim::Crash::kill);
    const auto response = run(list_groups(open()));
    ASSERT_FALSE(response.has_value());
}

}  // namespace
}  // namespace polylog::client
