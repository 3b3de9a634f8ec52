#include "protocol/kafka/codec_definitions.h"
#include "protocol/kafka/messages/fetch.h"
#include "protocol/kafka/messages/produce.h"

namespace polylog::kafka {

template struct Codec<ProduceRequest>;
template struct Codec<ProduceResponse>;
template struct Codec<FetchRequest>;
template struct Codec<FetchResponse>;

}  // namespace polylog::kafka
