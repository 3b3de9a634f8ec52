#include "base/json.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <simdjson.h>

namespace polylog::base {

namespace {

namespace ondemand = simdjson::ondemand;

// Positions and sizes of strings are kept in 32 bits each.
constexpr size_t kMaxTextBytes = size_t{1} << 30;

std::string_view without_blanks_after(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" \t\n\r") + 1);
}

bool take(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

// How many digits were at the front of `text`; they are taken off it.
size_t take_digits(std::string_view& text) {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
}

// RFC 8259, section 6: of any size and precision.
bool is_number(std::string_view text) {
    take(text, '-');
    const bool leading_zero = text.starts_with('0');
    const size_t integer_digits = take_digits(text);
    if (integer_digits == 0 || (leading_zero && integer_digits > 1)) return false;
    if (take(text, '.') && take_digits(text) == 0) return false;
    if (take(text, 'e') || take(text, 'E')) {
        if (!take(text, '+')) take(text, '-');
        if (take_digits(text) == 0) return false;
    }
    return text.empty();
}

std::optional<int64_t> to_integer(std::string_view number) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(number.begin(), number.end(), value);
    if (error != std::errc() || end != number.end()) return std::nullopt;
    return value;
}

std::unexpected<Error> malformed(simdjson::error_code error) {
    return fail(ErrorCode::invalid_request,
                std::string("malformed JSON: ") + simdjson::error_message(error));
}

}  // namespace

struct Json::Document {
    std::vector<Node> nodes;
    std::string text;  // strings and numbers, one after the other; no longer than the JSON text
};

// Copies what the parser reads into a Document. Its recursion is bounded by kMaxDepth.
struct Json::Builder {
    Document& document;

    // Fails on malformed text, and when the value is deeper than `depth_left` levels.
    Result<void> add(ondemand::value value, size_t depth_left) {
        const auto type = value.type();
        if (type.error()) return malformed(type.error());
        switch (type.value_unsafe()) {
        case ondemand::json_type::array: return add_array(value, depth_left);
        case ondemand::json_type::object: return add_object(value, depth_left);
        case ondemand::json_type::string: return add_string(value.get_string());
        case ondemand::json_type::number:
        case ondemand::json_type::boolean:
        case ondemand::json_type::null:
            return add_bare(without_blanks_after(value.raw_json_token()));
        }
        return malformed(simdjson::TAPE_ERROR);
    }

private:
    void add_node(Kind kind, uint64_t payload) {
        document.nodes.push_back({.kind = kind, .extent = 1, .payload = payload});
    }
    void add_text(Kind kind, std::string_view text) {
        add_node(kind, uint64_t{document.text.size()} << 32 | text.size());
        document.text.append(text);
    }
    Result<void> add_string(simdjson::simdjson_result<std::string_view> text) {
        if (text.error()) return malformed(text.error());
        add_text(Kind::string, text.value_unsafe());
        return {};
    }
    Result<void> add_bare(std::string_view token) {
        if (token == "null") {
            add_node(Kind::null, 0);
        } else if (token == "true" || token == "false") {
            add_node(Kind::boolean, token == "true");
        } else if (is_number(token)) {
            add_text(to_integer(token) ? Kind::integer : Kind::real, token);
        } else {
            return malformed(simdjson::NUMBER_ERROR);
        }
        return {};
    }
    Result<void> add_array(ondemand::value value, size_t depth_left) {
        if (depth_left == 0) return malformed(simdjson::DEPTH_ERROR);
        auto elements = value.get_array();
        if (elements.error()) return malformed(elements.error());
        const size_t at = open(Kind::array);
        uint64_t count = 0;
        for (auto element : elements) {
            if (element.error()) return malformed(element.error());
            TRY_VOID(add(element.value_unsafe(), depth_left - 1));
            ++count;
        }
        close(at, count);
        return {};
    }
    Result<void> add_object(ondemand::value value, size_t depth_left) {
        if (depth_left == 0) return malformed(simdjson::DEPTH_ERROR);
        auto members = value.get_object();
        if (members.error()) return malformed(members.error());
        const size_t at = open(Kind::object);
        uint64_t count = 0;
        for (auto member : members) {
            if (member.error()) return malformed(member.error());
            TRY_VOID(add_string(member.unescaped_key()));
            TRY_VOID(add(member.value().value_unsafe(), depth_left - 1));
            ++count;
        }
        close(at, count);
        return {};
    }
    size_t open(Kind kind) {
        add_node(kind, 0);
        return document.nodes.size() - 1;
    }
    void close(size_t at, uint64_t count) {
        document.nodes[at].extent = static_cast<uint32_t>(document.nodes.size() - at);
        document.nodes[at].payload = count;
    }
};

