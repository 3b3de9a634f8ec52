#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/aws/operation.h"
#include "protocol/aws/wire.h"

// The operations of SQS on queues. SQS API reference, "Actions"; botocore sqs/2012-11-05.
namespace polylog::aws::sqs {

struct CreateQueue {
    static constexpr Operation operation = sqs_operation("CreateQueue");
    struct Input {
        std::string queue_name;
        StringMap<std::string> attributes;
        StringMap<std::string> tags;

        void wire(auto& io) {
            io(required("QueueName"), queue_name);
            io(flat_map("Attributes", "Attribute"), attributes);
            io(flat_map("tags", "Tag", "Key", "Value"), tags);
        }
    };
    struct Output {
        std::string queue_url;

        void wire(auto& io) { io("QueueUrl", queue_url); }
    };
};

struct DeleteQueue {
    static constexpr Operation operation = without_result(queue_operation("DeleteQueue"));
    struct Input {
        std::string queue_url;

        void wire(auto& io) { io(required("QueueUrl"), queue_url); }
    };
    using Output = Nothing;
};

struct GetQueueUrl {
    static constexpr Operation operation = sqs_operation("GetQueueUrl");
    struct Input {
        std::string queue_name;
        std::optional<std::string> queue_owner_account;

        void wire(auto& io) {
            io(required("QueueName"), queue_name);
            io("QueueOwnerAWSAccountId", queue_owner_account);
        }
    };
    using Output = CreateQueue::Output;
};

struct ListQueues {
    static constexpr Operation operation = sqs_operation("ListQueues");
    struct Input {
        std::optional<std::string> queue_name_prefix;
        std::optional<std::string> next_token;
        std::optional<int32_t> max_results;

        void wire(auto& io) {
            io("QueueNamePrefix", queue_name_prefix);
            io("NextToken", next_token);
            io("MaxResults", max_results);
        }
    };
    struct Output {
        std::vector<std::string> queue_urls;
        std::optional<std::string> next_token;

        void wire(auto& io) {
            io(flat_list("QueueUrls", "QueueUrl"), queue_urls);
            io("NextToken", next_token);
        }
    };
};

struct GetQueueAttributes {
    static constexpr Operation operation = queue_operation("GetQueueAttributes");
    struct Input {
        std::string queue_url;
        std::vector<std::string> attribute_names;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(flat_list("AttributeNames", "AttributeName"), attribute_names);
        }
    };
    struct Output {
        StringMap<std::string> attributes;

        void wire(auto& io) { io(flat_map("Attributes", "Attribute"), attributes); }
    };
};

struct SetQueueAttributes {
    static constexpr Operation operation = without_result(queue_operation("SetQueueAttributes"));
    struct Input {
        std::string queue_url;
        StringMap<std::string> attributes;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required(flat_map("Attributes", "Attribute")), attributes);
        }
    };
    using Output = Nothing;
};

struct PurgeQueue {
    static constexpr Operation operation = without_result(queue_operation("PurgeQueue"));
    using Input = DeleteQueue::Input;
    using Output = Nothing;
};

struct TagQueue {
    static constexpr Operation operation = without_result(queue_operation("TagQueue"));
    struct Input {
        std::string queue_url;
        StringMap<std::string> tags;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required(flat_map("Tags", "Tag", "Key", "Value")), tags);
        }
    };
    using Output = Nothing;
};

struct UntagQueue {
    static constexpr Operation operation = without_result(queue_operation("UntagQueue"));
    struct Input {
        std::string queue_url;
        std::vector<std::string> tag_keys;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required(flat_list("TagKeys", "TagKey")), tag_keys);
        }
    };
    using Output = Nothing;
};

struct ListQueueTags {
    static constexpr Operation operation = queue_operation("ListQueueTags");
    using Input = DeleteQueue::Input;
    struct Output {
        StringMap<std::string> tags;

        void wire(auto& io) { io(flat_map("Tags", "Tag", "Key", "Value"), tags); }
    };
};

