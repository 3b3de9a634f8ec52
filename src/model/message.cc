#include "model/message.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace polylog::model {

using base::ByteReader;
using base::Bytes;
using base::ByteWriter;
using base::Result;
using base::Slice;

namespace {

constexpr std::string_view kHeader = "polylog.message";
constexpr uint8_t kVersion = 1;
constexpr uint8_t kLabelled = 0x80;

enum class Tag : uint8_t {
    id = 1,
    kinds,
    deduplication_id,
    trace,
    sender,
    priority,
    expires_at,
    dead_letter_source,
    subject,
    publication,
    recipients,
    variants,
};

class FieldWriter {
public:
    FieldWriter() { out_.be<uint8_t>(kVersion); }

    void bytes(Tag tag, Bytes bytes) {
        out_.be<uint8_t>(static_cast<uint8_t>(tag));
        out_.uvarint(static_cast<uint32_t>(bytes.size()));
        out_.bytes(bytes);
    }
    void text(Tag tag, std::string_view text) { bytes(tag, base::as_bytes(text)); }
    bool has_fields() const { return out_.size_bytes() > 1; }
    Slice finish() { return out_.finish(); }

private:
    ByteWriter out_;
};

bool plain_text(const MessageAttribute& attribute) {
    return attribute.kind == AttributeKind::text && attribute.label.empty() &&
           base::is_utf8(attribute.value.text());
}

Slice kinds_of(const std::vector<MessageAttribute>& attributes) {
    ByteWriter out;
    for (const MessageAttribute& attribute : attributes) {
        const auto kind = static_cast<uint8_t>(attribute.kind);
        if (attribute.label.empty()) {
            out.be<uint8_t>(kind);
        } else {
            out.be<uint8_t>(kind | kLabelled);
            out.uvarint(static_cast<uint32_t>(attribute.label.size()));
            out.text(attribute.label);
        }
    }
    return out.finish();
}

Slice bytes_of(const Publication& publication) {
    ByteWriter out;
    out.bytes(std::as_bytes(std::span(publication.message_id.bytes)));
    out.be<int64_t>(publication.offset.value);
    out.be<int64_t>(publication.published_at_ms);
    out.bytes(std::as_bytes(std::span(publication.subscription.bytes)));
    out.text(publication.topic);
    return out.finish();
}

// Numbers as steps from one to the next, each beside its flag.
Slice bytes_of(const std::vector<BodyVariant>& variants) {
    ByteWriter out;
    for (const BodyVariant& variant : variants) {
        out.uvarint(static_cast<uint32_t>(variant.name.size()));
        out.text(variant.name);
        out.uvarint(static_cast<uint32_t>(variant.body.size()));
        out.bytes(variant.body.bytes());
    }
    return out.finish();
}

Slice bytes_of(const std::vector<Recipient>& recipients) {
    ByteWriter out;
    uint64_t last = 0;
    for (const Recipient& recipient : recipients) {
        const uint64_t number = recipient.subscription.value;
        out.uvarlong((number - last) << 1 | (recipient.raw ? 1 : 0));
        last = number;
    }
    return out.finish();
}

FieldWriter fields_of(const Message& message) {
    FieldWriter out;
    if (!message.id.is_nil()) out.bytes(Tag::id, std::as_bytes(std::span(message.id.bytes)));
    if (!std::ranges::all_of(message.attributes, plain_text))
        out.bytes(Tag::kinds, kinds_of(message.attributes).bytes());
    if (message.deduplication_id) out.text(Tag::deduplication_id, *message.deduplication_id);
    if (message.trace) out.text(Tag::trace, *message.trace);
    if (!message.sender.empty()) out.text(Tag::sender, message.sender);
    if (message.priority)
        out.bytes(Tag::priority, std::as_bytes(std::span(&*message.priority, size_t{1})));
    if (message.expires_at_ms) {
        std::array<std::byte, 8> bytes;
        base::store_be(bytes.data(), *message.expires_at_ms);
        out.bytes(Tag::expires_at, bytes);
    }
    if (!message.dead_letter_source.empty())
        out.text(Tag::dead_letter_source, message.dead_letter_source);
    if (message.subject) out.text(Tag::subject, *message.subject);
    if (message.publication) out.bytes(Tag::publication, bytes_of(*message.publication).bytes());
    if (!message.recipients.empty())
        out.bytes(Tag::recipients, bytes_of(message.recipients).bytes());
    if (!message.variants.empty()) out.bytes(Tag::variants, bytes_of(message.variants).bytes());
    return out;
}

bool read_kinds(Bytes bytes, std::vector<MessageAttribute>& attributes) {
    ByteReader in(bytes);
    for (MessageAttribute& attribute : attributes) {
        const auto kind = in.be<uint8_t>();
        const auto number = static_cast<uint8_t>(kind & ~kLabelled);
        if (number > static_cast<uint8_t>(AttributeKind::binary)) return false;
        attribute.kind = static_cast<AttributeKind>(number);
        attribute.label.clear();
        if (kind & kLabelled) attribute.label = base::as_text(in.take(in.uvarint()));
    }
    return in.ok() && in.remaining() == 0;
}

base::Uuid take_uuid(ByteReader& in) {
    base::Uuid uuid;
    const Bytes bytes = in.take(uuid.bytes.size());
    if (in.ok()) std::memcpy(uuid.bytes.data(), bytes.data(), bytes.size());
    return uuid;
}

bool read_publication(Bytes bytes, Message& message) {
    ByteReader in(bytes);
    Publication publication;
    publication.message_id = take_uuid(in);
    publication.offset = {in.be<int64_t>()};
    publication.published_at_ms = in.be<int64_t>();
    publication.subscription = take_uuid(in);
    publication.topic = base::as_text(in.rest());
    if (!in.ok()) return false;
    message.publication = std::move(publication);
    return true;
}

bool read_recipients(Bytes bytes, std::vector<Recipient>& recipients) {
    ByteReader in(bytes);
    uint64_t number = 0;
    while (in.remaining() > 0) {
        const uint64_t step = in.uvarlong();
        const uint64_t next = number + (step >> 1);
        if (!in.ok() || next <= number) return false;
        number = next;
        recipients.push_back({.subscription = {number}, .raw = (step & 1) != 0});
    }
    return true;
}

bool read_variants(const Slice& slice, Bytes bytes, std::vector<BodyVariant>& variants) {
    ByteReader in(bytes);
    while (in.remaining() > 0) {
        const std::string_view name = base::as_text(in.take(in.uvarint()));
        const Bytes body = in.take(in.uvarint());
        if (!in.ok()) return false;
        variants.push_back({.name = std::string(name), .body = slice.around(body)});
    }
    return true;
}

bool read_field(const Slice& slice, uint8_t tag, Bytes bytes, Message& message) {
    const std::string_view text = base::as_text(bytes);
    switch (static_cast<Tag>(tag)) {
    case Tag::id:
        if (bytes.size() != message.id.bytes.size()) return false;
        std::memcpy(message.id.bytes.data(), bytes.data(), bytes.size());
        return true;
    case Tag::kinds: return read_kinds(bytes, message.attributes);
    case Tag::deduplication_id: message.deduplication_id = text; return true;
    case Tag::trace: message.trace = text; return true;
    case Tag::sender: message.sender = text; return true;
    case Tag::priority:
        if (bytes.size() != 1) return false;
        message.priority = std::to_integer<uint8_t>(bytes.front());
        return true;
    case Tag::expires_at:
        if (bytes.size() != sizeof(int64_t)) return false;
        message.expires_at_ms = base::load_be<int64_t>(bytes.data());
        return true;
    case Tag::dead_letter_source: message.dead_letter_source = text; return true;
    case Tag::subject: message.subject = text; return true;
    case Tag::publication: return read_publication(bytes, message);
    case Tag::recipients: return read_recipients(bytes, message.recipients);
    case Tag::variants: return read_variants(slice, bytes, message.variants);
    }
    return true;
}

// False, and the message half-filled, when this is no header of ours.
bool read_fields(const Slice& slice, Bytes bytes, Message& message) {
    ByteReader in(bytes);
    if (in.be<uint8_t>() != kVersion) return false;
    uint8_t last_tag = 0;
    while (in.remaining() > 0) {
        const auto tag = in.be<uint8_t>();
        const Bytes field = in.take(in.uvarint());
        if (!in.ok() || tag <= last_tag || !read_field(slice, tag, field, message)) return false;
        last_tag = tag;
    }
    return in.ok();
}

// What the record says without our header.
Message bare_message(const Slice& slice, const RecordView& record) {
    Message message;
    message.sent_at_ms = record.timestamp_ms;
    if (record.value) message.body = slice.around(*record.value);
    if (record.key) message.group = base::as_text(*record.key);
    return message;
}

MessageAttribute attribute_of(const Slice& slice, const HeaderView& header) {
    MessageAttribute attribute;
    attribute.name = header.key;
    if (header.value) attribute.value = slice.around(*header.value);
    attribute.kind = base::is_utf8(attribute.value.text()) ? AttributeKind::text
                                                           : AttributeKind::binary;
    return attribute;
}

}  // namespace

