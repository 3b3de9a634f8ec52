#include "client/errors.h"

#include <gtest/gtest.h>

namespace polylog::client {
namespace {

using base::ErrorCode;
using kafka::ApiError;

TEST(ClientErrors, AreTheNeutralOnesWithTheBrokersMessage) {
    const base::Error error = to_error(ApiError::unknown_topic_or_partition, "no topic 'x'");
    EXPECT_EQ(error.code(), ErrorCode::unknown_topic);
    EXPECT_EQ(error.detail(), "no topic 'x'");
    EXPECT_FALSE(to_error(ApiError::not_coordinator).detail().empty());
}

TEST(ClientErrors, NameTheCodeWhenThereIsNoNeutralOne) {
    const base::Error error = to_error(ApiError::transaction_abortable);
    EXPECT_EQ(error.code(), ErrorCode::internal);
    EXPECT_TRUE(error.detail().contains("TRANSACTION_ABORTABLE")) << error.detail();
    EXPECT_TRUE(to_error(static_cast<ApiError>(9999)).detail().contains("9999"));
}

TEST(ClientErrors, TellPassingFromFinalOnes) {
    EXPECT_TRUE(check(ApiError::none).has_value());
    EXPECT_FALSE(check(ApiError::invalid_config).has_value());
    EXPECT_TRUE(is_retriable(ErrorCode::not_leader));
    EXPECT_TRUE(is_stale_metadata(ErrorCode::not_leader));
    EXPECT_TRUE(is_retriable(ErrorCode::throttled));
    EXPECT_FALSE(is_stale_metadata(ErrorCode::throttled));
    EXPECT_FALSE(is_retriable(ErrorCode::message_too_large));
    EXPECT_FALSE(is_retriable(ErrorCode::not_authorized));
}

// What a broker says about a neutral error is understood as that error.
TEST(ClientErrors, AreTheReverseOfWhatABrokerSays) {
    for (const ErrorCode code :
         {ErrorCode::invalid_config, ErrorCode::topic_exists, ErrorCode::unknown_topic,
          ErrorCode::not_leader, ErrorCode::offset_out_of_range, ErrorCode::not_enough_replicas,
          ErrorCode::out_of_order_sequence, ErrorCode::stale_producer_epoch,
          ErrorCode::non_empty_group, ErrorCode::rebalance_in_progress, ErrorCode::invalid_name,
          ErrorCode::not_authorized, ErrorCode::timed_out, ErrorCode::message_too_large}) {
        EXPECT_EQ(to_error(kafka::to_api_error(code, kafka::Subject::topic)).code(), code)
            << base::to_string(code);
    }
}

}  // namespace
}  // namespace polylog::client
