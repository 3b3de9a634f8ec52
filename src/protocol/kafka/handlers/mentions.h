#pragma once

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/uuid.h"

// Requests are lists, and a list may name one thing many times. Where Kafka keeps such a list as a
// set, each thing is answered once; where a repeat contradicts itself, the thing is refused, once.
// Trees and not hash tables: names come from the network, and nobody can choose them so that a
// lookup gets slow.
namespace polylog::kafka {

// A topic as a request names it: by name or by id, the other one empty.
using TopicMention = std::pair<std::string_view, base::Uuid>;
// One of its partitions.
using PartitionMention = std::pair<TopicMention, int32_t>;

// The things named so far.
template <class Key>
class Mentioned {
public:
    // Whether this is the first time.
    bool first(const Key& key) { return seen_.insert(key).second; }

private:
    std::set<Key> seen_;
};

// How often each thing is named in all: every mention is counted before the first is answered.
template <class Key>
class MentionCounts {
public:
    void count(const Key& key) { ++counts_[key]; }
    bool repeated(const Key& key) const { return counts_.at(key) > 1; }

private:
    std::map<Key, int32_t> counts_;
};

}  // namespace polylog::kafka
