#include "cmd/output/failure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace polylog::cmd {
namespace {

using base::ErrorCode;

TEST(Failure, EveryNeutralErrorHasACodeOfItsOwn) {
    std::set<std::string_view> codes;
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
        const FailureKind& kind = failure_kind(static_cast<ErrorCode>(i));
        EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
        EXPECT_FALSE(kind.meaning.empty()) << kind.code;
        EXPECT_FALSE(kind.advice.empty()) << kind.code;
    }
}

TEST(Failure, EveryCodeIsSingleAndExplained) {
    std::set<std::string_view> codes;
    for (const FailureKind& kind : failure_kinds()) {
        EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
        EXPECT_FALSE(kind.meaning.empty()) << kind.code;
        EXPECT_FALSE(kind.advice.empty()) << kind.code;
        EXPECT_FALSE(kind.hint.empty()) << kind.code;
        EXPECT_FALSE(kind.status == ExitStatus::ok) << kind.code;
    }
    EXPECT_TRUE(std::ranges::is_sorted(failure_kinds(), {}, &FailureKind::code));
}

TEST(Failure, WhatANeutralErrorCannotSayHasACodeOfItsOwn) {
    for (const std::string_view code :
         {kCommandLineWrong, kSettingWrong, kExposureRefused, kAddressUnusable,
          kDataDirectoryUnusable, kStorageUnusable, kStopFailed, kOutputUnwritable}) {
        const Failure failure{.error = base::Error(ErrorCode::io_failed, "no"), .code = code};
        EXPECT_EQ(failure.kind().code, code);
        EXPECT_FALSE(failure.kind().error.has_value());
        EXPECT_TRUE(to_text(failure).contains("  hint: ")) << code;
        EXPECT_TRUE(to_json(failure).contains("\"cause\":\"io_failed\"")) << code;
    }
}

TEST(Failure, TellsAPersonWhatWhereAndWhatNext) {
    const Failure failure{.error = base::Error(ErrorCode::unknown_topic,
                                               "topic 'ordres' does not exist"),
                          .at = "127.0.0.1:9092",
                          .hint = "did you mean 'orders'?"};
    EXPECT_EQ(to_text(failure),
              "error[PL2031]: topic 'ordres' does not exist\n"
              "  at: 127.0.0.1:9092\n"
              "  hint: did you mean 'orders'?\n"
              "  docs: polylog explain PL2031\n");
}

TEST(Failure, TellsAProgramTheSame) {
    const Failure failure{.error = base::Error(ErrorCode::unknown_topic)};
    EXPECT_EQ(
        to_json(failure),
        "{\"error\":{\"code\":\"PL2031\",\"message\":\"the topic or partition does not exist\","
        "\"hint\":\"polylog topic list\",\"cause\":\"unknown_topic\"}}\n");
}

TEST(Failure, FindsCodesInEitherCase) {
    ASSERT_NE(find_failure_kind("pl2031"), nullptr);
    EXPECT_EQ(find_failure_kind("pl2031")->error, ErrorCode::unknown_topic);
    EXPECT_EQ(find_failure_kind("PL0000"), nullptr);
}

}  // namespace
}  // namespace polylog::cmd
