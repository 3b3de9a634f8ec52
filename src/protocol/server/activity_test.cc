#include "protocol/server/activity.h"

#include <gtest/gtest.h>

namespace polylog::server {
namespace {

using base::operator""s;
using base::operator""min;

constexpr base::MonoTime kStart{base::Duration(1s)};

class ActivityRules : public ::testing::Test {
protected:
    static base::Limits rules() {
        base::Limits limits;
        limits.first_request_timeout = 10s;
        limits.idle_timeout = 10min;
        limits.write_stalled_timeout = 30s;
        limits.frame_min_bytes_per_second = 1000;
        return limits;
    }
    // One request has come and was answered.
    void had_request() {
        activity_.resume_reading(kStart);
        activity_.received(kStart, true, std::nullopt);
        activity_.pause_reading(kStart);
    }

    const base::Limits limits_ = rules();
    Activity activity_{limits_, kStart};
};

TEST_F(ActivityRules, AsksForAFirstRequestInTime) {
    activity_.resume_reading(kStart);
    EXPECT_EQ(activity_.overdue(kStart + 10s), std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 11s), Overdue::no_request);
    activity_.received(kStart + 9s, true, std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 11s), std::nullopt);
}

TEST_F(ActivityRules, ClosesIdleConnectionsButNotThoseThatWaitForTheirAnswer) {
    had_request();
    EXPECT_EQ(activity_.overdue(kStart + 10min), std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 11min), Overdue::idle);
    activity_.begin_request();
    EXPECT_EQ(activity_.overdue(kStart + 11min), std::nullopt);
    activity_.end_request();
    EXPECT_EQ(activity_.overdue(kStart + 11min), Overdue::idle);
}

TEST_F(ActivityRules, GivesARequestTenSecondsAndThenOnlyWhatItsBytesEarn) {
    had_request();
    activity_.resume_reading(kStart);
    activity_.received(kStart, false, 1);
    EXPECT_EQ(activity_.overdue(kStart + 10s), std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 11s), Overdue::slow_sender);
    activity_.received(kStart + 11s, false, 5000);
    EXPECT_EQ(activity_.overdue(kStart + 15s), std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 16s), Overdue::slow_sender);
}

TEST_F(ActivityRules, JudgesEachRequestForItself) {
    had_request();
    activity_.resume_reading(kStart);
    activity_.received(kStart, false, 1);
    activity_.received(kStart + 9s, true, 3);  // whole, and the next one has begun
    EXPECT_EQ(activity_.overdue(kStart + 19s), std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 20s), Overdue::slow_sender);
}

TEST_F(ActivityRules, DoesNotBlameTheClientWhileTheBrokerDoesNotRead) {
    had_request();
    activity_.resume_reading(kStart);
    activity_.received(kStart, false, 1);
    activity_.pause_reading(kStart + 5s);
    EXPECT_EQ(activity_.overdue(kStart + 60s), std::nullopt);
    activity_.resume_reading(kStart + 60s);
    EXPECT_EQ(activity_.overdue(kStart + 65s), std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 66s), Overdue::slow_sender);
}

TEST_F(ActivityRules, BlamesASlowRequestAlsoBesideOneThatIsServed) {
    had_request();
    activity_.begin_request();
    activity_.resume_reading(kStart);
    activity_.received(kStart, false, 1);
    EXPECT_EQ(activity_.overdue(kStart + 11s), Overdue::slow_sender);
}

TEST_F(ActivityRules, ClosesReadersThatStopReading) {
    had_request();
    activity_.owe(kStart, 1000);
    EXPECT_EQ(activity_.overdue(kStart + 30s), std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 31s), Overdue::slow_reader);
    activity_.sent(kStart + 29s, 999);
    EXPECT_EQ(activity_.overdue(kStart + 31s), std::nullopt);
    activity_.sent(kStart + 31s, 1);
    EXPECT_EQ(activity_.overdue(kStart + 90s), std::nullopt);
}

TEST_F(ActivityRules, ClosesReadersThatOnlyTrickle) {
    had_request();
    activity_.owe(kStart, 1'000'000);
    for (int i = 1; i < 5; ++i) {
        activity_.sent(kStart + i * 10s, 1);
        EXPECT_EQ(activity_.overdue(kStart + i * 10s), std::nullopt);
    }
    activity_.sent(kStart + 50s, 1);
    EXPECT_EQ(activity_.overdue(kStart + 50s), Overdue::slow_reader);
}

TEST_F(ActivityRules, DoesNotTakeAsksForSigns) {
    // A client that goes on asking, but reads nothing, is not alive.
    had_request();
    activity_.owe(kStart, 1000);
    activity_.resume_reading(kStart);
    activity_.received(kStart + 29s, true, std::nullopt);
    EXPECT_EQ(activity_.overdue(kStart + 31s), Overdue::slow_reader);
}

}  // namespace
}  // namespace polylog::server
