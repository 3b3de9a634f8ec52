#include "protocol/kafka/messages/all.h"
#include "test/support/kafka_filler.h"

namespace polylog::kafka::testing {

std::vector<MessageKind> response_kinds() {
    std::vector<MessageKind> kinds;
    AllRequests::for_each([&kinds]<class Request>() {
        kinds.push_back(kind_of<typename Request::Response>("response"));
    });
    return kinds;
}

}  // namespace polylog::kafka::testing
