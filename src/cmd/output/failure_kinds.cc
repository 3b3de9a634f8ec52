#include "cmd/output/failure.h"

namespace polylog::cmd {

using base::ErrorCode;

namespace {

constexpr FailureKind kKinds[] = {
    {std::nullopt, kCommandLineWrong, ExitStatus::usage, "the command line is wrong",
     "A command, an option or a value is unknown, missing or one too many. The message says "
     "which,\n"
     "and the help of the command what there is.",
     "polylog --help"},
    {ErrorCode::invalid_request, "PL1001", ExitStatus::usage, "the request is not valid",
     "The command, its input or an answer contradicts itself or lacks something. The"
     " message says what.",
     "the message says which part"},
    {ErrorCode::unsupported_version, "PL1002", ExitStatus::bad_data,
     "broker and client have no version in common",
     "The broker does not offer a request in a version this program speaks. Is the "
     "address that of a\n"
     "Kafka listener? A broker older than Kafka 3.0 lacks what some commands need.",
     "polylog version"},
    {ErrorCode::unsupported, "PL1003", ExitStatus::bad_data, "the broker does not offer this",
     "The operation is known but this broker does not offer it.",
     "polylog version, and that of the broker"},
    {ErrorCode::invalid_record, "PL1004", ExitStatus::bad_data, "a record breaks the rules",
     "A record or batch was refused: its count, its offsets, or a missing key on a "
     "compacted topic.",
     "polylog topic describe TOPIC --all shows what it accepts"},
    {ErrorCode::invalid_timestamp, "PL1005", ExitStatus::bad_data, "a timestamp is out of range",
     "The topic accepts timestamps only within message.timestamp.before.max.ms and\n"
     "message.timestamp.after.max.ms of the broker's time.",
     "polylog topic describe TOPIC"},
    {ErrorCode::message_too_large, "PL1006", ExitStatus::bad_data, "too large",
     "A record or batch is larger than the topic's max.message.bytes, or an answer "
     "larger than this\n"
     "program takes. Raise the topic's limit, or send smaller batches.",
     "polylog topic alter TOPIC -c max.message.bytes=..."},
    {ErrorCode::metadata_too_large, "PL1007", ExitStatus::bad_data,
     "the text stored with an offset is too long",
     "An offset commit carries more metadata than offset.metadata.max.bytes.",
     "shorten the metadata, or raise offset.metadata.max.bytes"},
    {ErrorCode::unsupported_compression, "PL1008", ExitStatus::bad_data, "unknown compression",
     "The batch names a codec that does not exist, or that the topic forbids.",
     "-z none, gzip, snappy, lz4 or zstd"},
    {ErrorCode::invalid_acks, "PL1009", ExitStatus::usage, "no such acknowledgement level",
     "Acknowledgement levels are all, 1 and 0.", "-a all, 1 or 0"},
    {ErrorCode::invalid_session_timeout, "PL1010", ExitStatus::usage,
     "the session time-out is out of range",
     "The broker bounds it by group.min.session.timeout.ms and "
     "group.max.session.timeout.ms.",
     "choose a time-out within these bounds"},
    {ErrorCode::policy_violation, "PL1011", ExitStatus::not_permitted, "over a cap of this broker",
     "The request is well-formed but over a limit that the operator set.", "ask for less at once"},
    {ErrorCode::corrupt, "PL1012", ExitStatus::bad_data,
     "bytes do not match their checksum or format",
     "What was read is damaged: on the wire, in a file, or on the broker's disk; or what listens "
     "at the\n"
     "address is no Kafka listener. If it repeats, look for damage in the broker's log.",
     "look whether the address is right, then at the broker's log"},
    {ErrorCode::invalid_name, "PL2001", ExitStatus::bad_data, "the name is not allowed",
     "Topic names have 1 to 249 characters of a-z A-Z 0-9 . _ - and are not '.' or "
     "'..'.\n"
     "Group names are not empty and have at most 1024 bytes.",
     "choose a name of these characters"},
    {ErrorCode::invalid_config, "PL2002", ExitStatus::bad_data,
     "a setting is unknown or out of range",
     "The broker knows no setting of that name, or its value is outside what it "
     "accepts. The message\n"
     "names the nearest setting.",
     "polylog topic describe TOPIC"},
    {ErrorCode::invalid_partition_count, "PL2003", ExitStatus::bad_data,
     "the partition count is not possible",
     "A topic has at least one partition, and the count can only grow: shrinking "
     "would lose records.",
     "polylog topic describe TOPIC shows how many there are"},
    {ErrorCode::invalid_replication_factor, "PL2004", ExitStatus::bad_data,
     "the replication factor is not possible",
     "It is at least 1 and at most the number of brokers.",
     "one broker holds one replica: leave the factor out"},
    {ErrorCode::invalid_replica_assignment, "PL2005", ExitStatus::bad_data,
     "the replica assignment is not possible", "It names unknown brokers, or one of them twice.",
     "leave the assignment to the broker"},
    {ErrorCode::unknown_topic, "PL2031", ExitStatus::bad_data,
     "the topic or partition does not exist",
     "No topic has that name, or it has no such partition. Names are case-sensitive.",
     "polylog topic list"},
    {ErrorCode::unknown_topic_id, "PL2032", ExitStatus::bad_data, "no topic has this id",
     "The topic was deleted, perhaps created again under the same name with another "
     "id.",
     "polylog topic list"},
    {ErrorCode::inconsistent_topic_id, "PL2033", ExitStatus::try_again,
     "the topic was deleted and created again",
     "Name and id belong to different incarnations of a topic. Try again.", "try again"},
    {ErrorCode::topic_exists, "PL2034", ExitStatus::bad_data, "the topic exists already",
     "A topic of that name exists, or one whose name differs only in '.' and '_'.",
     "polylog topic describe TOPIC shows it; topic create --if-not-exists leaves it as it is"},
    {ErrorCode::unknown_group, "PL2035", ExitStatus::bad_data, "the group does not exist",
     "No group has that name, or its offsets have expired.", "polylog group list"},
    {ErrorCode::unknown_member, "PL2036", ExitStatus::try_again,
     "the group does not know this member",
     "The group has active members, so only they may commit, or this member was "
     "removed. To set a\n"
     "group's offsets, stop its members first.",
     "polylog group describe GROUP"},
    {ErrorCode::unknown_producer, "PL2037", ExitStatus::try_again,
     "the broker does not know this producer",
     "The producer was idle for so long that the broker forgot it. Try again.", "try again"},
    {ErrorCode::not_found, "PL2038", ExitStatus::bad_data, "it does not exist",
     "A file, a directory, or what the command line names does not exist.", "check the spelling"},
    {ErrorCode::not_leader, "PL3001", ExitStatus::try_again,
     "the broker does not lead the partition",
     "Leadership moved. Try again: clients find the new leader by themselves.", "try again"},
    {ErrorCode::leader_not_available, "PL3002", ExitStatus::try_again, "nobody leads the partition",
     "The partition has no leader yet, or its leader is down.", "polylog topic describe TOPIC"},
    {ErrorCode::stale_leader_epoch, "PL3003", ExitStatus::try_again, "the leader changed",
     "The client's view of the partition's leader is older than the broker's. Try "
     "again.",
     "try again"},
    {ErrorCode::unknown_leader_epoch, "PL3004", ExitStatus::try_again,
     "the broker has not heard of the leader yet",
     "The client's view of the partition's leader is newer than the broker's. Try "
     "again.",
     "try again"},
    {ErrorCode::offset_out_of_range, "PL3005", ExitStatus::bad_data,
     "the partition does not have this offset",
     "The offset is before the start of the log (retention removed it) or behind its"
     " end.",
     "polylog tail TOPIC -o start"},
    {ErrorCode::offset_not_available, "PL3006", ExitStatus::try_again,
     "the new leader does not know the end of its log yet", "Try again.", "try again"},
    {ErrorCode::not_enough_replicas, "PL3007", ExitStatus::try_again,
     "too few replicas are in sync",
     "With acks=all a write needs min.insync.replicas. Nothing was written.",
     "polylog topic describe TOPIC"},
    {ErrorCode::not_enough_replicas_after_append, "PL3008", ExitStatus::try_again,
     "too few replicas stayed in sync",
     "The batch was written, but not to min.insync.replicas. A retry may store it "
     "twice unless the\n"
     "producer is idempotent.",
     "try again with an idempotent producer"},
    {ErrorCode::partition_offline, "PL3009", ExitStatus::internal, "the partition's storage failed",
     "The broker took the partition offline because its storage failed or is "
     "damaged. The broker's log\n"
     "says what and where.",
     "look at the broker's log"},
    {ErrorCode::damaged, "PL3010", ExitStatus::internal,
     "storage lost something it had acknowledged",
     "The broker's disk lost or changed data. It needs an operator: the broker's log"
     " says which file.",
     "look at the broker's log"},
    {ErrorCode::out_of_order_sequence, "PL4001", ExitStatus::internal,
     "a batch of the producer is missing",
     "An idempotent producer's sequence has a gap: an earlier batch was not stored.",
     "restart the producer"},
    {ErrorCode::duplicate_sequence, "PL4002", ExitStatus::bad_data, "the batch was stored before",
     "The batch is a duplicate of one that the broker has.",
     "nothing to do: the records are stored"},
    {ErrorCode::stale_producer_epoch, "PL4003", ExitStatus::bad_data, "another producer took over",
     "A newer producer with the same identity fenced this one.", "stop one of the two producers"},
    {ErrorCode::coordinator_loading, "PL5001", ExitStatus::try_again,
     "the group's coordinator is loading",
     "The broker reads the group's state after a start. Try again.", "try again"},
    {ErrorCode::coordinator_not_available, "PL5002", ExitStatus::try_again,
     "the group has no coordinator", "Try again.", "try again"},
    {ErrorCode::not_coordinator, "PL5003", ExitStatus::try_again,
     "the broker does not coordinate the group", "Coordination moved. Try again.", "try again"},
    {ErrorCode::illegal_generation, "PL5004", ExitStatus::try_again, "the group has moved on",
     "The group rebalanced meanwhile.", "try again"},
    {ErrorCode::rebalance_in_progress, "PL5005", ExitStatus::try_again, "the group is rebalancing",
     "Try again when its members have settled.", "try again"},
    {ErrorCode::member_id_required, "PL5006", ExitStatus::try_again,
     "join again with the member id given", "Part of joining a group; clients do it by themselves.",
     "join again with the id in the answer"},
    {ErrorCode::inconsistent_group_protocol, "PL5007", ExitStatus::bad_data,
     "the group speaks another protocol",
     "The member's assignment strategies have none in common with the group's.",
     "give all members a common assignment strategy"},
    {ErrorCode::fenced_instance, "PL5008", ExitStatus::bad_data,
     "another member took over this instance id", "Two members have the same group.instance.id.",
     "give each member its own group.instance.id"},
    {ErrorCode::group_max_size_reached, "PL5009", ExitStatus::not_permitted, "the group is full",
     "The broker bounds a group by group.max.size.",
     "raise group.max.size, or start another group"},
    {ErrorCode::non_empty_group, "PL5010", ExitStatus::bad_data, "the group has members",
     "Only an empty group can be deleted or moved. Stop its members first.",
     "polylog group describe GROUP"},
    {ErrorCode::group_subscribed_to_topic, "PL5011", ExitStatus::bad_data,
     "the group reads this topic",
     "Offsets of a topic that the group's members read cannot be deleted.",
     "stop the group's members first"},
    {ErrorCode::queue_full, "PL5021", ExitStatus::try_again, "the queue is full",
     "It holds as many messages as its owner allows. Receive some, or raise the bound.",
     "try again when messages have been received"},
    {ErrorCode::unknown_lease, "PL5022", ExitStatus::bad_data, "nobody holds this message",
     "No message of this queue was handed out under this name.",
     "use what the receive command printed"},
    {ErrorCode::lease_lost, "PL5023", ExitStatus::bad_data, "the lease of the message has ended",
     "The message took longer than its lease: it is ready again, or with somebody else.",
     "receive with a longer lease, or extend it in time"},
    {ErrorCode::message_gone, "PL5024", ExitStatus::bad_data, "the message is gone",
     "It was settled before, has expired or was purged.", "nothing is left to do"},
    {ErrorCode::too_many_leases, "PL5025", ExitStatus::try_again,
     "too many messages are handed out",
     "A queue bounds how many messages are with receivers at a time. Settle some of them.",
     "try again when messages have been settled"},
    {ErrorCode::unknown_subscription, "PL5026", ExitStatus::bad_data,
     "there is no such subscription", "It was ended, or its topic was deleted.",
     "list the subscriptions of the topic"},
    {ErrorCode::subscription_exists, "PL5027", ExitStatus::bad_data,
     "the target has a subscription already",
     "A topic has one subscription for each target, and this one has other settings.",
     "alter the subscription that is there"},
    {ErrorCode::unknown_token, "PL5028", ExitStatus::bad_data, "the token is not valid",
     "It was never given out, or its time is over.", "subscribe again to get another one"},
    {ErrorCode::authentication_failed, "PL6001", ExitStatus::unknown_user,
     "who you are was not accepted", "User name or password is wrong.",
     "check user name and password"},
    {ErrorCode::not_authorized, "PL6002", ExitStatus::not_permitted, "not permitted",
     "The user may not do this. Ask an administrator.", "ask an administrator"},
    {ErrorCode::timed_out, "PL7001", ExitStatus::try_again, "no answer in time",
     "The broker did not answer in time, or what listens at the address is no Kafka listener. What "
     "was\n"
     "asked may have happened all the same.",
     "raise --timeout, or look whether the address is right"},
    {ErrorCode::throttled, "PL7002", ExitStatus::try_again, "over a quota or a memory budget",
     "The broker asks to slow down. Try again later.", "try again later"},
    {ErrorCode::disk_full, "PL7003", ExitStatus::try_again, "the broker's disk is full",
     "New data is refused; reads and deletes go on. Delete topics or shorten "
     "retention.",
     "polylog topic list"},
    {ErrorCode::io_failed, "PL7004", ExitStatus::unavailable,
     "the system refused a read, write or connection",
     "Is the broker running, and is the address right? The message says what the "
     "system answered.",
     "is it running? `polylog dev` starts one; --url or POLYLOG_URL names another"},
    {ErrorCode::closed, "PL7005", ExitStatus::unavailable, "the connection was closed",
     "The broker went away, or closed the connection because it did not understand "
     "the request. Is the\n"
     "address that of a Kafka listener?",
     "--url HOST:PORT names the broker"},
    {ErrorCode::internal, "PL7006", ExitStatus::internal, "an unexpected failure",
     "A bug, here or in the broker. The broker's log may say more.", "look at the broker's log"},
    {std::nullopt, kSettingWrong, ExitStatus::configuration, "a setting of the server is wrong",
     "A key is unknown, a value is not what it accepts, or a file of settings cannot be read. The\n"
     "message begins with the place: file, line and column, the environment's variable, or the "
     "flag.\n"
     "Nothing was started.",
     "polylog config describe KEY"},
    {std::nullopt, kExposureRefused, ExitStatus::configuration,
     "refusing to be open to other machines",
     "There is no authentication: everybody who reaches a listener may read and delete "
     "everything.\n"
     "Listen on 127.0.0.1, or say that the network around this machine is trusted.",
     "--insecure-listen if that is what you want"},
    {std::nullopt, kAddressUnusable, ExitStatus::configuration, "an address cannot be listened on",
     "Another program has the port, the address is not one of this machine's, or ports below 1024\n"
     "need a right. Nothing was started.",
     "--kafka HOST:PORT and --admin HOST:PORT name others"},
    {std::nullopt, kDataDirectoryUnusable, ExitStatus::configuration,
     "the data directory cannot be used",
     "It cannot be made or written to, another server has it, or it was made for other settings: "
     "the\n"
     "number of shards and the broker's id are fixed once it has been used.",
     "--data-dir DIR names another"},
    {std::nullopt, kStorageUnusable, ExitStatus::internal, "the storage cannot be opened",
     "Files in the data directory are damaged or cannot be read, or the disk has no room for the\n"
     "write-ahead log. Nothing was changed. The message names the file; the log says more.",
     "copy the data directory before you change anything in it"},
    {std::nullopt, kStopFailed, ExitStatus::internal, "the storage could not be closed in order",
     "What was acknowledged is safe: the next start recovers it. The log says what went wrong.",
     "the next start will recover"},
    {std::nullopt, kOutputUnwritable, ExitStatus::output_failed,
     "standard output cannot be written",
     "The disk that output goes to is full, or output was closed. What was printed is incomplete.",
     "look at where standard output goes"},
};

}  // namespace

std::span<const FailureKind> failure_kinds() {
    return kKinds;
}

}  // namespace polylog::cmd
