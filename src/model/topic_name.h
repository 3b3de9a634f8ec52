#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

// What names may look like. Names come from the network and are never used as paths.
namespace polylog::model {

// Kafka documentation, "Topic names": with the partition's number and a suffix, a name of this
// length still fits a file name of 255 bytes.
constexpr size_t kTopicNameBytesMax = 249;
// DIVERGES: Kafka takes group and transactional ids up to 32767 bytes. They are kept in memory and
// in every commit; nobody names a group with more than a kilobyte.
constexpr size_t kGroupIdBytesMax = 1024;
constexpr size_t kTransactionalIdBytesMax = 1024;

// Where committed offsets and groups are kept. Clients read it, but do not write or delete it.
constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

// Names that Kafka keeps for logs of its own (its class Topic): where metadata, offsets,
// transactions and the state of share groups are. Only the broker itself makes topics of these
// names, also of those it has no use for yet.
bool is_internal_topic_name(std::string_view name);

// 1..249 characters of [a-zA-Z0-9._-], and neither "." nor "..". Errors: invalid_name, saying what
// is wrong.
base::Result<void> check_topic_name(std::string_view name);

// Topics whose keys are equal cannot exist together: metric names make no difference between '.'
// and '_'.
std::string collision_key(std::string_view topic_name);

// Not empty and not too long. Errors: invalid_name.
base::Result<void> check_group_id(std::string_view id);
base::Result<void> check_transactional_id(std::string_view id);

}  // namespace polylog::model
