#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

// What the owner of a publication topic decides about it. Values without behaviour: the broker acts
// on order, deduplication and size; front ends give the rest its meaning.
namespace polylog::model {

// What two messages must share to be compared (the whole topic, or a message group in it), or what
// shares one allowance of calls per second.
enum class PublicationScope : uint8_t { topic, group };

// Of one topic, part of the metadata image: shared by all shards, never changed. The defaults are
// those of a topic that sets nothing.
struct PublicationSettings {
    // Order. Whether a topic is ordered is decided when it is created.
    bool ordered = false;  // within a message group
    bool deduplicate_by_content = false;
    PublicationScope deduplication_scope = PublicationScope::topic;
    PublicationScope throughput_scope = PublicationScope::topic;

    size_t message_max_bytes = 256 << 10;  // body and attributes

    // Kept for its owner and for front ends
    std::string display_name;
    std::string access_policy;           // a document; empty: the owner alone
    std::string delivery_policy;         // pace and retries towards addresses outside
    std::string archive_policy;          // how long messages may be delivered again
    std::string data_protection_policy;  // shown, not acted on
    std::string tracing;                 // shown, not acted on
    std::string key_id;                  // of the encryption that the owner asks for; empty: none
    uint32_t signature_version = 1;      // how envelopes are signed
    // Who is told of deliveries, and how often, under the names that the front end gives.
    std::map<std::string, std::string, std::less<>> feedback;
    std::map<std::string, std::string, std::less<>> tags;

    bool operator==(const PublicationSettings&) const = default;
};

}  // namespace polylog::model
