#include "protocol/kafka/errors.h"

#include <gtest/gtest.h>

namespace polylog::kafka {
namespace {

TEST(ApiErrors, CarryKafkasNamesNumbersAndRetriability) {
    const ApiErrorInfo* info = find_api_error(ApiError::not_leader_or_follower);
    ASSERT_NE(info, nullptr);
    EXPECT_EQ(static_cast<int16_t>(info->code), 6);
    EXPECT_EQ(info->name, "NOT_LEADER_OR_FOLLOWER");
    EXPECT_TRUE(info->retriable);

    EXPECT_EQ(find_api_error(ApiError::unknown_server_error)->name, "UNKNOWN_SERVER_ERROR");
    EXPECT_EQ(find_api_error(ApiError::none)->name, "NONE");
    EXPECT_EQ(find_api_error(static_cast<ApiError>(133))->name, "SHARE_SESSION_LIMIT_REACHED");
    EXPECT_FALSE(find_api_error(ApiError::illegal_generation)->retriable);
}

TEST(ApiErrors, AreUnknownOutsideTheTable) {
    EXPECT_EQ(find_api_error(static_cast<ApiError>(-2)), nullptr);
    EXPECT_EQ(find_api_error(static_cast<ApiError>(134)), nullptr);
    EXPECT_EQ(find_api_error(static_cast<ApiError>(-32768)), nullptr);
    EXPECT_EQ(find_api_error(static_cast<ApiError>(32767)), nullptr);
}

TEST(ApiErrors, AnswerEveryNeutralCodeWithAFailure) {
    for (int code = 0; code <= static_cast<int>(base::ErrorCode::internal); ++code) {
        for (const Subject subject : {Subject::topic, Subject::records, Subject::group,
                                      Subject::transactional_id, Subject::cluster}) {
            const ApiError error = to_api_error(static_cast<base::ErrorCode>(code), subject);
            EXPECT_NE(error, ApiError::none);
            EXPECT_NE(find_api_error(error), nullptr);
        }
    }
}

TEST(ApiErrors, NameWhatWasRefusedToThePrincipal) {
    const auto refused = base::ErrorCode::not_authorized;
    EXPECT_EQ(to_api_error(refused, Subject::topic), ApiError::topic_authorization_failed);
    EXPECT_EQ(to_api_error(refused, Subject::records), ApiError::topic_authorization_failed);
    EXPECT_EQ(to_api_error(refused, Subject::group), ApiError::group_authorization_failed);
    EXPECT_EQ(to_api_error(refused, Subject::cluster), ApiError::cluster_authorization_failed);
    EXPECT_EQ(to_api_error(refused, Subject::transactional_id),
              ApiError::transactional_id_authorization_failed);
}

TEST(ApiErrors, DependOnTheSubjectWhereKafkaHasSeveralWords) {
    using base::ErrorCode;
    EXPECT_EQ(to_api_error(ErrorCode::invalid_name, Subject::topic),
              ApiError::invalid_topic_exception);
    EXPECT_EQ(to_api_error(ErrorCode::invalid_name, Subject::group), ApiError::invalid_group_id);
    EXPECT_EQ(to_api_error(ErrorCode::stale_producer_epoch, Subject::topic),
              ApiError::invalid_producer_epoch);
    EXPECT_EQ(to_api_error(ErrorCode::stale_producer_epoch, Subject::transactional_id),
              ApiError::producer_fenced);
    EXPECT_EQ(to_api_error(ErrorCode::closed, Subject::topic), ApiError::leader_not_available);
    EXPECT_EQ(to_api_error(ErrorCode::closed, Subject::group), ApiError::coordinator_not_available);
}

// librdkafka fails a record for good on THROTTLING_QUOTA_EXCEEDED, and consumers raise what they do
// not expect in the answer to a commit.
TEST(ApiErrors, SpeakOfRefusedStorageInWordsThatProducersAndGroupsWaitFor) {
    using base::ErrorCode;
    for (const ErrorCode code : {ErrorCode::disk_full, ErrorCode::throttled, ErrorCode::io_failed,
                                 ErrorCode::partition_offline}) {
        EXPECT_EQ(to_api_error(code, Subject::records), ApiError::kafka_storage_error);
        EXPECT_EQ(to_api_error(code, Subject::group), ApiError::coordinator_not_available);
    }
}

TEST(ApiErrors, LetClientsRetryWhatPasses) {
    using base::ErrorCode;
    for (const ErrorCode code :
         {ErrorCode::disk_full, ErrorCode::throttled, ErrorCode::timed_out, ErrorCode::not_leader,
          ErrorCode::leader_not_available, ErrorCode::coordinator_loading, ErrorCode::closed,
          ErrorCode::partition_offline, ErrorCode::not_enough_replicas}) {
        for (const Subject subject : {Subject::topic, Subject::group}) {
            EXPECT_TRUE(find_api_error(to_api_error(code, subject))->retriable)
                << base::to_string(code);
        }
    }
}

}  // namespace
}  // namespace polylog::kafka
