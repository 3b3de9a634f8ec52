#pragma once

#include "model/config.h"
#include "model/publication_settings.h"

// The settings of a topic whose messages go to subscribers are settings of the topic, prefixed
// `polylog.publication.`; any topic becomes one by setting `polylog.publication`.
namespace polylog::model {

// What a topic with these settings sets; what is as by default is left out, but for
// `polylog.publication` itself. parse_topic_config turns it back into the same settings.
ConfigMap publication_overrides(const PublicationSettings& settings);

}  // namespace polylog::model
