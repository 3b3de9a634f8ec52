#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "broker/broker.h"
#include "io/sim/run_task.h"
#include "protocol/aws/handlers/message_handlers.h"
#include "protocol/aws/handlers/queue_handlers.h"
#include "protocol/aws/request_text.h"

namespace polylog::aws::testing {

// For tests: a broker on a simulated machine, asked as clients ask it, byte by byte.
class QueueFixture : public ::testing::Test {
protected:
    struct Program {
        explicit Program(sim::Node& node) {
            log::StorageOptions storage;
            storage.wal.file_bytes = 1 << 20;
            storage.disk_reserve_bytes = 0;
            broker = std::make_unique<broker::Broker>(std::vector<io::Shard*>{&node.shard(0)},
                                                      broker::BrokerOptions{
                                                          .storage = std::move(storage)});
        }
        // The doors are there once the broker has started.
        void make_handlers() {
            queues.emplace(broker->queues());
            messages.emplace(broker->queues(), base::Secret("key"));
            queues->add_to(dispatcher);
            messages->add_to(dispatcher);
        }
        std::unique_ptr<broker::Broker> broker;
        Authentication authentication{Realm{}};
        std::optional<QueueHandlers> queues;
        std::optional<MessageHandlers> messages;
        Dispatcher dispatcher{authentication, {}};
    };
    using Fields = std::map<std::string, std::string>;

    QueueFixture() : world_(1), node_(world_.add_node()) {}
    void SetUp() override { start(); }

    void start() {
        node_.boot([this](sim::Node& node) {
            auto program = std::make_shared<Program>(node);
            program_ = program;
            return program;
        });
        const auto started = sim::run_task(node_, program().broker->start());
        ASSERT_TRUE(started && started->has_value());
        program().make_handlers();
    }
    Program& program() { return *program_.lock(); }

    static http::Request request(std::string_view operation, std::string_view body) {
        return request_of(
            fmt::format("POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS.{}\r\nContent-Type: "
                        "application/x-amz-json-1.0\r\n",
                        operation),
            body);
    }
    // The body of what is answered, as JSON 1.0.
    http::Response respond(http::Request request) {
        return sim::run_task(node_, program().dispatcher.handle(std::move(request)))
            .value_or(http::Response{.status = 0});
    }
    std::string call(std::string_view operation, std::string_view body) {
        const http::Response response = respond(request(operation, body));
        return response.body;
    }
    // The same by the Query protocol.
    std::string query(std::string_view parameters, std::string_view path = "/") {
        return respond(request_of(fmt::format("GET {}?{} HTTP/1.1\r\n", path, parameters))).body;
    }
    // A refusal as "status code: message".
    std::string refusal(std::string_view operation, std::string_view body) {
        const http::Response response = respond(request(operation, body));
        if (response.status == 200) return "200";
        const auto json = base::Json::parse(response.body, 1 << 20);
        if (!json) return response.body;
        std::string type(json->get<std::string_view>("__type").value_or("?"));
        return fmt::format("{} {}: {}", response.status, type.substr(type.find('#') + 1),
                           json->get<std::string_view>("message").value_or("?"));
    }

    static std::string url_of(std::string_view queue) {
        return fmt::format("http://localhost:9324/000000000000/{}", queue);
    }
    void create(std::string_view name, std::string_view attributes = "{}") {
        const std::string body = call("CreateQueue",
                                      fmt::format(R"({{"QueueName":"{}","Attributes":{}}})", name,
                                                  attributes));
        ASSERT_EQ(body, fmt::format(R"({{"QueueUrl":"{}"}})", url_of(name)));
    }
    // `rest` continues the object: `,"DelaySeconds":1`.
    std::string send(std::string_view queue, std::string_view text, std::string_view rest = "") {
        return call("SendMessage", fmt::format(R"({{"QueueUrl":"{}","MessageBody":"{}"{}}})",
                                               url_of(queue), text, rest));
    }
    struct Received {
        std::string body, handle, id;
        std::string json;  // of all of it
    };
    std::vector<Received> receive(std::string_view queue, std::string_view rest = "") {
        const std::string text = call("ReceiveMessage",
                                      fmt::format(R"({{"QueueUrl":"{}"{}}})", url_of(queue), rest));
        const auto json = base::Json::parse(text, 1 << 24);
        std::vector<Received> all;
        if (!json) return all;
        const auto messages = json->get_optional<base::Json>("Messages");
        if (!messages || !*messages) return all;
        for (const base::Json& each : (*messages)->elements()) {
            const auto field = [&each](std::string_view name) {
                return std::string(each.get<std::string_view>(name).value_or("?"));
            };
            all.push_back({field("Body"), field("ReceiptHandle"), field("MessageId"), text});
        }
        return all;
    }
    std::vector<std::string> bodies(std::string_view queue, std::string_view rest = "") {
        std::vector<std::string> texts;
        for (Received& each : receive(queue, rest)) texts.push_back(std::move(each.body));
        return texts;
    }
    std::string settle(std::string_view operation, std::string_view queue, std::string_view handle,
                       std::string_view rest = "") {
        return refusal(operation, fmt::format(R"({{"QueueUrl":"{}","ReceiptHandle":"{}"{}}})",
                                              url_of(queue), handle, rest));
    }

    sim::World world_;
    sim::Node& node_;
    std::weak_ptr<Program> program_;
};

}  // namespace polylog::aws::testing
