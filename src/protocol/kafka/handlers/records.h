#pragma once

#include "protocol/kafka/call.h"
#include "protocol/kafka/messages/delete_records.h"
#include "protocol/kafka/messages/fetch.h"
#include "protocol/kafka/messages/list_offsets.h"
#include "protocol/kafka/messages/offset_for_leader_epoch.h"
#include "protocol/kafka/messages/produce.h"

// Records in and out: the calls of producers and consumers.
namespace polylog::kafka {

// No reply when acks is 0; an error then closes the connection, the only way to tell the client.
io::Task<base::Result<Reply>> produce(Client& client, const Call& call);
io::Task<FetchResponse> fetch(Client& client, const Call& call, FetchRequest request);
io::Task<ListOffsetsResponse> list_offsets(Client& client, const Call& call,
                                           ListOffsetsRequest request);
io::Task<OffsetForLeaderEpochResponse> offset_for_leader_epoch(Client& client, const Call& call,
                                                               OffsetForLeaderEpochRequest request);
io::Task<DeleteRecordsResponse> delete_records(Client& client, const Call& call,
                                               DeleteRecordsRequest request);

}  // namespace polylog::kafka
