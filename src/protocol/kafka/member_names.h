#pragma once

#include <array>
#include <cstddef>
#include <source_location>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// The names of a message's members, so that logs and the golden schema can say them without every
// wire() repeating them as text. C++ offers no reflection yet; this gets by with three facts: an
// aggregate tells how many members it has by how many initialisers it takes, a structured binding
// reaches each of them, and the compiler spells a pointer to a member of a constant inside a
// function's signature. Only JsonDumper and SchemaPrinter pay for it, at compile time.
namespace polylog::kafka {

// One member of a message.
struct MemberName {
    size_t offset = 0;  // bytes from the start of the struct
    std::string_view name;
};

namespace member_names {

// Stands for an initialiser of any type.
struct Anything {
    template <class T>
    constexpr operator T() const {
        std::unreachable();
    }
};

template <class T, class... Initialisers>
consteval size_t count() {
    if constexpr (requires { T{{Initialisers{}}..., {Anything{}}}; }) {
        return count<T, Initialisers..., Anything>();
    } else {
        return sizeof...(Initialisers);
    }
}

// A tuple of pointers to all members, in declaration order.
template <class T>
constexpr auto pointers(const T& value) {
    constexpr size_t n = count<T>();
    static_assert(n >= 1 && n <= 12, "one more case is needed below");
    if constexpr (n == 1) {
        const auto& [a] = value;
        return std::tuple(&a);
    } else if constexpr (n == 2) {
        const auto& [a, b] = value;
        return std::tuple(&a, &b);
    } else if constexpr (n == 3) {
        const auto& [a, b, c] = value;
        return std::tuple(&a, &b, &c);
    } else if constexpr (n == 4) {
        const auto& [a, b, c, d] = value;
        return std::tuple(&a, &b, &c, &d);
    } else if constexpr (n == 5) {
        const auto& [a, b, c, d, e] = value;
        return std::tuple(&a, &b, &c, &d, &e);
    } else if constexpr (n == 6) {
        const auto& [a, b, c, d, e, f] = value;
        return std::tuple(&a, &b, &c, &d, &e, &f);
    } else if constexpr (n == 7) {
        const auto& [a, b, c, d, e, f, g] = value;
        return std::tuple(&a, &b, &c, &d, &e, &f, &g);
    } else if constexpr (n == 8) {
        const auto& [a, b, c, d, e, f, g, h] = value;
        return std::tuple(&a, &b, &c, &d, &e, &f, &g, &h);
    } else if constexpr (n == 9) {
        const auto& [a, b, c, d, e, f, g, h, i] = value;
        return std::tuple(&a, &b, &c, &d, &e, &f, &g, &h, &i);
    } else if constexpr (n == 10) {
        const auto& [a, b, c, d, e, f, g, h, i, j] = value;
        return std::tuple(&a, &b, &c, &d, &e, &f, &g, &h, &i, &j);
    } else if constexpr (n == 11) {
        const auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
        return std::tuple(&a, &b, &c, &d, &e, &f, &g, &h, &i, &j, &k);
    } else {
        const auto& [a, b, c, d, e, f, g, h, i, j, k, l] = value;
        return std::tuple(&a, &b, &c, &d, &e, &f, &g, &h, &i, &j, &k, &l);
    }
}

// Never defined: only the addresses of its members are named.
template <class T>
struct Example {
    T value;
};
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
template <class T>
extern const Example<T> example;

// "... [Pointer = &example.value.group_id]" -> "group_id".
template <auto Pointer>
consteval std::string_view spelled() {
    const std::string_view signature = std::source_location::current().function_name();
    const size_t dot = signature.rfind('.');
    return signature.substr(dot + 1, signature.rfind(']') - dot - 1);
}

template <class T, size_t... Index>
auto table(const T& value, std::index_sequence<Index...>) {
    const auto distance = [&value](const void* member) {
        return static_cast<size_t>(static_cast<const char*>(member) -
                                   reinterpret_cast<const char*>(&value));
    };
    const auto members = pointers(value);
    return std::array{MemberName{distance(std::get<Index>(members)),
                                 spelled<std::get<Index>(pointers(example<T>.value))>()}...};
}
#pragma clang diagnostic pop

}  // namespace member_names

// The members of T with their offsets, in declaration order.
template <class T>
std::span<const MemberName> member_names_of() {
    static const auto names = [] {
        const T value{};
        return member_names::table(value, std::make_index_sequence<member_names::count<T>()>());
    }();
    return names;
}

// Which member of a struct is at an address.
class MemberNames {
public:
    MemberNames() = default;
    template <class T>
    static MemberNames of(const T& value) {
        return MemberNames(&value, member_names_of<T>());
    }
    // "?" for an address that is no member.
    std::string_view at(const void* member) const {
        const auto offset = static_cast<size_t>(static_cast<const char*>(member) - start_);
        for (const MemberName& candidate : names_) {
            if (candidate.offset == offset) return candidate.name;
        }
        return "?";
    }

private:
    MemberNames(const void* start, std::span<const MemberName> names)
        : start_(static_cast<const char*>(start)), names_(names) {}

    const char* start_ = nullptr;
    std::span<const MemberName> names_;
};

}  // namespace polylog::kafka
