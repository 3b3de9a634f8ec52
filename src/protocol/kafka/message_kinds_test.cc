#include "protocol/kafka/frame.h"
#include "protocol/kafka/messages/consumer_protocol.h"
#include "test/support/kafka_filler.h"

namespace polylog::kafka::testing {

std::span<const MessageKind> message_kinds() {
    static const std::vector<MessageKind> kinds = [] {
        std::vector<MessageKind> all{kind_of<RequestHeader>(""), kind_of<ResponseHeader>(""),
                                     kind_of<ConsumerProtocolSubscription>(""),
                                     kind_of<ConsumerProtocolAssignment>("")};
        for (const MessageKind& kind : request_kinds()) all.push_back(kind);
        for (const MessageKind& kind : response_kinds()) all.push_back(kind);
        return all;
    }();
    return kinds;
}

}  // namespace polylog::kafka::testing
