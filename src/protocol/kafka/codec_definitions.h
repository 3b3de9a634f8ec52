#pragma once

#include <utility>

#include "protocol/kafka/codec.h"
#include "protocol/kafka/json_dumper.h"
#include "protocol/kafka/reader.h"
#include "protocol/kafka/writer.h"

// The bodies behind codec.h, for the files that instantiate them: messages/*.cc, and tests with
// messages of their own. Everyone else includes codec.h.
namespace polylog::kafka {

template <class Message>
base::Result<Decoded<Message>> Codec<Message>::decode(base::Slice body, int16_t version) {
    if (!Message::api.has(version)) return base::fail(base::ErrorCode::unsupported_version);
    Decoded<Message> decoded{.message = {}, .body = body};
    constexpr bool kRequest = requires { typename Message::Response; };
    Reader reader(std::move(body), version, Message::api.flexible(version),
                  kRequest ? Reader::kMaxRequestElements : SIZE_MAX);
    reader.message(decoded.message);
    if (reader.failed()) return base::fail(base::ErrorCode::invalid_request, reader.failure());
    decoded.trailing_bytes = reader.bytes_left();
    return decoded;
}

template <class Message>
base::Result<void> Codec<Message>::encode(const Message& message, int16_t version, Output& output) {
    if (!Message::api.has(version)) return base::fail(base::ErrorCode::unsupported_version);
    Writer writer(output, version, Message::api.flexible(version));
    writer.message(message);
    if (writer.failed()) return base::fail(base::ErrorCode::message_too_large);
    return {};
}

template <class Message>
std::string Codec<Message>::to_json(const Message& message, int16_t version) {
    std::string json;
    JsonDumper(json, version, Message::api.flexible(version)).message(message);
    return json;
}

}  // namespace polylog::kafka
