#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/json.h"
#include "base/json_writer.h"

// Whatever parses can be written, and what is written parses to the same. Any bytes make a valid
// string.
namespace polylog::base {
namespace {

std::string written(const auto& value) {
    std::string text;
    JsonWriter(text).value(value);
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto json = Json::parse(text, size)) {
        const std::string once = written(*json);
        const auto again = Json::parse(once, once.size());
        CHECK(again && written(*again) == once);
        for (const auto& [name, value] : json->members()) CHECK(json->get_optional<Json>(name));
    }
    const std::string quoted = written(text);
    const auto string = Json::parse(quoted, quoted.size());
    CHECK(string && string->kind() == Json::Kind::string);
    return 0;
}

}  // namespace polylog::base
