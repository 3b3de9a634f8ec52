#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

// What the owner of a queue decides about it. Values without behaviour: the queue room acts on
// them, front ends say which values they accept and translate them to their own words.
namespace polylog::model {

// Where a message goes that has been handed out too often without being settled.
struct DeadLetterRule {
    std::string queue;         // by name; need not exist
    uint32_t leases_max = 10;  // the lease that would exceed this moves the message instead
    std::string text;          // as its owner wrote it, to be shown unchanged

    bool operator==(const DeadLetterRule&) const = default;
};

// Which queues may name this one as their dead-letter queue.
struct DeadLetterSources {
    enum class Allowed : uint8_t { all, none, listed };
    Allowed allowed = Allowed::all;
    std::vector<std::string> queues;  // by name, when listed
    std::string text;                 // as its owner wrote it, to be shown unchanged

    bool operator==(const DeadLetterSources&) const = default;
};

// Kept and shown for the owner's tools; what is stored is not encrypted by it.
struct EncryptionSettings {
    std::string key_id;  // empty: none
    base::Duration data_key_reuse = std::chrono::minutes(5);
    bool managed = true;  // with a key of the broker

    bool operator==(const EncryptionSettings&) const = default;
};

// Within what two messages with the same deduplication id are the same message.
enum class DeduplicationScope : uint8_t { queue, group };
// What shares one allowance of calls per second, where such an allowance is configured.
enum class ThroughputScope : uint8_t { queue, group };

// Of one queue, part of the metadata image: shared by all shards, never changed. The defaults are
// those of a queue that sets nothing.
struct QueueSettings {
    // Leases
    base::Duration lease_time = std::chrono::seconds(30);  // of a lease that names none
    base::Duration lease_wait{0};  // how long a request for a lease waits, unless it says
    std::optional<DeadLetterRule> dead_letter;
    std::optional<DeadLetterSources> dead_letter_sources;  // nothing: all are allowed

    // Messages
    base::Duration delay{0};  // from the sending to when it may be leased, unless the sender says
    base::Duration retention = std::chrono::days(4);  // from the sending
    size_t message_max_bytes = 1 << 20;               // body and attributes
    uint64_t messages_max = 0;  // that may be stored, of any state; more are refused. 0: any number
    // Settled messages are deleted, so streams that read the topic miss them. A topic that was made
    // as a queue does so; one that became a queue later keeps its records as it did before.
    bool delete_settled = false;

    // Order. Whether a queue is ordered is decided when it is created.
    bool ordered = false;  // within a message group; standard queues are not
    bool deduplicate_by_content = false;
    DeduplicationScope deduplication_scope = DeduplicationScope::queue;
    ThroughputScope throughput_scope = ThroughputScope::queue;

    // Kept for its owner
    std::string access_policy;  // a document; empty: the owner alone
    EncryptionSettings encryption;
    std::map<std::string, std::string, std::less<>> tags;

    bool operator==(const QueueSettings&) const = default;
};

}  // namespace polylog::model
