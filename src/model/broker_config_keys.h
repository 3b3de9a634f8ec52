#pragma once

#include <span>

#include "model/broker_config.h"
#include "model/config_field.h"

// The table behind broker_config.h, without the defaults of topic keys. For this room only.
namespace polylog::model {

// A key and the member of BrokerConfig that it sets.
struct BrokerField {
    ConfigKey key;
    ConfigAssignment<BrokerConfig> assign = nullptr;
};

// All of them, each once.
std::span<const BrokerField> broker_fields();

}  // namespace polylog::model
