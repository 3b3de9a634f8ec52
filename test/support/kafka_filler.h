#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/slice.h"
#include "base/uuid.h"
#include "protocol/kafka/codec.h"
#include "protocol/kafka/minimum_size.h"
#include "protocol/kafka/output.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"
#include "test/support/kafka_message_kinds.h"

// What makes a MessageKind of a message type. Slow to compile: for the few files that list the
// kinds.
namespace polylog::kafka::testing {

// splitmix64: the same numbers from the same seed, everywhere.
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ull;
        uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xBF58476D1CE4E5B9ull;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
        return mixed ^ (mixed >> 31);
    }
    size_t below(size_t bound) { return next() % bound; }
    uint64_t number() {
        constexpr uint64_t kLimits[] = {0, 1, ~0ull, 0x7f, 0x80, 0x7fff, 0x7fffffff, 1ull << 63};
        return below(2) == 0 ? kLimits[below(std::size(kLimits))] : next();
    }
    // Now and then long enough for a compact length of two bytes.
    std::string text() {
        std::string text(below(8) == 0 ? 100 + below(100) : below(12), ' ');
        for (char& c : text) c = static_cast<char>('!' + below(94));
        return text;
    }
    // Now and then long enough to be shared by an Output instead of copied.
    base::Slice bytes() {
        base::Buffer buffer = base::Buffer::allocate(below(16) == 0 ? Output::kShareFromBytes + 7
                                                                    : below(40));
        for (std::byte& byte : buffer.writable()) byte = static_cast<std::byte>(next());
        return base::Slice(std::move(buffer));
    }

private:
    uint64_t state_;
};

// An io that fills a message with any content. Fields that the version lacks keep their defaults.
// The message's strings live as long as the Filler.
class Filler : public VersionedIo {
public:
    Filler(uint64_t seed, int16_t version, bool flexible)
        : VersionedIo(version, flexible), random_(seed) {}

    template <Struct T>
    void message(T& fields) {
        value(fields);
    }

private:
    friend class polylog::kafka::VersionedIo;

    template <class T>
    void field(T& field, bool null_allowed) {
        if constexpr (!kIsOptional<T>) {
            value(field);
        } else if (null_allowed && random_.below(3) == 0) {
            field.reset();
        } else {
            value(field.emplace(typename T::value_type{}));
        }
    }
    template <class T>
    void tagged(uint32_t, T& target, const T&) {
        if (random_.below(2) == 0) field(target, true);
    }

    void value(bool& flag) { flag = random_.below(2) == 0; }
    template <Number T>
    void value(T& number) {
        number = static_cast<T>(random_.number());
    }
    void value(base::Uuid& uuid) {
        for (uint8_t& byte : uuid.bytes) byte = static_cast<uint8_t>(random_.next());
    }
    void value(std::string_view& text) { text = texts_.emplace_back(random_.text()); }
    void value(std::string& text) { text = random_.text(); }
    void value(base::Slice& bytes) { bytes = random_.bytes(); }
    void value(Records& records) {
        for (size_t piece = random_.below(4); piece > 0; --piece) records.append(random_.bytes());
    }
    template <class T>
    void value(std::vector<T>& array) {
        array.resize(random_.below(4));
        for (T& element : array) value(element);
    }
    template <Struct T>
    void value(T& fields) {
        fields.wire(*this);
    }

    Random random_;
    std::deque<std::string> texts_;
};

template <class Message>
Encoded encoded(const Message& message, int16_t version) {
    Output output;
    EXPECT_TRUE(encode(message, version, output));
    return {.bytes = output.joined(), .json = to_json(message, version)};
}

// The kind that Message is.
template <class Message>
MessageKind kind_of(std::string_view direction) {
    return {
        .api = Message::api,
        .direction = direction,
        .any =
            [](uint64_t seed, int16_t version) {
                Filler filler(seed, version, Message::api.flexible(version));
                Message message{};
                filler.message(message);
                return encoded(message, version);
            },
        .initial = [](int16_t version) { return encoded(Message{}, version); },
        .reread = [](const base::Slice& bytes, int16_t version) -> base::Result<Encoded> {
            TRY(Decoded<Message> decoded, decode<Message>(bytes, version));
            Encoded again = encoded(decoded.message, version);
            again.trailing_bytes = decoded.trailing_bytes;
            return again;
        },
        .minimum_bytes =
            [](int16_t version) {
                return MinimumSize::of<Message>(version, Message::api.flexible(version));
            },
    };
}

}  // namespace polylog::kafka::testing
