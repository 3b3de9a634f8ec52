#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/aws/operation.h"
#include "protocol/aws/wire.h"

// The operations of SNS on subscriptions and messages. SNS API reference, "Actions"; botocore
// sns/2010-03-31.
namespace polylog::aws::sns {

struct Subscribe {
    static constexpr Operation operation = sns_operation("Subscribe");
    struct Input {
        std::string topic_arn;
        std::string protocol;
        std::optional<std::string> endpoint;
        StringMap<std::string> attributes;
        std::optional<bool> return_subscription_arn;

        void wire(auto& io) {
            io(required("TopicArn"), topic_arn);
            io(required("Protocol"), protocol);
            io("Endpoint", endpoint);
            io(entry_map("Attributes"), attributes);
            io("ReturnSubscriptionArn", return_subscription_arn);
        }
    };
    struct Output {
        std::optional<std::string> subscription_arn;

        void wire(auto& io) { io("SubscriptionArn", subscription_arn); }
    };
};

struct ConfirmSubscription {
    static constexpr Operation operation = without_signature(sns_operation("ConfirmSubscription"));
    struct Input {
        std::string topic_arn;
        std::string token;
        std::optional<std::string> authenticate_on_unsubscribe;

        void wire(auto& io) {
            io(required("TopicArn"), topic_arn);
            io(required("Token"), token);
            io("AuthenticateOnUnsubscribe", authenticate_on_unsubscribe);
        }
    };
    using Output = Subscribe::Output;
};

struct Unsubscribe {
    static constexpr Operation operation = without_signature(
        without_result(sns_operation("Unsubscribe")));
    struct Input {
        std::string subscription_arn;

        void wire(auto& io) { io(required("SubscriptionArn"), subscription_arn); }
    };
    using Output = Nothing;
};

struct Subscription {
    std::optional<std::string> subscription_arn;
    std::optional<std::string> owner;
    std::optional<std::string> protocol;
    std::optional<std::string> endpoint;
    std::optional<std::string> topic_arn;

    void wire(auto& io) {
        io("SubscriptionArn", subscription_arn);
        io("Owner", owner);
        io("Protocol", protocol);
        io("Endpoint", endpoint);
        io("TopicArn", topic_arn);
    }
};

struct ListSubscriptions {
    static constexpr Operation operation = sns_operation("ListSubscriptions");
    struct Input {
        std::optional<std::string> next_token;

        void wire(auto& io) { io("NextToken", next_token); }
    };
    struct Output {
        std::vector<Subscription> subscriptions;
        std::optional<std::string> next_token;

        void wire(auto& io) {
            io(member_list("Subscriptions"), subscriptions);
            io("NextToken", next_token);
        }
    };
};

struct ListSubscriptionsByTopic {
    static constexpr Operation operation = sns_operation("ListSubscriptionsByTopic");
    struct Input {
        std::string topic_arn;
        std::optional<std::string> next_token;

        void wire(auto& io) {
            io(required("TopicArn"), topic_arn);
            io("NextToken", next_token);
        }
    };
    using Output = ListSubscriptions::Output;
};

struct GetSubscriptionAttributes {
    static constexpr Operation operation = sns_operation("GetSubscriptionAttributes");
    using Input = Unsubscribe::Input;
    struct Output {
        StringMap<std::string> attributes;

        void wire(auto& io) { io(entry_map("Attributes"), attributes); }
    };
};

struct SetSubscriptionAttributes {
    static constexpr Operation operation = without_result(
        sns_operation("SetSubscriptionAttributes"));
    struct Input {
        std::string subscription_arn;
        std::string attribute_name;
        std::optional<std::string> attribute_value;

        void wire(auto& io) {
            io(required("SubscriptionArn"), subscription_arn);
            io(required("AttributeName"), attribute_name);
            io("AttributeValue", attribute_value);
        }
    };
    using Output = Nothing;
};

// The value of one attribute of a message.
struct MessageAttribute {
    std::string data_type;  // "String", "Number", "Binary", "String.Array"
    std::optional<std::string> string_value;
    std::optional<Blob> binary_value;

