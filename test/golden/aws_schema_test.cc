#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "protocol/aws/catalog.h"
#include "protocol/aws/messages/sns_subscriptions.h"
#include "protocol/aws/messages/sns_topics.h"
#include "protocol/aws/messages/sqs_messages.h"
#include "protocol/aws/messages/sqs_queues.h"
#include "protocol/aws/schema_printer.h"

// Goal: a member that is missing, misnamed, of another type or form, or wrongly required fails, and
// so does an operation that nobody wrote down. Method: print what wire() says of every operation
// and compare it with aws_schema.txt, which was derived from the services' own models (those of
// SQS for JSON and, for the names in its Query form, for the protocol before it).
namespace polylog::aws {
namespace {

using Lines = std::vector<std::string>;

// The lines of each operation, by service and name.
using Printed = std::map<std::pair<Service, std::string>, Lines>;

template <class List>
void print(Printed& printed) {
    List::for_each([&printed]<class Op>() {
        const Operation& operation = Op::operation;
        const std::string title = std::string(to_string(operation.service)) + ' ' +
                                  std::string(operation.name);
        const auto line = [](const std::string& what, const std::string& schema) {
            return what + ":" + (schema.empty() ? "" : " " + schema);
        };
        Lines& lines = printed[{operation.service, std::string(operation.name)}];
        lines.push_back(line(title + " input", SchemaPrinter::print<typename Op::Input>()));
        lines.push_back(line(title + " output", operation.has_result
                                                    ? SchemaPrinter::print<typename Op::Output>()
                                                    : "none"));
    });
}

Lines printed_schema() {
    Printed printed;
    print<sqs::QueueOperations>(printed);
    print<sqs::MessageOperations>(printed);
    print<sns::TopicOperations>(printed);
    print<sns::SubscriptionOperations>(printed);
    Lines lines;
    for (const auto& [name, each] : printed) lines.insert(lines.end(), each.begin(), each.end());
    std::string left_out;
    for (const std::string_view name : sns::kLeftOutOperations) {
        left_out += (left_out.empty() ? "" : ", ") + std::string(name);
    }
    lines.push_back("sns left out: " + left_out);
    return lines;
}

Lines golden_schema() {
    std::ifstream file(POLYLOG_GOLDEN_DIR "/aws_schema.txt");
    Lines lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

TEST(AwsSchema, SaysWhatTheServicesModelsSay) {
    const Lines printed = printed_schema();
    const Lines golden = golden_schema();
    ASSERT_FALSE(golden.empty());
    for (size_t i = 0; i < std::min(printed.size(), golden.size()); ++i)
        EXPECT_EQ(printed[i], golden[i]);
    EXPECT_EQ(printed.size(), golden.size());
}

TEST(AwsSchema, HoldsEveryOperationThatTheCatalogKnows) {
    Printed printed;
    print<sqs::QueueOperations>(printed);
    print<sqs::MessageOperations>(printed);
    print<sns::TopicOperations>(printed);
    print<sns::SubscriptionOperations>(printed);
    EXPECT_EQ(printed.size(), 23 + 21);
    for (const auto& [name, lines] : printed) {
        const Operation* operation = find_operation(name.first, name.second);
        ASSERT_NE(operation, nullptr) << name.second;
        // What is sent to a queue's address says which queue it means.
        EXPECT_EQ(operation->on_queue, lines[0].contains("input: QueueUrl*")) << name.second;
    }
}

}  // namespace
}  // namespace polylog::aws
