#include "cmd/announcement.h"

#include <gtest/gtest.h>

namespace polylog::cmd {
namespace {

TEST(Announcement, ListsEveryAddressForPrograms) {
    EXPECT_EQ(ports_text({.kafka = {{"127.0.0.1", 1}, {"::1", 2}}, .admin = {{"h", 3}}}, 17),
              "{\"pid\":17,\"kafka\":[\"127.0.0.1:1\",\"[::1]:2\"],\"admin\":[\"h:3\"],"
              "\"aws\":[]}\n");
}

TEST(Announcement, TellsPeopleWhatIsAdvertisedAndWhatToTry) {
    Settings settings;
    settings.kafka = {{.bind = {"", 9092}, .advertise = io::Endpoint{"broker.example", 9092}}};
    const std::string text = banner_text(settings, {.kafka = {{"0.0.0.0", 9092}}},
                                         std::chrono::milliseconds(12), "build/polylog");
    EXPECT_TRUE(text.contains("ready in 12ms"));
    EXPECT_TRUE(text.contains("clients are told to connect to broker.example:9092"));
    EXPECT_TRUE(text.contains("kcat -b 127.0.0.1:9092"));
    EXPECT_TRUE(text.contains("  build/polylog tail orders -o start -b 127.0.0.1:9092\n"));
    EXPECT_FALSE(text.contains("sqs"));
}

TEST(Announcement, TellsHowQueuesAreReachedWhereAnybodyMayAsk) {
    Settings settings;
    settings.aws_settings.authentication = AwsAuthentication::any;
    const Listening listening{.kafka = {{"127.0.0.1", 9092}}, .aws = {{"127.0.0.1", 9324}}};
    const std::string text = banner_text(settings, listening, std::chrono::milliseconds(12), "p");
    EXPECT_TRUE(text.contains("  sqs    http://127.0.0.1:9324\n"));
    EXPECT_TRUE(text.contains("--endpoint-url http://127.0.0.1:9324 sqs create-queue"));
}

}  // namespace
}  // namespace polylog::cmd
