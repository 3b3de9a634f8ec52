#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "protocol/kafka/wire.h"

// Every Kafka message of the room as a value, for tests over all of them.
namespace polylog::kafka::testing {

// A message as bytes, and as JSON: all of its fields but the contents of bytes and records.
struct Encoded {
    base::Slice bytes;
    std::string json;
    size_t trailing_bytes = 0;  // of the input it was read from
};

// One message, request or response, behind plain functions: what they need of it is compiled once.
struct MessageKind {
    Api api;
    std::string_view direction;  // "request", "response" or nothing

    // With any content; it follows from the seed alone.
    Encoded (*any)(uint64_t seed, int16_t version);
    // The message as it is when nobody sets anything.
    Encoded (*initial)(int16_t version);
    // Reads a message and writes it again.
    base::Result<Encoded> (*reread)(const base::Slice& bytes, int16_t version);
    // The fewest bytes that a Reader expects.
    size_t (*minimum_bytes)(int16_t version);
};

// Headers, the consumers' payloads, requests and responses.
std::span<const MessageKind> message_kinds();
std::vector<MessageKind> request_kinds();
std::vector<MessageKind> response_kinds();

// Calls visit(const MessageKind&, int16_t version) for each version of each message.
void for_each_version(auto&& visit) {
    for (const MessageKind& kind : message_kinds()) {
        for (int version = kind.api.min; version <= kind.api.max; ++version) {
            visit(kind, static_cast<int16_t>(version));
        }
    }
}

// "Fetch request v12", for failure messages.
inline std::string title(const MessageKind& kind, int16_t version) {
    return std::string(kind.api.name) + ' ' + std::string(kind.direction) + " v" +
           std::to_string(version);
}

}  // namespace polylog::kafka::testing
