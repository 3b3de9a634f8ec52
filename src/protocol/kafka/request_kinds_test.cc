#include "protocol/kafka/messages/all.h"
#include "test/support/kafka_filler.h"

namespace polylog::kafka::testing {

std::vector<MessageKind> request_kinds() {
    std::vector<MessageKind> kinds;
    AllRequests::for_each(
        [&kinds]<class Request>() { kinds.push_back(kind_of<Request>("request")); });
    return kinds;
}

}  // namespace polylog::kafka::testing
