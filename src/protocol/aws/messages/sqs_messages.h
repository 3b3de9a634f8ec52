#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/aws/operation.h"
#include "protocol/aws/wire.h"

// The operations of SQS on messages. SQS API reference, "Actions"; botocore sqs/2012-11-05.
namespace polylog::aws::sqs {

// The value of one attribute of a message. The two lists are described but not implemented by SQS.
struct MessageAttribute {
    std::optional<std::string> string_value;
    std::optional<Blob> binary_value;
    std::vector<std::string> string_list_values;
    std::vector<Blob> binary_list_values;
    std::string data_type;  // "String", "Number.int"

    void wire(auto& io) {
        io("StringValue", string_value);
        io("BinaryValue", binary_value);
        io(flat_list("StringListValues", "StringListValue"), string_list_values);
        io(flat_list("BinaryListValues", "BinaryListValue"), binary_list_values);
        io(required_by_rule("DataType"), data_type);
    }
    bool operator==(const MessageAttribute&) const = default;
};
using MessageAttributes = StringMap<MessageAttribute>;

// What SendMessage and an entry of SendMessageBatch have in common.
struct OutgoingMessage {
    std::string body;
    std::optional<int32_t> delay_seconds;
    MessageAttributes attributes;
    MessageAttributes system_attributes;
    std::optional<std::string> deduplication_id;
    std::optional<std::string> group_id;

    void wire(auto& io) {
        io(required("MessageBody"), body);
        io("DelaySeconds", delay_seconds);
        io(flat_map("MessageAttributes", "MessageAttribute"), attributes);
        io(flat_map("MessageSystemAttributes", "MessageSystemAttribute"), system_attributes);
        io("MessageDeduplicationId", deduplication_id);
        io("MessageGroupId", group_id);
    }
};

struct SendMessage {
    static constexpr Operation operation = queue_operation("SendMessage");
    struct Input {
        std::string queue_url;
        OutgoingMessage message;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            message.wire(io);
        }
    };
    struct Output {
        std::optional<std::string> md5_of_body;
        std::optional<std::string> md5_of_attributes;
        std::optional<std::string> md5_of_system_attributes;
        std::optional<std::string> message_id;
        std::optional<std::string> sequence_number;

        void wire(auto& io) {
            io("MD5OfMessageBody", md5_of_body);
            io("MD5OfMessageAttributes", md5_of_attributes);
            io("MD5OfMessageSystemAttributes", md5_of_system_attributes);
            io("MessageId", message_id);
            io("SequenceNumber", sequence_number);
        }
    };
};

// An entry of a batch that was refused.
struct BatchFailure {
    std::string id;
    bool sender_fault = true;
    std::string code;
    std::optional<std::string> message;

    void wire(auto& io) {
        io(required("Id"), id);
        io(required("SenderFault"), sender_fault);
        io(required("Code"), code);
        io("Message", message);
    }
};

struct SendMessageBatch {
    static constexpr Operation operation = queue_operation("SendMessageBatch");
    struct Entry {
        std::string id;
        OutgoingMessage message;

        void wire(auto& io) {
            io(required("Id"), id);
            message.wire(io);
        }
    };
    struct Input {
        std::string queue_url;
        std::vector<Entry> entries;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required(flat_list("Entries", "SendMessageBatchRequestEntry")), entries);
        }
    };
    struct Sent {
        std::string id;
        std::string message_id;
        std::string md5_of_body;
        std::optional<std::string> md5_of_attributes;
        std::optional<std::string> md5_of_system_attributes;
        std::optional<std::string> sequence_number;

        void wire(auto& io) {
            io(required("Id"), id);
            io(required("MessageId"), message_id);
            io(required("MD5OfMessageBody"), md5_of_body);
            io("MD5OfMessageAttributes", md5_of_attributes);
            io("MD5OfMessageSystemAttributes", md5_of_system_attributes);
            io("SequenceNumber", sequence_number);
        }
    };
    struct Output {
        std::vector<Sent> successful;
        std::vector<BatchFailure> failed;

        void wire(auto& io) {
            io(required(flat_list("Successful", "SendMessageBatchResultEntry")), successful);
            io(required(flat_list("Failed", "BatchResultErrorEntry")), failed);
        }
    };
};

