#pragma once

#include <span>

#include "model/broker_config.h"
#include "model/config_field.h"

// The table behind broker_config.h, without the defaults of topic keys. For this room only.
namespace polylog::model {

struct BrokerField {
    ConfigKey key;
    ConfigAssignment<BrokerConfig> assign = nullptr;
};

std::span<const BrokerField> broker_fields();

}  // namespace polylog::model