struct AddPermission {
    static constexpr Operation operation = without_result(queue_operation("AddPermission"));
    struct Input {
        std::string queue_url;
        std::string label;
        std::vector<std::string> account_ids;
        std::vector<std::string> actions;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required("Label"), label);
            io(required(flat_list("AWSAccountIds", "AWSAccountId")), account_ids);
            io(required(flat_list("Actions", "ActionName")), actions);
        }
    };
    using Output = Nothing;
};

struct RemovePermission {
    static constexpr Operation operation = without_result(queue_operation("RemovePermission"));
    struct Input {
        std::string queue_url;
        std::string label;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io(required("Label"), label);
        }
    };
    using Output = Nothing;
};

struct ListDeadLetterSourceQueues {
    static constexpr Operation operation = queue_operation("ListDeadLetterSourceQueues");
    struct Input {
        std::string queue_url;
        std::optional<std::string> next_token;
        std::optional<int32_t> max_results;

        void wire(auto& io) {
            io(required("QueueUrl"), queue_url);
            io("NextToken", next_token);
            io("MaxResults", max_results);
        }
    };
    struct Output {
        std::vector<std::string> queue_urls;
        std::optional<std::string> next_token;

        void wire(auto& io) {
            io(required(even_if_empty(flat_list("queueUrls", "QueueUrl"))), queue_urls);
            io("NextToken", next_token);
        }
    };
};

struct StartMessageMoveTask {
    static constexpr Operation operation = sqs_operation("StartMessageMoveTask");
    struct Input {
        std::string source_arn;
        std::optional<std::string> destination_arn;
        std::optional<int32_t> max_messages_per_second;

        void wire(auto& io) {
            io(required("SourceArn"), source_arn);
            io("DestinationArn", destination_arn);
            io("MaxNumberOfMessagesPerSecond", max_messages_per_second);
        }
    };
    struct Output {
        std::optional<std::string> task_handle;

        void wire(auto& io) { io("TaskHandle", task_handle); }
    };
};

struct ListMessageMoveTasks {
    static constexpr Operation operation = sqs_operation("ListMessageMoveTasks");
    struct Input {
        std::string source_arn;
        std::optional<int32_t> max_results;

        void wire(auto& io) {
            io(required("SourceArn"), source_arn);
            io("MaxResults", max_results);
        }
    };
    struct MoveTask {
        std::optional<std::string> task_handle;  // only while it runs
        std::optional<std::string> status;
        std::optional<std::string> source_arn;
        std::optional<std::string> destination_arn;
        std::optional<int32_t> max_messages_per_second;
        std::optional<int64_t> messages_moved;
        std::optional<int64_t> messages_to_move;
        std::optional<std::string> failure_reason;
        std::optional<int64_t> started_unix_ms;

        void wire(auto& io) {
            io("TaskHandle", task_handle);
            io("Status", status);
            io("SourceArn", source_arn);
            io("DestinationArn", destination_arn);
            io("MaxNumberOfMessagesPerSecond", max_messages_per_second);
            io("ApproximateNumberOfMessagesMoved", messages_moved);
            io("ApproximateNumberOfMessagesToMove", messages_to_move);
            io("FailureReason", failure_reason);
            io("StartedTimestamp", started_unix_ms);
        }
    };
    struct Output {
        std::vector<MoveTask> results;

        void wire(auto& io) {
            io(flat_list("Results", "ListMessageMoveTasksResultEntry"), results);
        }
    };
};

struct CancelMessageMoveTask {
    static constexpr Operation operation = sqs_operation("CancelMessageMoveTask");
    struct Input {
        std::string task_handle;

        void wire(auto& io) { io(required("TaskHandle"), task_handle); }
    };
    struct Output {
        std::optional<int64_t> messages_moved;

        void wire(auto& io) { io("ApproximateNumberOfMessagesMoved", messages_moved); }
    };
};

using QueueOperations = OperationList<
    CreateQueue, DeleteQueue, GetQueueUrl, ListQueues, GetQueueAttributes, SetQueueAttributes,
    PurgeQueue, TagQueue, UntagQueue, ListQueueTags, AddPermission, RemovePermission,
    ListDeadLetterSourceQueues, StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask>;

}  // namespace polylog::aws::sqs
