#pragma once

#include <string>

#include "base/result.h"
#include "base/slice.h"
#include "protocol/kafka/output.h"

// Turning messages into bytes and back. Compiled once per message, in messages/*.cc; whoever
// includes this header pays for no wire() instantiation.
namespace polylog::kafka {

// A message as it was read, and the bytes it was read from. Valid as long as it is held.
template <class Message>
struct Decoded {
    Message message;
    base::Slice body;  // keeps the bytes that the message's views point into
    // What followed the message in its frame. Kafka ignores it, so it is no error, but no client of
    // today has a reason to send it.
    size_t trailing_bytes = 0;
};

// Where the functions below are compiled, once per message.
template <class Message>
struct Codec {
    static base::Result<Decoded<Message>> decode(base::Slice body, int16_t version);
    static base::Result<void> encode(const Message& message, int16_t version, Output& output);
    static std::string to_json(const Message& message, int16_t version);
};

// Reads a message without its header. Whatever the bytes, it returns: `invalid_request` when they
// are no such message, `unsupported_version` when the version is outside Message::api. A request's
// strings are views into `body`, so they live as long as the Decoded; bytes and records keep the
// buffer alive by themselves.
template <class Message>
base::Result<Decoded<Message>> decode(base::Slice body, int16_t version) {
    return Codec<Message>::decode(std::move(body), version);
}

// Appends a message without its header. Bytes and records are shared, not copied.
// `unsupported_version` when the version is outside Message::api, `message_too_large` when a
// string, array or byte sequence is longer than the protocol can say; the output is useless then.
template <class Message>
base::Result<void> encode(const Message& message, int16_t version, Output& output) {
    return Codec<Message>::encode(message, version, output);
}

// The message as JSON for logs and debugging: fields that the version has, bytes by their size
// only. Some texts are sensitive all the same: whoever logs AlterConfigs leaves its values out.
template <class Message>
std::string to_json(const Message& message, int16_t version) {
    return Codec<Message>::to_json(message, version);
}

}  // namespace polylog::kafka
