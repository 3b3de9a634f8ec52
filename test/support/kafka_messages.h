#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/slice.h"
#include "base/uuid.h"
#include "protocol/kafka/frame.h"
#include "protocol/kafka/messages/all.h"
#include "protocol/kafka/output.h"
#include "protocol/kafka/records.h"
#include "protocol/kafka/wire.h"

// Every Kafka message with any content: for tests over all messages, and to make seeds for the
// fuzzers.
namespace polylog::kafka::testing {

// Calls visit.template operator()<Message>() for each message of the room: headers, requests,
// responses and the consumers' payloads.
void for_each_message(auto&& visit) {
    visit.template operator()<RequestHeader>();
    visit.template operator()<ResponseHeader>();
    visit.template operator()<ConsumerProtocolSubscription>();
    visit.template operator()<ConsumerProtocolAssignment>();
    AllRequests::for_each([&visit]<class Request>() {
        visit.template operator()<Request>();
        visit.template operator()<typename Request::Response>();
    });
}

// Calls visit.template operator()<Message>(version) for each version of each message.
void for_each_version(auto&& visit) {
    for_each_message([&visit]<class Message>() {
        for (int version = Message::api.min; version <= Message::api.max; ++version) {
            visit.template operator()<Message>(static_cast<int16_t>(version));
        }
    });
}

// An io that fills a message with content that follows from its seed alone: short arrays and
// strings, numbers at and off their limits, nulls where the version has them. Fields that the
// version lacks keep their defaults. The message's strings live as long as the Filler.
class Filler : public VersionedIo {
public:
    Filler(uint64_t seed, int16_t version, bool flexible)
        : VersionedIo(version, flexible), state_(seed) {}

    // A message of this kind; valid as long as the Filler.
    template <Struct T>
    T message() {
        T fields{};
        value(fields);
        return fields;
    }

private:
    friend class polylog::kafka::VersionedIo;

    // splitmix64.
    uint64_t random() {
        state_ += 0x9E3779B97F4A7C15ull;
        uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xBF58476D1CE4E5B9ull;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
        return mixed ^ (mixed >> 31);
    }
    size_t below(size_t bound) { return random() % bound; }

    template <class T>
    void field(T& field, bool null_allowed) {
        if constexpr (!kIsOptional<T>) {
            value(field);
        } else if (null_allowed && below(3) == 0) {
            field.reset();
        } else {
            value(field.emplace(typename T::value_type{}));
        }
    }
    template <class T>
    void tagged(uint32_t, T& target, const T&) {
        if (below(2) == 0) field(target, true);
    }

    void value(bool& flag) { flag = below(2) == 0; }
    void value(double& number) { number = static_cast<double>(random()) / 3; }
    template <Number T>
    void value(T& number) {
        constexpr uint64_t kLimits[] = {0, 1, ~0ull, 0x7f, 0x80, 0x7fff, 0x7fffffff, 1ull << 63};
        const uint64_t bits = below(2) == 0 ? kLimits[below(std::size(kLimits))] : random();
        if constexpr (std::is_enum_v<T>) {
            number = static_cast<T>(static_cast<std::underlying_type_t<T>>(bits));
        } else {
            number = static_cast<T>(bits);
        }
    }
    void value(base::Uuid& uuid) {
        for (uint8_t& byte : uuid.bytes) byte = static_cast<uint8_t>(random());
    }
    void value(std::string_view& text) { text = texts_.emplace_back(random_text()); }
    void value(std::string& text) { text = random_text(); }
    void value(base::Slice& bytes) { bytes = random_bytes(); }
    void value(Records& records) {
        for (size_t piece = below(4); piece > 0; --piece) records.append(random_bytes());
    }
    template <class T>
    void value(std::vector<T>& array) {
        array.resize(below(4));
        for (T& element : array) value(element);
    }
    template <Struct T>
    void value(T& fields) {
        fields.wire(*this);
    }

    // Now and then long enough for a compact length of two bytes.
    std::string random_text() {
        std::string text(below(8) == 0 ? 100 + below(100) : below(12), ' ');
        for (char& c : text) c = static_cast<char>('!' + below(94));
        return text;
    }
    // Now and then long enough to be shared by an Output instead of copied.
    base::Slice random_bytes() {
        base::Buffer buffer = base::Buffer::allocate(below(16) == 0 ? Output::kShareFromBytes + 7
                                                                    : below(40));
        for (std::byte& byte : buffer.writable()) byte = static_cast<std::byte>(random());
        return base::Slice(std::move(buffer));
    }

    uint64_t state_;
    std::deque<std::string> texts_;
};

}  // namespace polylog::kafka::testing
