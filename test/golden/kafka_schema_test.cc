#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/kafka/frame.h"
#include "protocol/kafka/messages/all.h"
#include "protocol/kafka/schema_printer.h"

// Goal: a field that is missing, misnamed, out of order, of another type or in the wrong versions
// fails. Method: print what wire() says for every message at every version and compare it with
// kafka_schema.txt, which was derived from Kafka's own message definitions and not from this code.
namespace polylog::kafka {
namespace {

// Appends one line per run of versions that look the same.
template <class Message>
void print_versions(const std::string& title, std::vector<std::string>& lines) {
    const Api& api = Message::api;
    int16_t first = api.min;
    std::string schema = SchemaPrinter::print<Message>(first, api.flexible(first));
    const auto print_run = [&](int16_t last) {
        const std::string run = std::to_string(first) +
                                (first == last ? "" : "-" + std::to_string(last));
        lines.push_back(title + " v" + run + ":" + (schema.empty() ? "" : " ") + schema);
    };
    for (auto version = static_cast<int16_t>(first + 1); version <= api.max; ++version) {
        std::string next = SchemaPrinter::print<Message>(version, api.flexible(version));
        if (next == schema) continue;
        print_run(static_cast<int16_t>(version - 1));
        first = version;
        schema = std::move(next);
    }
    print_run(api.max);
}

template <class Message>
void print_structure(std::vector<std::string>& lines) {
    print_versions<Message>(std::string(Message::api.name), lines);
}

std::vector<std::string> printed_schema() {
    std::vector<std::string> lines;
    print_structure<RequestHeader>(lines);
    print_structure<ResponseHeader>(lines);
    print_structure<ConsumerProtocolSubscription>(lines);
    print_structure<ConsumerProtocolAssignment>(lines);
    AllRequests::for_each([&lines]<class Request>() {
        const std::string call = std::string(Request::api.name) + " (" +
                                 std::to_string(Request::api.key) + ")";
        print_versions<Request>(call + " request", lines);
        print_versions<typename Request::Response>(call + " response", lines);
    });
    return lines;
}

std::vector<std::string> golden_schema() {
    std::ifstream file(POLYLOG_GOLDEN_DIR "/kafka_schema.txt");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

TEST(KafkaSchema, SaysWhatKafkasMessageDefinitionsSay) {
    const std::vector<std::string> printed = printed_schema();
    const std::vector<std::string> golden = golden_schema();
    ASSERT_FALSE(golden.empty());
    for (size_t i = 0; i < std::min(printed.size(), golden.size()); ++i)
        EXPECT_EQ(printed[i], golden[i]);
    EXPECT_EQ(printed.size(), golden.size());
}

TEST(KafkaSchema, HoldsEveryApiOnceInTheOrderOfTheirKeys) {
    int previous = -1;
    AllRequests::for_each([&previous]<class Request>() {
        EXPECT_LT(previous, Request::api.key);
        EXPECT_EQ(find_api(Request::api.key), &Request::api);
        previous = Request::api.key;
    });
    EXPECT_EQ(find_api(-1), nullptr);
    EXPECT_EQ(find_api(4), nullptr);
    EXPECT_EQ(find_api(static_cast<int16_t>(previous + 1)), nullptr);
}

}  // namespace
}  // namespace polylog::kafka
