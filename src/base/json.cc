#include "base/json.h"

#include <bit>
#include <vector>

#include <simdjson.h>

namespace polylog::base {

namespace {

namespace dom = simdjson::dom;

// Positions and sizes of strings are kept in 32 bits each.
constexpr size_t kMaxTextBytes = size_t{1} << 30;

}  // namespace

struct Json::Document {
    std::vector<Node> nodes;
    std::string text;  // all strings, one after the other; never longer than the JSON text
};

// Copies a tree of the parser into a Document. Its recursion is bounded by kMaxDepth.
struct Json::Builder {
    Document& document;

    // False when the tree is deeper than `depth_left` levels.
    bool add(dom::element element, size_t depth_left) {
        switch (element.type()) {
        case dom::element_type::NULL_VALUE: add_node(Kind::null, 0); return true;
        case dom::element_type::BOOL:
            add_node(Kind::boolean, bool(element.get_bool().value_unsafe()));
            return true;
        case dom::element_type::INT64:
            add_number(Kind::integer, element.get_int64().value_unsafe());
            return true;
        case dom::element_type::UINT64:  // only what does not fit int64_t
        case dom::element_type::DOUBLE:
            add_number(Kind::real, element.get_double().value_unsafe());
            return true;
        case dom::element_type::STRING:
            add_string(element.get_string().value_unsafe());
            return true;
        case dom::element_type::ARRAY: return add_array(element, depth_left);
        case dom::element_type::OBJECT: return add_object(element, depth_left);
        }
        return false;
    }

private:
    void add_node(Kind kind, uint64_t payload) {
        document.nodes.push_back({.kind = kind, .extent = 1, .payload = payload});
    }
    template <class T>
    void add_number(Kind kind, T value) {
        add_node(kind, std::bit_cast<uint64_t>(value));
    }
    void add_string(std::string_view text) {
        add_node(Kind::string, uint64_t{document.text.size()} << 32 | text.size());
        document.text.append(text);
    }
    bool add_array(dom::element element, size_t depth_left) {
        if (depth_left == 0) return false;
        const size_t at = document.nodes.size();
        add_node(Kind::array, 0);
        uint64_t count = 0;
        for (const dom::element inner : element.get_array().value_unsafe()) {
            if (!add(inner, depth_left - 1)) return false;
            ++count;
        }
        finish(at, count);
        return true;
    }
    bool add_object(dom::element element, size_t depth_left) {
        if (depth_left == 0) return false;
        const size_t at = document.nodes.size();
        add_node(Kind::object, 0);
        uint64_t count = 0;
        for (const dom::key_value_pair member : element.get_object().value_unsafe()) {
            add_string(member.key);
            if (!add(member.value, depth_left - 1)) return false;
            ++count;
        }
        finish(at, count);
        return true;
    }
    void finish(size_t at, uint64_t count) {
        document.nodes[at].extent = static_cast<uint32_t>(document.nodes.size() - at);
        document.nodes[at].payload = count;
    }
};

Result<Json> Json::parse(std::string_view text, size_t max_bytes) {
    if (text.size() > max_bytes || text.size() > kMaxTextBytes) {
        return fail(ErrorCode::message_too_large,
                    "a JSON text of " + std::to_string(text.size()) + " bytes");
    }
    dom::parser parser;
    // One level more than we accept, so that the refusal is ours and independent of the parser's
    // counting.
    if (auto error = parser.allocate(text.size(), kMaxDepth + 1)) {
        return fail(ErrorCode::internal, simdjson::error_message(error));
    }
    const simdjson::simdjson_result<dom::element> root = parser.parse(text.data(), text.size());
    if (root.error() == simdjson::DEPTH_ERROR) {
        return fail(ErrorCode::invalid_request, "the JSON text is nested too deeply");
    }
    if (root.error()) {
        return fail(ErrorCode::invalid_request,
                    std::string("malformed JSON: ") + simdjson::error_message(root.error()));
    }
    auto document = std::make_shared<Document>();
    if (!Builder{*document}.add(root.value_unsafe(), kMaxDepth)) {
        return fail(ErrorCode::invalid_request, "the JSON text is nested too deeply");
    }
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
    return std::bit_cast<int64_t>(node_at(index_).payload);
}

template <>
std::optional<double> Json::as<double>() const {
    if (kind() == Kind::real) return std::bit_cast<double>(node_at(index_).payload);
    if (const auto integer = as<int64_t>()) return static_cast<double>(*integer);
    return std::nullopt;
}

template <>
std::optional<std::string_view> Json::as<std::string_view>() const {
    if (kind() != Kind::string) return std::nullopt;
    return string_at(index_);
}

template <>
std::optional<Json> Json::as<Json>() const {
    return *this;
}

size_t Json::size() const {
    const bool has_items = kind() == Kind::array || kind() == Kind::object;
    return has_items ? node_at(index_).payload : 0;
}

const Json::Node& Json::node_at(size_t index) const {
    return document_->nodes[index];
}

std::string_view Json::string_at(size_t index) const {
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
        if (string_at(at) == name) found = Json(document_, at + 1);
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