Result<Json> Json::parse(std::string_view text, size_t max_bytes) {
    if (text.size() > max_bytes || text.size() > kMaxTextBytes) {
        return fail(ErrorCode::message_too_large,
                    "a JSON text of " + std::to_string(text.size()) + " bytes");
    }
    // Read as the only element of an array: a text that is a mere number or string is then a value
    // like all others.
    std::string array;
    array.reserve(text.size() + 2 + simdjson::SIMDJSON_PADDING);
    array.append("[").append(text).append("]");

    ondemand::parser parser;
    ondemand::document root;
    const simdjson::padded_string_view padded(array.data(), array.size(), array.capacity());
    if (const auto error = parser.iterate(padded).get(root)) return malformed(error);
    auto elements = root.get_array();
    if (elements.error()) return malformed(elements.error());
    auto document = std::make_shared<Document>();
    Builder builder{*document};
    size_t count = 0;
    for (auto element : elements) {
        if (element.error()) return malformed(element.error());
        if (++count > 1) break;
        TRY_VOID(builder.add(element.value_unsafe(), kMaxDepth));
    }
    const bool at_end = root.current_location().error() == simdjson::OUT_OF_BOUNDS;
    if (count != 1 || !at_end) return malformed(simdjson::TAPE_ERROR);
    document->nodes.shrink_to_fit();
    return Json(std::move(document), 0);
}

template <>
std::optional<bool> Json::as<bool>() const {
    if (kind() != Kind::boolean) return std::nullopt;
    return node_at(index_).payload != 0;
}

template <>
std::optional<int64_t> Json::as<int64_t>() const {
    if (kind() != Kind::integer) return std::nullopt;
    return to_integer(number_text());
}

template <>
std::optional<double> Json::as<double>() const {
    const std::string_view number = number_text();
    if (number.empty()) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(number.begin(), number.end(), value);
    // Too small for a double is zero, too large is none.
    if (error == std::errc::result_out_of_range) {
        value = std::strtod(std::string(number).c_str(), nullptr);
    }
    if (!std::isfinite(value)) return std::nullopt;
    return value;
}

template <>
std::optional<std::string_view> Json::as<std::string_view>() const {
    if (kind() != Kind::string) return std::nullopt;
    return text_at(index_);
}

template <>
std::optional<Json> Json::as<Json>() const {
    return *this;
}

std::string_view Json::number_text() const {
    if (kind() != Kind::integer && kind() != Kind::real) return {};
    return text_at(index_);
}

size_t Json::size() const {
    const bool has_items = kind() == Kind::array || kind() == Kind::object;
    return has_items ? node_at(index_).payload : 0;
}

const Json::Node& Json::node_at(size_t index) const {
    return document_->nodes[index];
}

std::string_view Json::text_at(size_t index) const {
    const uint64_t payload = node_at(index).payload;
    const auto size = static_cast<uint32_t>(payload);
    return std::string_view(document_->text).substr(payload >> 32, size);
}

Result<std::optional<Json>> Json::find(std::string_view name) const {
    if (kind() != Kind::object) {
        return fail(ErrorCode::invalid_request,
                    "expected a JSON object with member '" + std::string(name) + "'");
    }
    std::optional<Json> found;
    const size_t end = index_ + node_at(index_).extent;
    for (size_t at = index_ + 1; at < end; at += 1 + node_at(at + 1).extent) {
        if (text_at(at) == name) found = Json(document_, at + 1);
    }
    return found;
}

Error Json::missing(std::string_view name) {
    return Error(ErrorCode::invalid_request, "JSON member '" + std::string(name) + "' is missing");
}

Error Json::mismatch(std::string_view name, std::string_view expected) {
    return Error(ErrorCode::invalid_request,
                 "JSON member '" + std::string(name) + "' must be " + std::string(expected));
}

}  // namespace polylog::base
