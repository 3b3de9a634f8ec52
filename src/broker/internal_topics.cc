#include "broker/internal_topics.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/utf8.h"

namespace polylog::broker {

meta::NewTopic offsets_topic(const model::BrokerConfig& config) {
    return {.name = std::string(model::kOffsetsTopic),
            .partition_count = config.offsets_topic_partitions,
            .replication_factor = config.offsets_topic_replication_factor,
            .overrides = {{"cleanup.policy", "compact"},
                          {"compression.type", "producer"},
                          {"segment.bytes", fmt::format("{}", config.offsets_topic_segment_bytes)}},
            .internal = true};
}

namespace {

// Takes the first code point; bytes that are not UTF-8 count as U+FFFD each, as Java decodes them.
uint32_t take_code_point(std::string_view& text) {
    const size_t size_bytes = base::utf8_sequence_size(text);
    const auto byte = [&](size_t i) {
        return static_cast<uint32_t>(static_cast<unsigned char>(text[i]));
    };
    uint32_t point = 0xFFFD;
    if (size_bytes == 1) point = byte(0);
    if (size_bytes > 1) {
        point = byte(0) & (0x7Fu >> size_bytes);
        for (size_t i = 1; i < size_bytes; ++i) point = point << 6 | (byte(i) & 0x3F);
    }
    text.remove_prefix(std::max<size_t>(size_bytes, 1));
    return point;
}

// Java hashes UTF-16 code units; a code point above the basic plane counts as its two surrogates.
uint32_t java_hash(std::string_view text) {
    uint32_t hash = 0;
    while (!text.empty()) {
        const uint32_t point = take_code_point(text);
        if (point >= 0x10000) {
            hash = 31 * hash + (0xD800 + ((point - 0x10000) >> 10));
            hash = 31 * hash + (0xDC00 + ((point - 0x10000) & 0x3FF));
        } else {
            hash = 31 * hash + point;
        }
    }
    return hash;
}

}  // namespace

model::PartitionIndex offsets_partition(std::string_view group_id, int32_t partition_count) {
    return {static_cast<int32_t>(java_hash(group_id) & 0x7FFFFFFF) % partition_count};
}

coordinator::GroupConfig group_config(const model::BrokerConfig& config,
                                      const base::Limits& limits) {
    // Each partition of the offsets topic coordinates its even share of the groups; small ones are
    // rounded up, because ids do not spread evenly.
    constexpr size_t kGroupsMin = 10;
    const auto share = limits.groups_max / static_cast<uint32_t>(config.offsets_topic_partitions);
    return {.session_timeout_min = config.group_min_session_timeout,
            .session_timeout_max = config.group_max_session_timeout,
            .initial_rebalance_delay = config.group_initial_rebalance_delay,
            .offsets_retention = config.offsets_retention,
            .expiry_interval = config.offsets_retention_check_interval,
            .offset_metadata_bytes_max = static_cast<size_t>(config.offset_metadata_max_bytes),
            .group_size_max = std::min(static_cast<size_t>(config.group_max_size),
                                       size_t{limits.members_per_group_max}),
            .groups_max = std::max<size_t>(share, kGroupsMin)};
}

}  // namespace polylog::broker
