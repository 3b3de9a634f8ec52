#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/aws/operation.h"
#include "protocol/aws/wire.h"

// The operations of SNS on topics, their tags and permissions. SNS API reference, "Actions";
// botocore sns/2010-03-31.
namespace polylog::aws::sns {

struct Tag {
    std::string key;
    std::string value;

    void wire(auto& io) {
        io(required("Key"), key);
        io(required("Value"), value);
    }
    bool operator==(const Tag&) const = default;
};

struct CreateTopic {
    static constexpr Operation operation = sns_operation("CreateTopic");
    struct Input {
        std::string name;
        StringMap<std::string> attributes;
        std::vector<Tag> tags;
        std::optional<std::string> data_protection_policy;

        void wire(auto& io) {
            io(required("Name"), name);
            io(entry_map("Attributes"), attributes);
            io(member_list("Tags"), tags);
            io("DataProtectionPolicy", data_protection_policy);
        }
    };
    struct Output {
        std::optional<std::string> topic_arn;

        void wire(auto& io) { io("TopicArn", topic_arn); }
    };
};

struct DeleteTopic {
    static constexpr Operation operation = without_result(sns_operation("DeleteTopic"));
    struct Input {
        std::string topic_arn;

        void wire(auto& io) { io(required("TopicArn"), topic_arn); }
    };
    using Output = Nothing;
};

struct ListTopics {
    static constexpr Operation operation = sns_operation("ListTopics");
    struct Input {
        std::optional<std::string> next_token;

        void wire(auto& io) { io("NextToken", next_token); }
    };
    struct Output {
        std::vector<CreateTopic::Output> topics;
        std::optional<std::string> next_token;

        void wire(auto& io) {
            io(member_list("Topics"), topics);
            io("NextToken", next_token);
        }
    };
};

struct GetTopicAttributes {
    static constexpr Operation operation = sns_operation("GetTopicAttributes");
    using Input = DeleteTopic::Input;
    struct Output {
        StringMap<std::string> attributes;

        void wire(auto& io) { io(entry_map("Attributes"), attributes); }
    };
};

struct SetTopicAttributes {
    static constexpr Operation operation = without_result(sns_operation("SetTopicAttributes"));
    struct Input {
        std::string topic_arn;
        std::string attribute_name;
        std::optional<std::string> attribute_value;

        void wire(auto& io) {
            io(required("TopicArn"), topic_arn);
            io(required("AttributeName"), attribute_name);
            io("AttributeValue", attribute_value);
        }
    };
    using Output = Nothing;
};

struct AddPermission {
    static constexpr Operation operation = without_result(sns_operation("AddPermission"));
    struct Input {
        std::string topic_arn;
        std::string label;
        std::vector<std::string> account_ids;
        std::vector<std::string> actions;

        void wire(auto& io) {
            io(required("TopicArn"), topic_arn);
            io(required("Label"), label);
            io(required(member_list("AWSAccountId")), account_ids);
            io(required(member_list("ActionName")), actions);
        }
    };
    using Output = Nothing;
};

struct RemovePermission {
    static constexpr Operation operation = without_result(sns_operation("RemovePermission"));
    struct Input {
        std::string topic_arn;
        std::string label;

        void wire(auto& io) {
            io(required("TopicArn"), topic_arn);
            io(required("Label"), label);
        }
    };
    using Output = Nothing;
};

struct TagResource {
    static constexpr Operation operation = sns_operation("TagResource");
    struct Input {
        std::string resource_arn;
        std::vector<Tag> tags;

        void wire(auto& io) {
            io(required("ResourceArn"), resource_arn);
            io(required(member_list("Tags")), tags);
        }
    };
    using Output = Nothing;
};

struct UntagResource {
    static constexpr Operation operation = sns_operation("UntagResource");
    struct Input {
        std::string resource_arn;
        std::vector<std::string> tag_keys;

        void wire(auto& io) {
            io(required("ResourceArn"), resource_arn);
            io(required(member_list("TagKeys")), tag_keys);
        }
    };
    using Output = Nothing;
};

struct ListTagsForResource {
    static constexpr Operation operation = sns_operation("ListTagsForResource");
    struct Input {
        std::string resource_arn;

        void wire(auto& io) { io(required("ResourceArn"), resource_arn); }
    };
    struct Output {
        std::vector<Tag> tags;

        void wire(auto& io) { io(member_list("Tags"), tags); }
    };
};

struct GetDataProtectionPolicy {
    static constexpr Operation operation = sns_operation("GetDataProtectionPolicy");
    using Input = ListTagsForResource::Input;
    struct Output {
        std::optional<std::string> policy;

        void wire(auto& io) { io("DataProtectionPolicy", policy); }
    };
};

struct PutDataProtectionPolicy {
    static constexpr Operation operation = without_result(sns_operation("PutDataProtectionPolicy"));
    struct Input {
        std::string resource_arn;
        std::string policy;

        void wire(auto& io) {
            io(required("ResourceArn"), resource_arn);
            io(required("DataProtectionPolicy"), policy);
        }
    };
    using Output = Nothing;
};

using TopicOperations = OperationList<CreateTopic, DeleteTopic, ListTopics, GetTopicAttributes,
                                      SetTopicAttributes, AddPermission, RemovePermission,
                                      TagResource, UntagResource, ListTagsForResource,
                                      GetDataProtectionPolicy, PutDataProtectionPolicy>;

}  // namespace polylog::aws::sns
