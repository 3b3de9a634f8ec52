#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/ids.h"

// Where a log's files are: docs/formats/segment.md. All paths are relative to the data directory.
namespace polylog::log {

constexpr std::string_view kTopicsDirectory = "topics";

// "topics/<name>.<topic id>". Whatever the name holds, the result is one safe path.
std::string topic_directory(model::TopicId topic, std::string_view topic_name);
// "topics/<name>.<topic id>/<partition>", of a queue's settlements ".../settlements-<partition>"
std::string log_directory(const model::TopicPartition& id, std::string_view topic_name);
// "<directory>/00000000000000000042.log"; the kinds are "log", "index" and "timeindex".
std::string segment_path(std::string_view directory, model::Offset base, std::string_view kind);

// The inverse, for what is found on the disk: nothing when the name is none of ours.
std::optional<model::TopicId> parse_topic_directory(std::string_view name);
std::optional<model::PartitionIndex> parse_partition_directory(std::string_view name);
// The base offset in the name of any of a segment's files.
std::optional<model::Offset> parse_segment_name(std::string_view name);

}  // namespace polylog::log