struct ReceiveMessage {
    static constexpr Operation operation = queue_operation("ReceiveMessage");
    struct Input {
        std::string queue_url;
        std::vector<std::string> attribute_names;  // deprecated name of the next
        std::vector<std::string> system_attribute_names;
        std::vector<std::string> message_attribute_names;
        std::optional<int32_t> messages_max;
        std::optional<int32_t> visibility_timeout_seconds;
        std::optional<int32_t> wait_time_seconds;
        std::optional<std::string> attempt_id;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(flat_list("AttributeNames", "AttributeName"), attribute_names);
            io(flat_list("MessageSystemAttributeNames", "MessageSystemAttributeName"),
               system_attribute_names);
            io(flat_list("MessageAttributeNames", "MessageAttributeName"), message_attribute_names);
            io("MaxNumberOfMessages", messages_max);
            io("VisibilityTimeout", visibility_timeout_seconds);
            io("WaitTimeSeconds", wait_time_seconds);
            io("ReceiveRequestAttemptId", attempt_id);
        }
    };
    struct Message {
        std::optional<std::string> message_id;
        std::optional<std::string> receipt_handle;
        std::optional<std::string> md5_of_body;
        std::optional<std::string> body;
        StringMap<std::string> attributes;  // of the system
        std::optional<std::string> md5_of_attributes;
        MessageAttributes message_attributes;

        void wire(auto& io) {
            io("MessageId", message_id);
            io("ReceiptHandle", receipt_handle);
            io("MD5OfBody", md5_of_body);
            io("Body", body);
            io(flat_map("Attributes", "Attribute"), attributes);
            io("MD5OfMessageAttributes", md5_of_attributes);
            io(flat_map("MessageAttributes", "MessageAttribute"), message_attributes);
        }
    };
    struct Output {
        std::vector<Message> messages;

        void wire(auto& io) { io(flat_list("Messages", "Message"), messages); }
    };
};

struct DeleteMessage {
    static constexpr Operation operation = without_result(queue_operation("DeleteMessage"));
    struct Input {
        std::string queue_url;
        std::string receipt_handle;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required("ReceiptHandle"), receipt_handle);
        }
    };
    using Output = Nothing;
};

// An entry of a batch that was done.
struct BatchSuccess {
    std::string id;

    void wire(auto& io) { io(required("Id"), id); }
};

struct DeleteMessageBatch {
    static constexpr Operation operation = queue_operation("DeleteMessageBatch");
    struct Entry {
        std::string id;
        std::string receipt_handle;

        void wire(auto& io) {
            io(required("Id"), id);
            io(required("ReceiptHandle"), receipt_handle);
        }
    };
    struct Input {
        std::string queue_url;
        std::vector<Entry> entries;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required(flat_list("Entries", "DeleteMessageBatchRequestEntry")), entries);
        }
    };
    struct Output {
        std::vector<BatchSuccess> successful;
        std::vector<BatchFailure> failed;

        void wire(auto& io) {
            io(required(even_if_empty(flat_list("Successful", "DeleteMessageBatchResultEntry"))),
               successful);
            io(required(even_if_empty(flat_list("Failed", "BatchResultErrorEntry"))), failed);
        }
    };
};

struct ChangeMessageVisibility {
    static constexpr Operation operation = without_result(
        queue_operation("ChangeMessageVisibility"));
    struct Input {
        std::string queue_url;
        std::string receipt_handle;
        int32_t visibility_timeout_seconds = 0;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required("ReceiptHandle"), receipt_handle);
            io(required("VisibilityTimeout"), visibility_timeout_seconds);
        }
    };
    using Output = Nothing;
};

struct ChangeMessageVisibilityBatch {
    static constexpr Operation operation = queue_operation("ChangeMessageVisibilityBatch");
    struct Entry {
        std::string id;
        std::string receipt_handle;
        std::optional<int32_t> visibility_timeout_seconds;

        void wire(auto& io) {
            io(required("Id"), id);
            io(required("ReceiptHandle"), receipt_handle);
            io("VisibilityTimeout", visibility_timeout_seconds);
        }
    };
    struct Input {
        std::string queue_url;
        std::vector<Entry> entries;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required(flat_list("Entries", "ChangeMessageVisibilityBatchRequestEntry")), entries);
        }
    };
    struct Output {
        std::vector<BatchSuccess> successful;
        std::vector<BatchFailure> failed;

        void wire(auto& io) {
            io(required(even_if_empty(
                   flat_list("Successful", "ChangeMessageVisibilityBatchResultEntry"))),
               successful);
            io(required(even_if_empty(flat_list("Failed", "BatchResultErrorEntry"))), failed);
        }
    };
};

using MessageOperations = OperationList<SendMessage, SendMessageBatch, ReceiveMessage,
                                        DeleteMessage, DeleteMessageBatch, ChangeMessageVisibility,
                                        ChangeMessageVisibilityBatch>;

}  // namespace polylog::aws::sqs
