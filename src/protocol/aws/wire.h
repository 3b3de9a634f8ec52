#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// The idiom of this room: an operation's input or output is a plain struct, and one function in it
// names each member once for all forms of the wire.
//
//     struct Input {
//         std::string queue_url;
//         std::vector<std::string> attribute_names;
//
//         void wire(auto& io) {
//             io(required("QueueUrl"), queue_url)
//               (flat_list("AttributeNames", "AttributeName"), attribute_names);
//         }
//     };
//
// wire() is instantiated for JsonReader, QueryReader, JsonOutput, XmlOutput and SchemaPrinter.
// Types in the struct and on the wire (botocore service-2.json, "shapes"):
//
//     string              std::string
//     integer, long       int32_t, int64_t
//     boolean             bool
//     blob                Blob: base64 on the wire
//     list of T           std::vector<T>
//     map of string to T  std::map<std::string, T>, in the order of the keys
//     structure           a struct with a wire() of its own
//     any, if given       std::optional<T>
namespace polylog::aws {

struct Blob {
    std::string bytes;

    bool operator==(const Blob&) const = default;
};

template <class T>
using StringMap = std::map<std::string, T, std::less<>>;

// How a member is called, and which form lists and maps take outside JSON.
struct Member {
    enum class Form : uint8_t {
        plain,      // of scalars, structures: Name
        flat_list,  // Query.1, Query.2; <Query/><Query/>
        flat_map,   // Query.1.Key and Query.1.Value; <Query><Key/><Value/></Query>
        list,       // Name.member.1; <Name><member/></Name>
        map,        // Name.entry.1.Key and .Value; <Name><entry><Key/><Value/></entry></Name>
    };
    std::string_view name;  // in JSON
    std::string_view query = name;
    Form form = Form::plain;
    std::string_view key = {}, value = {};  // of maps
    bool required = false;
    bool demanded = required;  // by the readers; otherwise a rule has its own words for it
    bool always = false;       // an empty list is written too

    // NOLINTNEXTLINE: implicit, `io("QueueUrl", queue_url)`
    constexpr Member(const char* its_name) : name(its_name) {}
};

constexpr Member flat_list(const char* name, std::string_view query) {
    Member member(name);
    member.query = query;
    member.form = Member::Form::flat_list;
    return member;
}
constexpr Member flat_map(const char* name, std::string_view query, std::string_view key = "Name",
                          std::string_view value = "Value") {
    Member member = flat_list(name, query);
    member.form = Member::Form::flat_map;
    member.key = key;
    member.value = value;
    return member;
}
constexpr Member member_list(const char* name) {
    Member member(name);
    member.form = Member::Form::list;
    return member;
}
constexpr Member entry_map(const char* name, std::string_view key = "key",
                           std::string_view value = "value") {
    Member member(name);
    member.form = Member::Form::map;
    member.key = key;
    member.value = value;
    return member;
}
constexpr Member required(Member member) {
    member.required = member.demanded = true;
    return member;
}
// A request without it is refused by a rule, which knows more to say.
constexpr Member required_by_rule(Member member) {
    member.required = true;
    return member;
}
constexpr Member even_if_empty(Member member) {
    member.always = true;
    return member;
}

// A struct with a wire() of its own. Tested without instantiating wire()'s body.
template <class T>
concept Structure = std::is_class_v<T> && requires { &T::template wire<Member>; };

template <class T>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
constexpr bool kIsList = false;
template <class T>
constexpr bool kIsList<std::vector<T>> = true;
template <class T>
constexpr bool kIsMap = false;
template <class T>
constexpr bool kIsMap<StringMap<T>> = true;
template <class T>
concept Integer = std::same_as<T, int32_t> || std::same_as<T, int64_t>;

// An input or output without members.
struct Nothing {
    void wire(auto&) {}
};

}  // namespace polylog::aws
