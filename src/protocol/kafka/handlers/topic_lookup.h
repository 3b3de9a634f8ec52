#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/uuid.h"
#include "meta/metadata_image.h"
#include "model/ids.h"

namespace polylog::kafka {

using TopicPtr = std::shared_ptr<const meta::Topic>;

// The topic that a request names: by id in versions that carry one, by name otherwise.
// Errors: unknown_topic, unknown_topic_id.
base::Result<TopicPtr> find_topic(const meta::MetadataImage& image, std::string_view name,
                                  const base::Uuid& id, bool by_id);

// One of its partitions. Errors: unknown_topic when there is no such partition.
base::Result<model::TopicPartition> find_partition(const meta::Topic& topic, int32_t index);

// In requests -1 says that the client does not know a leader epoch.
std::optional<model::LeaderEpoch> known_epoch(int32_t epoch);

}  // namespace polylog::kafka
