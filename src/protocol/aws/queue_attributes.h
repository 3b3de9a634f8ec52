#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/queue_settings.h"
#include "protocol/aws/fault.h"
#include "protocol/aws/wire.h"

// Between the attributes of a queue, all of them texts, and its settings (SQS API reference,
// SetQueueAttributes). Pure functions.
namespace polylog::aws {

// What only the broker knows of a queue; read as attributes that cannot be set.
struct QueueFacts {
    uint64_t messages_ready = 0;    // ApproximateNumberOfMessages
    uint64_t messages_leased = 0;   // ApproximateNumberOfMessagesNotVisible
    uint64_t messages_delayed = 0;  // ApproximateNumberOfMessagesDelayed
    base::WallTime created_at{};
    base::WallTime modified_at{};  // its attributes, last
    std::string arn;
};

// Letters, digits, hyphens and underscores, 1 to 80; of an ordered queue with ".fifo" at the end,
// which counts. Errors: invalid_parameter_value.
Answer<void> check_queue_name(std::string_view name, bool ordered);

// Of a queue that is created with these attributes; checks the name too. Errors:
// invalid_attribute_name, invalid_attribute_value, invalid_parameter_value (policies that say
// where dead letters go).
Answer<model::QueueSettings> settings_of_new_queue(std::string_view name,
                                                   const StringMap<std::string>& attributes);
// `settings` after SetQueueAttributes: all of the attributes or none. An empty text removes a
// policy or a key. Errors: as above.
Answer<model::QueueSettings> changed_settings(model::QueueSettings settings,
                                              const StringMap<std::string>& attributes);
// A queue that exists is created again: the same if each attribute given is the one that it has.
// Errors: queue_name_exists, naming the first that differs, and those of the attributes.
Answer<void> check_created_again(const model::QueueSettings& settings,
                                 const StringMap<std::string>& attributes);

// Those asked for: "All", or their names. Attributes that are not set are left out. Errors:
// invalid_attribute_name.
Answer<StringMap<std::string>> queue_attributes(const model::QueueSettings& settings,
                                                const QueueFacts& facts,
                                                const std::vector<std::string>& names);
// Whether there is an attribute of that name, readable or settable.
bool is_queue_attribute(std::string_view name);

// A queue names another as the one for its dead letters; both exist. Errors:
// invalid_parameter_value when the other does not let it.
Answer<void> check_dead_letter_queue(const model::QueueSettings& source,
                                     std::string_view source_name,
                                     const model::QueueSettings& target);

}  // namespace polylog::aws
