#include "coordinator/group_errors.h"

#include <gtest/gtest.h>

namespace polylog::coordinator {
namespace {

using base::ErrorCode;

TEST(GroupErrors, MembersWaitForWhatPassesAndLookElsewhereForWhatDoesNot) {
    EXPECT_EQ(to_group_error(ErrorCode::disk_full), ErrorCode::coordinator_not_available);
    EXPECT_EQ(to_group_error(ErrorCode::timed_out), ErrorCode::coordinator_not_available);
    EXPECT_EQ(to_group_error(ErrorCode::damaged), ErrorCode::not_coordinator);
    EXPECT_EQ(to_group_error(ErrorCode::closed), ErrorCode::not_coordinator);
    EXPECT_EQ(to_group_error(ErrorCode::message_too_large), ErrorCode::internal);
}

TEST(GroupErrors, NobodyIsToldOfAnythingElse) {
    for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
        const ErrorCode told = to_group_error(static_cast<ErrorCode>(code));
        EXPECT_TRUE(told == ErrorCode::coordinator_not_available ||
                    told == ErrorCode::not_coordinator || told == ErrorCode::internal)
            << base::to_string(static_cast<ErrorCode>(code));
    }
}

}  // namespace
}  // namespace polylog::coordinator
