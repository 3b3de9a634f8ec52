#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

// The idiom of this room: a message is a plain struct, and one function in it is its schema.
//
//     struct HeartbeatRequest {
//         static constexpr Api api{
//             .key = 12, .name = "Heartbeat", .min = 0, .max = 4, .flexible_from = 4};
//         std::string_view group_id;
//         int32_t generation_id = 0;
//         std::string_view member_id;
//         std::optional<std::string_view> group_instance_id;
//
//         void wire(auto& io) {
//             io(group_id)(generation_id)(member_id).since(3, group_instance_id);
//         }
//     };
//
// wire() is instantiated for Reader, Writer, MinimumSize, JsonDumper and SchemaPrinter, which all
// share the vocabulary of VersionedIo below. Members carry the protocol's own field names in
// snake_case and its default values; a field that the version at hand lacks keeps its default.
//
// Types on the wire and in the struct (Kafka protocol guide, "Protocol Primitive Types"; KIP-482):
//
//     bool, int8..int64, uint16, uint32, float64   bool, [u]intN_t, double, an enum of that width
//     uuid                                         base::Uuid
//     string                                       std::string_view or std::string
//     bytes                                        base::Slice
//     records                                      Records: batches, back to back, never copied
//     array of T                                   std::vector<T>
//     struct                                       a nested struct with a wire() of its own
//     nullable T                                   std::optional<T>, null unless said otherwise
//
// Who owns what:
//
//     A request borrows. Its strings are views into the frame it was decoded from, which Decoded
//     keeps with it, or into whatever the caller of encode() owns.
//     A response owns. Its strings are std::string, so handlers may build it from temporaries.
//     Bytes and records are slices in both: they share the frame's buffer and keep it alive.
namespace polylog::kafka {

constexpr int16_t kNeverFlexible = std::numeric_limits<int16_t>::max();
// Clients refuse longer strings in the compact form too, although its length field could say more.
constexpr size_t kMaxStringBytes = std::numeric_limits<int16_t>::max();

// One remote call: its key and the versions that this codec speaks, equal for request and response.
struct Api {
    int16_t key = -1;  // -1: no call but a structure that travels inside another one
    std::string_view name;
    int16_t min = 0;
    int16_t max = 0;
    int16_t flexible_from = kNeverFlexible;  // first version with compact lengths and tag sections
    int16_t advertised_min = min;            // what ApiVersions reports; below min only for Produce

    constexpr bool has(int16_t version) const { return version >= min && version <= max; }
    constexpr bool flexible(int16_t version) const { return version >= flexible_from; }
};

// A struct with a wire() of its own. Tested without instantiating wire()'s body.
template <class T>
concept Struct = std::is_class_v<T> && requires { &T::template wire<Api>; };

// What travels as a fixed number of big-endian bytes.
template <class T>
concept Number = (std::integral<T> && !std::same_as<T, bool>) || std::is_enum_v<T> ||
                 std::same_as<T, double>;

template <class T>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
constexpr bool kIsVector = false;
template <class T>
constexpr bool kIsVector<std::vector<T>> = true;

// True when a tagged field need not be sent.
template <class T>
bool is_default(const T& field, const T& fallback) {
    if constexpr (kIsVector<T>) {
        return field.empty();
    } else if constexpr (kIsOptional<T>) {
        return !field.has_value();
    } else {
        return field == fallback;
    }
}

// The words that wire() speaks, common to every io. Each io supplies two hooks, called only for
// fields that the version has:
//     field(f, null_allowed)      f is a member; null_allowed matters only to std::optional members
//     tagged(number, f, fallback) f is a tagged member whose default value is fallback
// In flexible versions each struct ends with its tag section by itself; in wire(), the tags come
// last and ascend.
class VersionedIo {
public:
    VersionedIo(int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

    int16_t version() const { return version_; }
    bool flexible() const { return flexible_; }

    // Present in every version.
    template <class Self>
    Self& operator()(this Self& self, auto& field) {
        self.field(field, true);
        return self;
    }
    // Present from version `first` on.
    template <class Self>
    Self& since(this Self& self, int16_t first, auto& field) {
        if (self.version_ >= first) self.field(field, true);
        return self;
    }
    // Present up to version `last`.
    template <class Self>
    Self& until(this Self& self, int16_t last, auto& field) {
        if (self.version_ <= last) self.field(field, true);
        return self;
    }
    // Present from version `first` to version `last`, both included.
    template <class Self>
    Self& between(this Self& self, int16_t first, int16_t last, auto& field) {
        if (self.version_ >= first && self.version_ <= last) self.field(field, true);
        return self;
    }
    // Present up to version `last`, null only from version `first` on. A null that the version
    // cannot express is refused when read and sent as empty when written.
    template <class Self>
    Self& nullable_since(this Self& self, int16_t first, auto& field,
                         int16_t last = kNeverFlexible) {
        if (self.version_ <= last) self.field(field, self.version_ >= first);
        return self;
    }
    // Optional field `number` of the tag section, in every flexible version.
    template <class Self, class T>
    Self& tag(this Self& self, uint32_t number, T& field,
              const std::type_identity_t<T>& fallback = {}) {
        if (self.flexible_) self.tagged(number, field, fallback);
        return self;
    }
    // Optional field `number` of the tag section, from version `first` on.
    template <class Self, class T>
    Self& tag_since(this Self& self, int16_t first, uint32_t number, T& field,
                    const std::type_identity_t<T>& fallback = {}) {
        if (self.flexible_ && self.version_ >= first) self.tagged(number, field, fallback);
        return self;
    }
    // Present in every version, never compact: the client id, which a broker must be able to read
    // in the header of a version that it does not know.
    template <class Self>
    Self& classic(this Self& self, auto& field) {
        const bool flexible = self.flexible_;
        self.flexible_ = false;
        self.field(field, true);
        self.flexible_ = flexible;
        return self;
    }

private:
    int16_t version_;
    bool flexible_;
};

}  // namespace polylog::kafka
