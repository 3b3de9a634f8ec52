#include "base/secret.h"

#include <concepts>
#include <ostream>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/json_writer.h"
#include "base/logging.h"

namespace polylog::base {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

// Each of these would let a secret reach a text without anybody writing reveal().
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!Streamable<Secret>);
static_assert(!std::convertible_to<Secret, std::string_view>);
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(!std::convertible_to<Secret, bool>);
static_assert(!std::constructible_from<LogValue, Secret>);

TEST(Secret, RevealsItselfOnlyWhenAsked) {
    const Secret secret("hunter2");
    EXPECT_EQ(secret.reveal(), "hunter2");
    EXPECT_FALSE(secret.empty());
    EXPECT_TRUE(Secret().empty());
    EXPECT_EQ(Secret().reveal(), "");
}

TEST(Secret, ComparesWholeTexts) {
    const Secret secret("hunter2");
    EXPECT_TRUE(secret.equals("hunter2"));
    EXPECT_FALSE(secret.equals("hunter3"));
    EXPECT_FALSE(secret.equals("Hunter2"));
    EXPECT_FALSE(secret.equals("hunter"));
    EXPECT_FALSE(secret.equals(""));
    EXPECT_TRUE(Secret().equals(""));
}

TEST(Secret, CopiesAndMovesKeepTheText) {
    Secret first("hunter2");
    const Secret copy = first;
    EXPECT_NE(copy.reveal().data(), first.reveal().data());
    const Secret moved = std::move(first);
    EXPECT_EQ(copy.reveal(), "hunter2");
    EXPECT_EQ(moved.reveal(), "hunter2");
    Secret assigned("old");
    assigned = moved;
    EXPECT_EQ(assigned.reveal(), "hunter2");
}

}  // namespace
}  // namespace polylog::base
