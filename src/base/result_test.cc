#include "base/result.h"

#include <memory>

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

Result<int> half_of(int number) {
    if (number % 2 != 0) return fail(ErrorCode::invalid_request, "odd");
    return number / 2;
}

Result<int> quarter_of(int number) {
    TRY(const int half, half_of(number));
    return half_of(half);
}

Result<void> check_even(int number) {
    TRY_VOID(half_of(number));
    return {};
}

Result<std::unique_ptr<int>> boxed(int number) {
    TRY(auto box, Result<std::unique_ptr<int>>(std::make_unique<int>(number)));
    return box;
}

TEST(Result, TryPassesValuesOnAndReturnsTheFirstError) {
    EXPECT_EQ(quarter_of(12).value(), 3);
    const auto failed = quarter_of(6);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), ErrorCode::invalid_request);
    EXPECT_EQ(failed.error().detail(), "odd");
    EXPECT_TRUE(check_even(2));
    EXPECT_FALSE(check_even(1));
}

TEST(Result, TryMovesWhatCannotBeCopied) {
    EXPECT_EQ(**boxed(7), 7);
}

TEST(Error, MessageIsTheCodeAndTheDetail) {
    EXPECT_EQ(Error(ErrorCode::disk_full).message(), "disk_full");
    EXPECT_EQ(Error(ErrorCode::corrupt, "segment 42").message(), "corrupt: segment 42");
    EXPECT_EQ(Error(ErrorCode::disk_full).detail(), "");
}

TEST(Error, CopiesShareTheDetail) {
    const Error error(ErrorCode::corrupt, "segment 42");
    const Error copy = error;
    EXPECT_EQ(copy.detail().data(), error.detail().data());
}

}  // namespace
}  // namespace polylog::base
