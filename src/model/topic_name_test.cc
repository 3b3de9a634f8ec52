#include "model/topic_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::model {
namespace {

using base::ErrorCode;

TEST(TopicName, LettersDigitsDotUnderscoreAndDashAreAllowed) {
    for (const std::string& name :
         {std::string("orders"), std::string("Orders.2026_eu-west-1"), std::string("a"),
          std::string("..."), std::string("-"), std::string(249, 'x')}) {
        EXPECT_TRUE(check_topic_name(name)) << name;
    }
}

TEST(TopicName, WhatIsNoNameIsRefused) {
    for (const std::string& name :
         {std::string(), std::string("."), std::string(".."), std::string(250, 'x'),
          std::string("a b"), std::string("a/b"), std::string("../../etc/passwd"),
          std::string("caf\xc3\xa9"), std::string("a\0b", 3), std::string("a\n")}) {
        const auto checked = check_topic_name(name);
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error(), ErrorCode::invalid_name);
    }
}

TEST(TopicName, ARefusalSaysWhatIsWrongWithoutRepeatingTheName) {
    EXPECT_EQ(check_topic_name("a/b").error().detail(),
              "the topic name has byte 0x2f at position 1: only ASCII letters, digits, '.', '_' "
              "and '-' are allowed");
    EXPECT_EQ(check_topic_name(std::string(1 << 20, 'x')).error().detail(),
              "the topic name has 1048576 bytes, more than 249");
}

TEST(TopicName, DotAndUnderscoreCollide) {
    EXPECT_EQ(collision_key("a.b_c"), collision_key("a_b.c"));
    EXPECT_NE(collision_key("a.b"), collision_key("a-b"));
}

TEST(TopicName, IdsAreBounded) {
    EXPECT_TRUE(check_group_id("any text at all \xff"));
    EXPECT_TRUE(check_group_id(std::string(kGroupIdBytesMax, 'g')));
    EXPECT_FALSE(check_group_id(""));
    EXPECT_FALSE(check_group_id(std::string(kGroupIdBytesMax + 1, 'g')));
    EXPECT_TRUE(check_transactional_id("t"));
    EXPECT_FALSE(check_transactional_id(""));
    EXPECT_FALSE(check_transactional_id(std::string(kTransactionalIdBytesMax + 1, 't')));
}

}  // namespace
}  // namespace polylog::model
