#pragma once

#include "meta/controller.h"
#include "model/config.h"

namespace polylog::broker {

// The alteration that turns a topic's settings `before` into `wanted`; both are overrides of one
// part of its keys, and the others stay.
meta::ConfigAlteration settings_alteration(const model::ConfigMap& before,
                                           const model::ConfigMap& wanted);

}  // namespace polylog::broker
