#include "protocol/kafka/codec_definitions.h"
#include "protocol/kafka/messages/delete_records.h"
#include "protocol/kafka/messages/init_producer_id.h"
#include "protocol/kafka/messages/list_offsets.h"
#include "protocol/kafka/messages/offset_for_leader_epoch.h"

namespace polylog::kafka {

template struct Codec<ListOffsetsRequest>;
template struct Codec<ListOffsetsResponse>;
template struct Codec<OffsetForLeaderEpochRequest>;
template struct Codec<OffsetForLeaderEpochResponse>;
template struct Codec<DeleteRecordsRequest>;
template struct Codec<DeleteRecordsResponse>;
template struct Codec<InitProducerIdRequest>;
template struct Codec<InitProducerIdResponse>;

}  // namespace polylog::kafka