    void wire(auto& io) {
        io(required_by_rule("DataType"), data_type);
        io("StringValue", string_value);
        io("BinaryValue", binary_value);
    }
    bool operator==(const MessageAttribute&) const = default;
};
using MessageAttributes = StringMap<MessageAttribute>;

// What Publish and an entry of PublishBatch have in common.
struct OutgoingMessage {
    std::string message;
    std::optional<std::string> subject;
    std::optional<std::string> structure;  // "json": one text per protocol
    MessageAttributes attributes;
    std::optional<std::string> deduplication_id;
    std::optional<std::string> group_id;

    void wire(auto& io) {
        io(required("Message"), message);
        io("Subject", subject);
        io("MessageStructure", structure);
        io(entry_map("MessageAttributes", "Name", "Value"), attributes);
        io("MessageDeduplicationId", deduplication_id);
        io("MessageGroupId", group_id);
    }
};

struct Publish {
    static constexpr Operation operation = sns_operation("Publish");
    struct Input {
        std::optional<std::string> topic_arn;
        std::optional<std::string> target_arn;
        std::optional<std::string> phone_number;
        OutgoingMessage message;

        void wire(auto& io) {
            io("TopicArn", topic_arn);
            io("TargetArn", target_arn);
            io("PhoneNumber", phone_number);
            message.wire(io);
        }
    };
    struct Output {
        std::optional<std::string> message_id;
        std::optional<std::string> sequence_number;

        void wire(auto& io) {
            io("MessageId", message_id);
            io("SequenceNumber", sequence_number);
        }
    };
};

struct PublishBatch {
    static constexpr Operation operation = sns_operation("PublishBatch");
    struct Entry {
        std::string id;
        OutgoingMessage message;

        void wire(auto& io) {
            io(required("Id"), id);
            message.wire(io);
        }
    };
    struct Input {
        std::string topic_arn;
        std::vector<Entry> entries;

        void wire(auto& io) {
            io(required("TopicArn"), topic_arn);
            io(required(member_list("PublishBatchRequestEntries")), entries);
        }
    };
    struct Published {
        std::optional<std::string> id;
        std::optional<std::string> message_id;
        std::optional<std::string> sequence_number;

        void wire(auto& io) {
            io("Id", id);
            io("MessageId", message_id);
            io("SequenceNumber", sequence_number);
        }
    };
    struct Failure {
        std::string id;
        std::string code;
        std::optional<std::string> message;
        bool sender_fault = true;

        void wire(auto& io) {
            io(required("Id"), id);
            io(required("Code"), code);
            io("Message", message);
            io(required("SenderFault"), sender_fault);
        }
    };
    struct Output {
        std::vector<Published> successful;
        std::vector<Failure> failed;

        void wire(auto& io) {
            io(member_list("Successful"), successful);
            io(member_list("Failed"), failed);
        }
    };
};

using SubscriptionOperations = OperationList<
    Subscribe, ConfirmSubscription, Unsubscribe, ListSubscriptions, ListSubscriptionsByTopic,
    GetSubscriptionAttributes, SetSubscriptionAttributes, Publish, PublishBatch>;

// Messages to phones and to apps: the operations that this broker knows by name and leaves out.
constexpr std::string_view kLeftOutOperations[] = {
    "CheckIfPhoneNumberIsOptedOut",
    "CreatePlatformApplication",
    "CreatePlatformEndpoint",
    "CreateSMSSandboxPhoneNumber",
    "DeleteEndpoint",
    "DeletePlatformApplication",
    "DeleteSMSSandboxPhoneNumber",
    "GetEndpointAttributes",
    "GetPlatformApplicationAttributes",
    "GetSMSAttributes",
    "GetSMSSandboxAccountStatus",
    "ListEndpointsByPlatformApplication",
    "ListOriginationNumbers",
    "ListPhoneNumbersOptedOut",
    "ListPlatformApplications",
    "ListSMSSandboxPhoneNumbers",
    "OptInPhoneNumber",
    "SetEndpointAttributes",
    "SetPlatformApplicationAttributes",
    "SetSMSAttributes",
    "VerifySMSSandboxPhoneNumber",
};

}  // namespace polylog::aws::sns
