#include "protocol/aws/handlers/queue_lookup.h"

#include <fmt/format.h>

namespace polylog::aws {

Answer<QueuePtr> find_queue(const broker::Queues& queues, std::string_view url) {
    const auto address = parse_queue_url(url);
    if (!address) {
        return refuse(FaultKind::invalid_address,
                      fmt::format("The address {} is not valid for this endpoint.", url));
    }
    TRY(QueuePtr queue, queues.find(address->name));
    return queue;
}

std::string url_for(const Context& context, std::string_view name) {
    return queue_url(context.origin,
                     {.account = context.identity.account, .name = std::string(name)});
}

std::string arn_for(const Context& context, std::string_view name) {
    return Arn{.service = "sqs",
               .region = context.realm.region,
               .account = context.identity.account,
               .resource = std::string(name)}
        .to_string();
}

}  // namespace polylog::aws
