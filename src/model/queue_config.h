#pragma once

#include "model/config.h"
#include "model/queue_settings.h"

// A queue's settings are settings of its topic, prefixed `polylog.queue.`: a queue is a topic that
// has them, and any topic becomes one by setting `polylog.queue`.
namespace polylog::model {

// What a topic that is this queue sets; what is as by default is left out, but for
// `polylog.queue` itself. parse_topic_config turns it back into the same settings.
ConfigMap queue_overrides(const QueueSettings& settings);

}  // namespace polylog::model
