#include "model/topic_name.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

namespace polylog::model {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view
    kNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

Result<void> check_id(std::string_view what, std::string_view id, size_t bytes_max) {
    if (id.empty()) return fail(ErrorCode::invalid_name, fmt::format("the {} is empty", what));
    if (id.size() > bytes_max) {
        return fail(ErrorCode::invalid_name,
                    fmt::format("the {} has {} bytes, more than {}", what, id.size(), bytes_max));
    }
    return {};
}

}  // namespace

Result<void> check_topic_name(std::string_view name) {
    if (auto fits = check_id("topic name", name, kTopicNameBytesMax); !fits) return fits;
    if (name == "." || name == "..") {
        return fail(ErrorCode::invalid_name, fmt::format("a topic cannot be named '{}'", name));
    }
    const size_t position = name.find_first_not_of(kNameCharacters);
    if (position == std::string_view::npos) return {};
    return fail(
        ErrorCode::invalid_name,
        fmt::format(
            "the topic name has byte 0x{:02x} at position {}: only ASCII letters, digits, '.', "
            "'_' and '-' are allowed",
            static_cast<unsigned char>(name[position]), position));
}

bool is_internal_topic_name(std::string_view name) {
    constexpr std::array<std::string_view, 4> kNames{"__cluster_metadata", kOffsetsTopic,
                                                     "__transaction_state", "__share_group_state"};
    return std::ranges::find(kNames, name) != kNames.end();
}

std::string collision_key(std::string_view topic_name) {
    std::string key(topic_name);
    std::ranges::replace(key, '.', '_');
    return key;
}

Result<void> check_group_id(std::string_view id) {
    return check_id("group id", id, kGroupIdBytesMax);
}

Result<void> check_transactional_id(std::string_view id) {
    return check_id("transactional id", id, kTransactionalIdBytesMax);
}

}  // namespace polylog::model