bool MessageAttribute::operator==(const MessageAttribute& other) const {
    return name == other.name && kind == other.kind && label == other.label &&
           value.text() == other.value.text();
}

bool Message::operator==(const Message& other) const {
    return id == other.id && body.text() == other.body.text() && attributes == other.attributes &&
           group == other.group && deduplication_id == other.deduplication_id &&
           trace == other.trace && sender == other.sender && priority == other.priority &&
           expires_at_ms == other.expires_at_ms && dead_letter_source == other.dead_letter_source &&
           sent_at_ms == other.sent_at_ms && subject == other.subject &&
           publication == other.publication && variants == other.variants &&
           recipients == other.recipients;
}

size_t payload_bytes(const Message& message) {
    size_t bytes = message.body.size();
    for (const BodyVariant& variant : message.variants)
        bytes += variant.name.size() + variant.body.size();
    for (const MessageAttribute& attribute : message.attributes)
        bytes += attribute.name.size() + attribute.label.size() + attribute.value.size();
    return bytes;
}

void add_message(BatchBuilder& batch, const Message& message) {
    RecordInput record{.timestamp_ms = message.sent_at_ms,
                       .key = std::nullopt,
                       .value = message.body.bytes(),
                       .headers = {}};
    if (message.group) record.key = base::as_bytes(*message.group);
    record.headers.reserve(message.attributes.size() + 1);
    for (const MessageAttribute& attribute : message.attributes)
        record.headers.push_back({.key = attribute.name, .value = attribute.value.bytes()});
    FieldWriter fields = fields_of(message);
    const bool ambiguous = !message.attributes.empty() && message.attributes.back().name == kHeader;
    const bool needed = fields.has_fields() || ambiguous;
    const Slice value = fields.finish();
    if (needed) record.headers.push_back({.key = kHeader, .value = value.bytes()});
    batch.add(record);
}

Result<Message> read_message(const Slice& slice, const RecordView& record,
                             const TopicPartition& place) {
    Message message = bare_message(slice, record);
    HeaderReader headers(record);
    while (headers.has_next()) {
        TRY(const HeaderView header, headers.next());
        const bool may_be_ours = !headers.has_next() && header.key == kHeader && header.value;
        if (may_be_ours) {
            Message whole = message;
            if (read_fields(slice, *header.value, whole)) {
                message = std::move(whole);
                break;
            }
        }
        message.attributes.push_back(attribute_of(slice, header));
    }
    if (message.id.is_nil()) message.id = message_id_at(place, record.offset);
    return message;
}

base::Uuid message_id_at(const TopicPartition& place, Offset offset) {
    std::array<std::byte, 28> bytes;
    std::memcpy(bytes.data(), place.topic.value.bytes.data(), 16);
    base::store_be(bytes.data() + 16, place.partition.value);
    base::store_be(bytes.data() + 20, offset.value);
    return base::Uuid::from_random(base::xxh3_64(bytes, 0), base::xxh3_64(bytes, 1));
}

}  // namespace polylog::model
