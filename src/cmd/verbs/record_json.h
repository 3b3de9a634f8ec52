#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "client/record.h"

namespace polylog::cmd {

// Records as JSON, one object each, so that what `tail` prints goes into `pub` without loss:
//     {"topic":"orders","partition":0,"offset":47,"timestamp":"2026-01-02T03:04:05.678Z",
//      "timestamp_ms":1767323045678,"key":"c1","value":null,"headers":[{"key":"a","value":"1"}]}
// Null stays null; bytes that are not UTF-8 are in "key_base64" and "value_base64" instead.
void append_json(const client::ConsumedRecord& record, std::string& out);

// The record that such an object describes. Topic and offset are not taken over; every member may
// be missing: no key is a null key. Errors: invalid_request, naming the member; message_too_large.
base::Result<client::Record> parse_record_json(std::string_view text);

}  // namespace polylog::cmd
