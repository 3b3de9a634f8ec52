#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocol/aws/codec.h"
#include "protocol/aws/messages/sqs_messages.h"
#include "protocol/aws/messages/sqs_queues.h"

namespace polylog::aws {

namespace {

template <class Op>
void read(std::string_view body) {
    const auto input = Codec<Op>::from_json(body, body.size(), "");
    CHECK(input || !input.error().message.empty());
}

}  // namespace

// Any bytes give an input or a fault that says why, for every operation that has JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto visit = [body]<class Op>() { read<Op>(body); };
    sqs::QueueOperations::for_each(visit);
    sqs::MessageOperations::for_each(visit);
    return 0;
}

}  // namespace polylog::aws
