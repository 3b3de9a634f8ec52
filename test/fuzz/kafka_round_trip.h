#pragma once

#include <cstdint>

#include "base/check.h"
#include "base/slice.h"
#include "protocol/kafka/codec.h"
#include "protocol/kafka/messages/all.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka::fuzz {

// A body is refused, or it is a message that survives being written and read again.
template <class Message>
void check_round_trip(const base::Slice& body, int16_t version) {
    const auto message = decode<Message>(body, version);
    if (!message) return;
    CHECK(message->trailing_bytes <= body.size());
    Output first;
    CHECK(encode(message->message, version, first).has_value());
    const auto back = decode<Message>(first.joined(), version);
    CHECK(back.has_value());
    CHECK(back->trailing_bytes == 0);
    CHECK(to_json(back->message, version) == to_json(message->message, version));
    Output second;
    CHECK(encode(back->message, version, second).has_value());
    CHECK(second.joined().text() == first.joined().text());
}

// Calls visit.template operator()<Request>() for the request of an api.
void visit_request(const Api& api, auto&& visit) {
    AllRequests::for_each([&]<class Request>() {
        if (&api == &Request::api) visit.template operator()<Request>();
    });
}

}  // namespace polylog::kafka::fuzz
