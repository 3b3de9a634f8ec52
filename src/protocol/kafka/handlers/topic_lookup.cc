#include "protocol/kafka/handlers/topic_lookup.h"

namespace polylog::kafka {

using base::ErrorCode;
using base::fail;

base::Result<TopicPtr> find_topic(const meta::MetadataImage& image, std::string_view name,
                                  const base::Uuid& id, bool by_id) {
    TopicPtr topic = by_id ? image.find(model::TopicId{id}) : image.find(name);
    if (!topic) return fail(by_id ? ErrorCode::unknown_topic_id : ErrorCode::unknown_topic);
    return topic;
}

base::Result<model::TopicPartition> find_partition(const meta::Topic& topic, int32_t index) {
    if (index < 0 || index >= topic.partition_count) return fail(ErrorCode::unknown_topic);
    return model::TopicPartition{topic.id, {index}};
}

std::optional<model::LeaderEpoch> known_epoch(int32_t epoch) {
    return epoch == -1 ? std::nullopt : std::optional(model::LeaderEpoch{epoch});
}

}  // namespace polylog::kafka
