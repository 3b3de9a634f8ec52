#include "broker/shard_publications.h"

#include <utility>

#include "base/logging.h"
#include "broker/settlement_log.h"
#include "broker/shard_broker.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::TopicPartition;

namespace {

const base::Logger kLogger("publications");

}  // namespace

void ShardPublications::start(QueueDoor door) {
    door_ = std::move(door);
    for (const auto& [id, topic] : broker_.image()->topics_by_id) configure(*topic);
}

void ShardPublications::configure(const meta::Topic& topic) {
    if (!door_) return;
    for (int32_t index = 0; index < topic.partition_count; ++index) {
        const TopicPartition id{topic.id, {index}};
        const auto found = opened_.find(id);
        if (found != opened_.end()) {
            Opened& opened = *found->second;
            const bool stays = topic.config->is_publication &&
                               topic.config->publication.ordered == opened.is_ordered;
            if (stays) {
                opened.partition->configure(*topic.config);
                opened.settlements->configure(settlement_log_config(*topic.config));
                continue;
            }
            close(opened);
            opened_.erase(found);
        }
        if (topic.config->is_publication && broker_.find(id)) open(topic, id);
    }
}

void ShardPublications::open(const meta::Topic& topic, TopicPartition id) {
    auto opened = try_open(topic, id);
    if (!opened) {
        kLogger.error("publication_not_opened", "what is published does not get to subscribers",
                      {{"topic", topic.name},
                       {"partition", id.partition},
                       {"err", opened.error()}});
        return;
    }
    opened_.emplace(id, *opened);
    (*opened)->loading.spawn(load(**opened, id));
}

Result<ShardPublications::OpenedPtr> ShardPublications::try_open(const meta::Topic& topic,
                                                                 TopicPartition id) {
    auto opened = std::make_shared<Opened>();
    TRY(opened->settlements, open_settlement_log(broker_, topic, id));
    opened->is_ordered = topic.config->publication.ordered;
    opened->partition = std::make_shared<PublicationPartition>(
        PublicationPartition::Parts{.shard = broker_.shard(),
                                    .messages = broker_.find(id),
                                    .settlements = opened->settlements,
                                    .id = id,
                                    .image = [this] { return broker_.image(); },
                                    .door = *door_},
        *topic.config);
    return opened;
}

Task<void> ShardPublications::load(Opened& opened, TopicPartition id) {
    opened.load_result = co_await opened.partition->load();
    opened.is_loaded = true;
    opened.loaded.notify_all();
    if (opened.load_result) co_return;
    kLogger.error("publication_not_loaded", "how far messages have been delivered is not known",
                  {{"partition", id.partition}, {"err", opened.load_result.error()}});
}

Task<Result<ShardPublications::PartitionPtr>> ShardPublications::find(TopicPartition id) {
    const auto topic = broker_.image()->find(id.topic);
    if (!topic || !topic->config->is_publication || !broker_.find(id))
        co_return fail(ErrorCode::unknown_topic);
    if (!door_) co_return fail(ErrorCode::leader_not_available);
    auto found = opened_.find(id);
    // One that could not be read back is tried again by the next who publishes.
    if (found != opened_.end() && found->second->is_loaded && !found->second->load_result) {
        close(*found->second);
        opened_.erase(found);
        found = opened_.end();
    }
    if (found == opened_.end()) open(*topic, id);
    found = opened_.find(id);
    if (found == opened_.end()) co_return fail(ErrorCode::partition_offline);
    const OpenedPtr opened = found->second;
    while (!opened->is_loaded) co_await opened->loaded.wait();
    CO_TRY_VOID(opened->load_result);
    co_return opened->partition;
}

Task<void> ShardPublications::drop(TopicPartition id) {
    const auto found = opened_.find(id);
    if (found == opened_.end()) co_return;
    close(*found->second);
    opened_.erase(found);
    co_await drop_settlement_log(broker_, id);
}

void ShardPublications::close() {
    door_.reset();
    for (const auto& [id, opened] : opened_) close(*opened);
    opened_.clear();
}

void ShardPublications::close(Opened& opened) {
    opened.loading.destroy_all();
    if (!opened.is_loaded) {
        opened.load_result = fail(ErrorCode::unknown_topic);
        opened.is_loaded = true;
        opened.loaded.notify_all();
    }
    opened.partition->close();
    opened.settlements->close();
}

FanOut::Statistics ShardPublications::statistics() const {
    FanOut::Statistics sum;
    for (const auto& [id, opened] : opened_) sum += opened->partition->statistics();
    return sum;
}

}  // namespace polylog::broker
