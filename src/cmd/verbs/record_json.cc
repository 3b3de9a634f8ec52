#include "cmd/verbs/record_json.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Json;
using base::JsonWriter;
using base::Result;

namespace {

// Base64 and escapes make the largest record that brokers usually take several times as long.
constexpr size_t kObjectBytesMax = size_t{256} << 20;

void write_bytes(JsonWriter& json, std::string_view name, const std::optional<std::string>& bytes) {
    if (!bytes) {
        json.key(name).null();
    } else if (base::is_utf8(*bytes)) {
        json.field(name, *bytes);
    } else {
        json.field(fmt::format("{}_base64", name), base::base64_encode(base::as_bytes(*bytes)));
    }
}

Result<std::optional<std::string>> read_bytes(const Json& object, std::string_view name) {
    const std::string in_base64 = fmt::format("{}_base64", name);
    TRY(const auto encoded, object.get_optional<std::string_view>(in_base64));
    TRY(const auto text, object.get_optional<std::string_view>(name));
    if (!encoded) return text ? std::optional(std::string(*text)) : std::nullopt;
    auto bytes = base::base64_decode(*encoded);
    if (bytes) return bytes;
    return base::fail(ErrorCode::invalid_request,
                      fmt::format("member '{}' is no base64", in_base64));
}

Result<std::vector<client::Header>> read_headers(const Json& object) {
    std::vector<client::Header> headers;
    TRY(const auto list, object.get_optional<Json>("headers"));
    if (!list) return headers;
    if (list->kind() == Json::Kind::object) {
        for (const auto& [name, value] : list->members()) {
            const auto text = value.as<std::string_view>();
            headers.push_back(
                {std::string(name), text ? std::optional(std::string(*text)) : std::nullopt});
        }
        return headers;
    }
    for (const Json& each : list->elements()) {
        TRY(const auto key, each.get<std::string_view>("key"));
        TRY(auto value, read_bytes(each, "value"));
        headers.push_back({std::string(key), std::move(value)});
    }
    return headers;
}

Result<std::optional<int64_t>> read_timestamp(const Json& object) {
    TRY(const auto timestamp_ms, object.get_optional<int64_t>("timestamp_ms"));
    if (timestamp_ms) return timestamp_ms;
    TRY(const auto text, object.get_optional<std::string_view>("timestamp"));
    if (!text) return std::nullopt;
    const auto parsed = base::parse_rfc3339(*text);
    if (parsed) return parsed;
    return base::fail(ErrorCode::invalid_request, fmt::format("'{}' is no timestamp", *text));
}

}  // namespace

void append_json(const client::ConsumedRecord& record, std::string& out) {
    JsonWriter json(out);
    json.begin_object();
    json.field("topic", record.topic)
        .field("partition", record.partition)
        .field("offset", record.offset);
    json.field("timestamp", base::format_rfc3339(record.timestamp_ms));
    json.field("timestamp_ms", record.timestamp_ms);
    write_bytes(json, "key", record.key);
    write_bytes(json, "value", record.value);
    json.key("headers").begin_array();
    for (const client::Header& header : record.headers) {
        json.begin_object().field("key", header.key);
        write_bytes(json, "value", header.value);
        json.end_object();
    }
    json.end_array().end_object();
}

Result<client::Record> parse_record_json(std::string_view text) {
    TRY(const Json object, Json::parse(text, kObjectBytesMax));
    if (object.kind() != Json::Kind::object) {
        return base::fail(ErrorCode::invalid_request, "a record is a JSON object");
    }
    client::Record record;
    TRY(record.key, read_bytes(object, "key"));
    TRY(record.value, read_bytes(object, "value"));
    TRY(record.headers, read_headers(object));
    TRY(record.timestamp_ms, read_timestamp(object));
    TRY(const auto partition, object.get_optional<int64_t>("partition"));
    if (partition) record.partition = static_cast<int32_t>(*partition);
    return record;
}

}  // namespace polylog::cmd
