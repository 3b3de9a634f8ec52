#pragma once

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "protocol/aws/codec.h"
#include "protocol/aws/json_output.h"
#include "protocol/aws/json_reader.h"
#include "protocol/aws/operation.h"
#include "protocol/aws/query_reader.h"
#include "protocol/aws/xml_output.h"

// What codec.h declares, for messages/*.cc only.
namespace polylog::aws {

template <class Op>
Answer<typename Op::Input> Codec<Op>::from_json(std::string_view body, size_t body_max_bytes,
                                                std::string_view queue_url) {
    auto json = base::Json::parse(body.empty() ? "{}" : body, body_max_bytes);
    if (!json) return refuse(FaultKind::malformed_input, std::string(json.error().detail()));
    if (json->kind() != base::Json::Kind::object) {
        return refuse(FaultKind::malformed_input, "The body is not an object.");
    }
    typename Op::Input input;
    Reading reading(Op::operation.service, queue_url);
    JsonReader io(*std::move(json), reading);
    input.wire(io);
    if (reading.failed()) return base::fail(reading.take_fault());
    return input;
}

template <class Op>
Answer<typename Op::Input> Codec<Op>::from_query(const QueryParameters& parameters,
                                                 std::string_view queue_url) {
    typename Op::Input input;
    Reading reading(Op::operation.service, queue_url);
    QueryReader io(parameters, reading);
    input.wire(io);
    if (reading.failed()) return base::fail(reading.take_fault());
    return input;
}

template <class Op>
std::string Codec<Op>::to_json(const typename Op::Output& output) {
    std::string text;
    if (!Op::operation.has_result) return text;
    base::JsonWriter json(text);
    JsonOutput(json, JsonOutput::Maps::objects).object(output);
    return text;
}

template <class Op>
std::string Codec<Op>::to_xml(const typename Op::Output& output, std::string_view request_id) {
    const Operation& operation = Op::operation;
    std::string text = fmt::format("<?xml version=\"1.0\"?><{}Response xmlns=\"{}\">",
                                   operation.name, xml_namespace(operation.service));
    if (operation.has_result)
        XmlOutput(text).element(fmt::format("{}Result", operation.name), output);
    fmt::format_to(std::back_inserter(text),
                   "<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>",
                   request_id, operation.name);
    return text;
}

template <class Op>
std::string Codec<Op>::to_query_json(const typename Op::Output& output,
                                     std::string_view request_id) {
    const Operation& operation = Op::operation;
    std::string text;
    base::JsonWriter json(text);
    json.begin_object().key(fmt::format("{}Response", operation.name)).begin_object();
    if (operation.has_result) {
        json.key(fmt::format("{}Result", operation.name));
        JsonOutput(json, JsonOutput::Maps::lists).object(output);
    }
    json.key("ResponseMetadata").begin_object().field("RequestId", request_id).end_object();
    json.end_object().end_object();
    return text;
}

}  // namespace polylog::aws
