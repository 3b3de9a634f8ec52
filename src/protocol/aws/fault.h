#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "protocol/aws/service.h"

namespace polylog::aws {

// Every way in which an operation can be refused; each service says it in its own words.
enum class FaultKind : uint8_t {
    // The request itself
    invalid_parameter_value,
    missing_parameter,
    malformed_input,  // bytes that are no request of the protocol they claim
    invalid_action,   // no operation of the service, or not on this path
    unknown_operation,
    unsupported_operation,
    not_implemented,  // an operation of the service that this broker leaves out
    // Who asks
    missing_authentication_token,
    incomplete_signature,
    invalid_client_token_id,
    signature_does_not_match,
    access_denied,
    // Capacity
    throttled,
    over_limit,
    internal_failure,
    service_unavailable,
    // Queues
    queue_does_not_exist,
    queue_name_exists,
    queue_deleted_recently,
    purge_queue_in_progress,
    invalid_address,  // a queue URL that is none
    invalid_attribute_name,
    invalid_attribute_value,
    invalid_message_contents,
    message_not_inflight,
    receipt_handle_is_invalid,
    resource_not_found,
    // Batches
    empty_batch_request,
    too_many_entries_in_batch_request,
    invalid_batch_entry_id,
    batch_entry_ids_not_distinct,
    batch_request_too_long,
    // Topics
    not_found,
    parameter_value_invalid,
    validation_error,
    subscription_limit_exceeded,
    filter_policy_limit_exceeded,
    topic_limit_exceeded,
    concurrent_access,
    stale_tag,
    tag_limit_exceeded,
};
constexpr size_t kFaultKinds = static_cast<size_t>(FaultKind::tag_limit_exceeded) + 1;

// Why a request is refused, or an entry of a batch. Without a message it says what its service
// always says.
struct [[nodiscard]] Fault {
    Fault(FaultKind its_kind) : kind(its_kind) {}  // NOLINT: implicit, `fail(FaultKind::...)`
    Fault(FaultKind its_kind, std::string text) : kind(its_kind), message(std::move(text)) {}
    // What the rooms below report: every code is mapped on purpose.
    Fault(const base::Error& error);  // NOLINT: implicit, so that CO_TRY hands it on

    bool operator==(const Fault&) const = default;

    FaultKind kind;
    std::string message;
};

// What every operation and rule of this room returns.
template <class T>
using Answer = std::expected<T, Fault>;

inline std::unexpected<Fault> refuse(FaultKind kind, std::string message = {}) {
    return std::unexpected<Fault>(Fault(kind, std::move(message)));
}

// How a service says it.
struct FaultForm {
    std::string_view shape;         // `__type` in JSON, with its namespace
    std::string_view code;          // <Code> in XML, of batch entries, and in x-amzn-query-error
    int status = 400;               // of HTTP
    bool sender = true;             // whether the client is to blame
    std::string_view message = {};  // of a fault without one
    std::string_view query_message = message;  // the same in the Query protocol
};
const FaultForm& form_of(FaultKind kind, Service service);

}  // namespace polylog::aws
