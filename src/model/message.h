#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "model/ids.h"
#include "model/record.h"

// A message of a queue and the record it is stored as. Layout: docs/formats/message.md. A consumer
// that reads the topic as a stream sees the body as the record's value, the group as its key and
// the attributes as its headers.
namespace polylog::model {

// What an attribute's value is. A client's own label behind the kind ("Number.celsius") is kept.
enum class AttributeKind : uint8_t { text, number, binary };

struct MessageAttribute {
    std::string name;
    AttributeKind kind = AttributeKind::text;
    std::string label;  // behind the kind, without its dot; mostly empty
    base::Slice value;  // text and numbers as the client wrote them

    bool operator==(const MessageAttribute& other) const;
};

// Where a message comes from that a queue holds for a subscription. A message that was sent to the
// queue itself has none, nor has one that its subscriber gets as it was published.
struct Publication {
    std::string topic;            // its name
    base::Uuid message_id;        // there
    Offset offset;                // there; ascending within a message group
    int64_t published_at_ms = 0;  // wall clock
    base::Uuid subscription;      // its id

    bool operator==(const Publication&) const = default;
};

// A subscription that takes a published message, as it was when the message was published.
struct Recipient {
    SubscriptionNumber subscription;
    bool raw = false;  // as it was published, without a Publication

    bool operator==(const Recipient&) const = default;
};

// A body for the recipients whose subscriptions name it; others get the message's own.
struct BodyVariant {
    std::string name;
    base::Slice body;

    bool operator==(const BodyVariant& other) const {
        return name == other.name && body.text() == other.body.text();
    }
};

// One message, as a client sends it and as another receives it.
struct Message {
    base::Uuid id;  // nil when it is sent: the id follows from where it is stored
    base::Slice body;
    std::vector<MessageAttribute> attributes;
    std::optional<std::string> group;             // what is kept in order, or shares fairly
    std::optional<std::string> deduplication_id;  // two sends of one id within the window are one
    std::optional<std::string> trace;             // opaque; travels along
    std::string sender;                           // the principal that sent it
    std::optional<uint8_t> priority;              // 0 lowest
    std::optional<int64_t> expires_at_ms;         // wall clock; a time to live of its own
    std::string dead_letter_source;               // name of the queue it was moved from
    int64_t sent_at_ms = 0;                       // wall clock: the record's timestamp
    std::optional<std::string> subject;           // a line about it, for people
    std::optional<Publication> publication;       // in a queue
    std::vector<BodyVariant> variants;            // where it was published
    std::vector<Recipient> recipients;            // in the topic it was published to; by number

    bool operator==(const Message& other) const;
};

// Bodies, and names, labels and values of the attributes: what a queue's bound on messages counts.
size_t payload_bytes(const Message& message);

// Adds the message to a batch.
void add_message(BatchBuilder& batch, const Message& message);
// The message in a record that lies in `slice`; its body and values are views that keep the slice
// alive. A record no queue has written (a stream producer's) is a message too: its headers are its
// attributes. Errors: corrupt (headers that break the record's format).
base::Result<Message> read_message(const base::Slice& slice, const RecordView& record,
                                   const TopicPartition& place);

// Of a message that was stored without one.
base::Uuid message_id_at(const TopicPartition& place, Offset offset);

}  // namespace polylog::model
