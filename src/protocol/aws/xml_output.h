#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "protocol/aws/wire.h"

namespace polylog::aws {

// Text between XML tags: `&`, `<`, `>` and `"` become entities, and a carriage return `&#xD;`,
// which parsers would turn into a line feed (XML 1.0, 2.11). Whatever bytes go in, what comes out
// is well-formed: those that are no character of XML (2.2) become U+FFFD.
void append_xml_text(std::string& out, std::string_view text);

// An io that writes a struct as XML elements at the end of a string. What is not given is left out,
// and so are empty lists and maps of the flat forms, which have no way to be empty.
class XmlOutput {
public:
    explicit XmlOutput(std::string& out) : out_(out) {}

    template <class T>
    XmlOutput& operator()(const Member& member, const T& field) {
        if constexpr (kIsOptional<T>) {
            if (field) (*this)(member, *field);
        } else if constexpr (kIsList<T>) {
            list(member, field);
        } else if constexpr (kIsMap<T>) {
            map(member, field);
        } else {
            element(member.query, field);
        }
        return *this;
    }

    template <class T>
    void element(std::string_view name, const T& value) {
        open(name);
        if constexpr (std::same_as<T, std::string>) {
            append_xml_text(out_, value);
        } else if constexpr (std::same_as<T, Blob>) {
            out_ += base::base64_encode(base::as_bytes(value.bytes));
        } else if constexpr (Structure<T>) {
            // wire() serves the readers too, which fill in what they name. An output only looks.
            const_cast<T&>(value).wire(*this);
        } else {
            fmt::format_to(std::back_inserter(out_), "{}", value);
        }
        close(name);
    }

private:
    template <class T>
    void list(const Member& member, const std::vector<T>& field) {
        const bool flat = member.form == Member::Form::flat_list;
        if (!flat) open(member.query);
        for (const T& each : field) element(flat ? member.query : "member", each);
        if (!flat) close(member.query);
    }
    template <class T>
    void map(const Member& member, const StringMap<T>& field) {
        const bool flat = member.form == Member::Form::flat_map;
        const std::string_view entry = flat ? member.query : "entry";
        if (!flat) open(member.query);
        for (const auto& [key, value] : field) {
            open(entry);
            element(member.key, key);
            element(member.value, value);
            close(entry);
        }
        if (!flat) close(member.query);
    }

    void open(std::string_view name) { fmt::format_to(std::back_inserter(out_), "<{}>", name); }
    void close(std::string_view name) { fmt::format_to(std::back_inserter(out_), "</{}>", name); }

    std::string& out_;
};

}  // namespace polylog::aws
