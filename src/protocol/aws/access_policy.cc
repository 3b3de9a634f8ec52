#include "protocol/aws/access_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/units.h"

namespace polylog::aws {

using base::Json;
using base::JsonWriter;

namespace {

using base::operator""_KiB;

constexpr size_t kPolicyBytesMax = 64_KiB;
constexpr size_t kActionsMax = 7;
constexpr size_t kLabelBytesMax = 80;
// The version before variables; what AWS itself writes here.
constexpr std::string_view kVersion = "2008-10-17";

// SQS developer guide, AddPermission: what can be given away.
constexpr std::string_view kQueueActions[] = {
    "*",
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueUrl",
    "GetQueueAttributes",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
};
constexpr std::string_view kTopicActions[] = {
    "*",
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
};

std::span<const std::string_view> actions_of(Service service) {
    return service == Service::sqs ? std::span<const std::string_view>(kQueueActions)
                                   : std::span<const std::string_view>(kTopicActions);
}

std::string_view action_prefix(Service service) {
    return service == Service::sqs ? "SQS" : "SNS";
}

std::unexpected<Fault> invalid(std::string_view value, std::string_view parameter,
                               std::string_view reason) {
    return refuse(FaultKind::invalid_parameter_value,
                  fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter,
                              reason));
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= kLabelBytesMax && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

Answer<void> check_permission(Service service, const Permission& permission) {
    const auto missing = [](std::string_view parameter) {
        return refuse(FaultKind::missing_parameter,
                      fmt::format("The request must contain the parameter {}.", parameter));
    };
    if (permission.actions.empty()) return missing("Actions");
    if (permission.accounts.empty()) return missing("AWSAccountIds");
    if (!is_label(permission.label)) {
        return invalid(permission.label, "Label",
                       "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 "
                       "in length");
    }
    if (permission.actions.size() > kActionsMax) {
        return refuse(FaultKind::over_limit,
                      fmt::format("{} Actions were found, maximum allowed is {}.",
                                  permission.actions.size(), kActionsMax));
    }
    for (const std::string& action : permission.actions) {
        const auto known = actions_of(service);
        if (std::ranges::find(known, action) == known.end()) {
            return invalid(fmt::format("{}:{}", action_prefix(service), action), "ActionName",
                           "Please refer to the appropriate WSDL for a list of valid actions.");
        }
    }
    return {};
}

// A policy with its statements apart.
struct Document {
    std::optional<Json> id;
    std::string version = std::string(kVersion);
    std::vector<Json> statements;
};

std::optional<Json> member(const Json& object, std::string_view name) {
    return object.get_optional<Json>(name).value_or(std::nullopt);
}

// Nothing in a text that is no policy.
Document parse(std::string_view policy) {
    Document document;
    const auto json = Json::parse(policy, kPolicyBytesMax);
    if (!json) return document;
    document.id = member(*json, "Id");
    if (const auto version = member(*json, "Version")) {
        document.version = version->as<std::string_view>().value_or(kVersion);
    }
    const auto statements = member(*json, "Statement");
    if (!statements) return document;
    // A single statement may stand without a list.
    if (statements->kind() == Json::Kind::object) document.statements.push_back(*statements);
    for (const Json& statement : statements->elements()) document.statements.push_back(statement);
    return document;
}

bool has_label(const Json& statement, std::string_view label) {
    const auto sid = member(statement, "Sid");
    return sid && sid->as<std::string_view>() == label;
}

// One value stands by itself, as AWS writes it.
void write_values(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
    json.key(name);
    if (values.size() == 1) {
        json.value(values[0]);
        return;
    }
    json.begin_array();
    for (const std::string& value : values) json.value(value);
    json.end_array();
}

void write_statement(JsonWriter& json, Service service, std::string_view resource_arn,
                     const Permission& permission) {
    std::vector<std::string> principals, actions;
    for (const std::string& account : permission.accounts) {
        principals.push_back(account == "*" ? account
                                            : fmt::format("arn:aws:iam::{}:root", account));
    }
    for (const std::string& action : permission.actions) {
        actions.push_back(fmt::format("{}:{}", action_prefix(service), action));
    }
    json.begin_object().field("Sid", permission.label).field("Effect", "Allow");
    json.key("Principal").begin_object();
    write_values(json, "AWS", principals);
    json.end_object();
    write_values(json, "Action", actions);
    json.field("Resource", resource_arn).end_object();
}

// Up to and with the statements that are there.
void begin_policy(JsonWriter& json, const Document& document, std::string_view default_id) {
    json.begin_object().field("Version", document.version);
    if (document.id) {
        json.field("Id", *document.id);
    } else if (!default_id.empty()) {
        json.field("Id", default_id);
    }
    json.key("Statement").begin_array();
    for (const Json& statement : document.statements) json.value(statement);
}

}  // namespace

Answer<std::string> add_permission(std::string_view policy, Service service,
                                   std::string_view resource_arn, const Permission& permission) {
    TRY_VOID(check_permission(service, permission));
    const Document document = parse(policy);
    const bool there = std::ranges::any_of(document.statements, [&](const Json& statement) {
        return has_label(statement, permission.label);
    });
    if (there) return invalid(permission.label, "Label", "Already exists.");
    std::string text;
    JsonWriter json(text);
    begin_policy(json, document,
                 service == Service::sqs ? fmt::format("{}/SQSDefaultPolicy", resource_arn)
                                         : std::string("__default_policy_ID"));
    write_statement(json, service, resource_arn, permission);
    json.end_array().end_object();
    return text;
}

Answer<std::string> remove_permission(std::string_view policy, std::string_view label) {
    Document document = parse(policy);
    const size_t removed = std::erase_if(document.statements, [label](const Json& statement) {
        return has_label(statement, label);
    });
    if (removed == 0) return invalid(label, "Label", "can't find label.");
    if (document.statements.empty()) return std::string();
    std::string text;
    JsonWriter json(text);
    begin_policy(json, document, "");
    json.end_array().end_object();
    return text;
}

std::string default_topic_policy(std::string_view topic_arn, std::string_view account) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("Version", kVersion).field("Id", "__default_policy_ID");
    json.key("Statement").begin_array().begin_object();
    json.field("Effect", "Allow").field("Sid", "__default_statement_ID");
    json.key("Principal").begin_object().field("AWS", "*").end_object();
    json.key("Action").begin_array();
    for (const std::string_view action : kTopicActions) {
        if (action != "*") json.value(fmt::format("SNS:{}", action));
    }
    json.end_array().field("Resource", topic_arn);
    json.key("Condition").begin_object().key("StringEquals").begin_object();
    json.field("AWS:SourceOwner", account).end_object().end_object();
    json.end_object().end_array().end_object();
    return text;
}

}  // namespace polylog::aws
