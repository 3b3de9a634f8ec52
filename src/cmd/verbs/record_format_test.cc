#include "cmd/verbs/record_format.h"

#include <gtest/gtest.h>

namespace polylog::cmd {
namespace {

client::ConsumedRecord order() {
    client::ConsumedRecord record;
    record.topic = "orders";
    record.partition = 3;
    record.offset = 47;
    record.leader_epoch = 2;
    record.timestamp_ms = 1'767'323'045'678;
    record.key = "c1";
    record.value = "say \"hi\"";
    record.headers = {{"a", "1"}, {"b", std::nullopt}};
    return record;
}

std::string formatted(std::string_view format, const client::ConsumedRecord& record = order()) {
    const auto parsed = RecordFormat::parse(format);
    if (!parsed) return std::string(parsed.error().detail());
    std::string out;
    parsed->append(record, 5, out);
    return out;
}

TEST(RecordFormat, PrintsWhatEachDirectiveStandsFor) {
    EXPECT_EQ(formatted("%t/%p/%o@%e #%i"), "orders/3/47@2 #5");
    EXPECT_EQ(formatted("%k=%v (%K,%V)"), "c1=say \"hi\" (2,8)");
    EXPECT_EQ(formatted("%k=%s (%K,%S)"), "c1=say \"hi\" (2,8)");
    EXPECT_EQ(formatted("%T %d"), "1767323045678 2026-01-02T03:04:05.678Z");
    EXPECT_EQ(formatted("%h %H"), "a=1,b= 2");
    EXPECT_EQ(formatted("100%%"), "100%");
}

TEST(RecordFormat, RepeatsTheInnerFormatForEachHeader) {
    EXPECT_EQ(formatted("%h{<%k:%v>}"), "<a:1><b:>");
    EXPECT_EQ(formatted("%h{%k%v{json} }"), "a\"1\" bnull ");
}

TEST(RecordFormat, EncodesBytes) {
    EXPECT_EQ(formatted("%k{hex} %k{base64} %v{json}"), "6331 YzE= \"say \\\"hi\\\"\"");
}

TEST(RecordFormat, ReadsEscapes) {
    EXPECT_EQ(formatted("a\\tb\\n\\x41\\\\"), "a\tb\nA\\");
    EXPECT_EQ(formatted("\\0"), std::string(1, '\0'));
}

TEST(RecordFormat, TellsNullFromEmpty) {
    client::ConsumedRecord nulls;
    EXPECT_EQ(formatted("[%k][%K][%v{json}]", nulls), "[][-1][null]");
    nulls.key = "";
    EXPECT_EQ(formatted("[%k][%K]", nulls), "[][0]");
}

TEST(RecordFormat, RefusesWhatItDoesNotKnow) {
    for (const std::string_view text :
         {"%", "%y", "\\", "\\q", "\\x4", "%k{", "%k{rot13}", "%o{hex}", "%h{%q}"}) {
        EXPECT_FALSE(RecordFormat::parse(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace polylog::cmd
