#pragma once

#include <string_view>

#include "protocol/aws/service.h"
#include "protocol/aws/wire.h"

namespace polylog::aws {

// One operation of a service: a struct with an Input, an Output, and this.
//
//     struct DeleteQueue {
//         static constexpr Operation operation{Service::sqs, "DeleteQueue"};
//         struct Input { ... void wire(auto& io); };
//         using Output = Nothing;
//     };
struct Operation {
    Service service = Service::sqs;
    std::string_view name;
    bool has_result = true;  // the answer in XML has a <...Result> element, empty or not
    bool on_queue = false;   // may be sent to the URL of a queue, which then is the input's
    bool anonymous = false;  // needs no signature: a secret in the input stands for one
};

constexpr Operation sqs_operation(std::string_view name) {
    return {.service = Service::sqs, .name = name};
}
// Its input begins with QueueUrl.
constexpr Operation queue_operation(std::string_view name) {
    return {.service = Service::sqs, .name = name, .on_queue = true};
}
constexpr Operation sns_operation(std::string_view name) {
    return {.service = Service::sns, .name = name};
}
// Its answer says that it is done, and nothing more.
constexpr Operation without_result(Operation operation) {
    operation.has_result = false;
    return operation;
}

constexpr Operation without_signature(Operation operation) {
    operation.anonymous = true;
    return operation;
}

// Of some operations: for_each calls `visit.template operator()<Op>()` for each, in order.
template <class... Ops>
struct OperationList {
    static void for_each(auto&& visit) { (visit.template operator()<Ops>(), ...); }
    static constexpr size_t size = sizeof...(Ops);
};

}  // namespace polylog::aws
