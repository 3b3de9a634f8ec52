#include "protocol/aws/queue_url.h"

#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

const QueueAddress kOrders{"000000000000", "orders.fifo"};

TEST(QueueUrl, IsReadWhateverItsSchemeAndHost) {
    EXPECT_EQ(parse_queue_url("http://localhost:9324/000000000000/orders.fifo"), kOrders);
    EXPECT_EQ(parse_queue_url("https://sqs.eu-west-1.example.com/000000000000/orders.fifo"),
              kOrders);
    EXPECT_EQ(parse_queue_url("/000000000000/orders.fifo/"), kOrders);
    EXPECT_EQ(parse_queue_url(queue_url("http://h:1", kOrders)), kOrders);
}

TEST(QueueUrl, NeedsAnAccountAndAName) {
    for (const std::string_view url :
         {"", "orders", "http://h", "http://h/", "http://h/orders", "http://h/000000000000/",
          "http://h/00000000000/orders", "http://h/00000000000x/orders",
          "http://h/000000000000/a/b", "http://h/1/2/3", "000000000000/orders"}) {
        EXPECT_EQ(parse_queue_url(url), std::nullopt) << url;
    }
}

TEST(Arn, IsReadAndPrinted) {
    constexpr std::string_view kText = "arn:aws:sns:us-east-1:000000000000:topic:6f0b-1";
    const auto arn = Arn::parse(kText);
    ASSERT_TRUE(arn);
    EXPECT_EQ(arn->service, "sns");
    EXPECT_EQ(arn->region, "us-east-1");
    EXPECT_EQ(arn->account, "000000000000");
    EXPECT_EQ(arn->resource, "topic:6f0b-1");
    EXPECT_EQ(arn->to_string(), kText);
}

TEST(Arn, NeedsAllItsParts) {
    for (const std::string_view text : {"", "arn:aws:sqs:r:a", "arn:aws:sqs:r:a:",
                                        "arm:aws:sqs:r:a:q", "arn::sqs:r:a:q", "arn:aws::r:a:q"}) {
        EXPECT_EQ(Arn::parse(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace polylog::aws
