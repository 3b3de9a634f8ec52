#include "cmd/announcement.h"

#include <gtest/gtest.h>

namespace polylog::cmd {
namespace {

TEST(Announcement, ListsEveryAddressForPrograms) {
    EXPECT_EQ(ports_text({.kafka = {{"127.0.0.1", 1}, {"::1", 2}}, .admin = {{"h", 3}}}, 17),
              "{\"pid\":17,\"kafka\":[\"127.0.0.1:1\",\"[::1]:2\"],\"admin\":[\"h:3\"]}\n");
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
}

}  // namespace
}  // namespace polylog::cmd
