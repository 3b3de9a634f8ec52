#pragma once

#include <span>

#include "model/config_field.h"
#include "model/topic_config.h"

// The table behind topic_config.h. For this room only.
namespace polylog::model {

// A key, the member of TopicConfig that it sets, and the broker's keys that stand behind it.
struct TopicField {
    ConfigKey key;
    ConfigAssignment<TopicConfig> assign = nullptr;
    BrokerSynonym synonyms[3] = {};  // the one that wins first; unused ones have no name
};

// All of them, each once.
std::span<const TopicField> topic_fields();
// The part of them that makes a topic a queue: queue_config.h.
std::span<const TopicField> queue_fields();
// The part that makes messages of a topic go to its subscribers: publication_config.h.
std::span<const TopicField> publication_fields();

}  // namespace polylog::model
