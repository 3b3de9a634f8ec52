#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/check.h"
#include "model/ids.h"

namespace polylog::queue {

// Stands for a message group's name.
using GroupHash = base::Strong<struct GroupHashTag, uint64_t>;
GroupHash group_hash(std::string_view name);

// How many unsettled messages are indexed by their groups: enough to look past large groups that
// are blocked or loud, and about 10 MB.
constexpr size_t kGroupWindow = 120'000;

// The unsettled messages from a queue's start on that were read ahead in the log, as far as there
// is room, and what an order keeps of each.
template <class Member>
class ScanWindow {
public:
    ScanWindow(model::Offset start, size_t size) : scanned_(start), size_(size) {}

    // Everything below was looked at: read on from here.
    model::Offset scanned() const { return scanned_; }
    size_t room() const { return size_ - std::min(size_, members_.size()); }
    size_t count() const { return members_.size(); }

    // At or behind scanned().
    void add(model::Offset offset, const Member& member) {
        CHECK(offset >= scanned_);
        scanned_ = {offset.value + 1};
        members_[offset] = member;
    }
    void skip(model::Offset to) { scanned_ = std::max(scanned_, to); }
    // Valid until the next change; null when it is not there.
    Member* find(model::Offset offset) {
        const auto found = members_.find(offset);
        return found == members_.end() ? nullptr : &found->second;
    }
    void remove(model::Offset offset) { members_.erase(offset); }
    // In order.
    std::vector<model::Offset> below(model::Offset offset) const {
        std::vector<model::Offset> found;
        for (const auto& [candidate, member] : members_) {
            if (candidate < offset) found.push_back(candidate);
        }
        std::ranges::sort(found);
        return found;
    }
    void restart(model::Offset start) {
        scanned_ = start;
        members_.clear();
    }
    size_t size_bytes() const {
        return members_.bucket_count() * sizeof(std::pair<model::Offset, Member>);
    }

private:
    model::Offset scanned_;
    size_t size_;
    boost::unordered_flat_map<model::Offset, Member, std::hash<model::Offset>> members_;
};

}  // namespace polylog::queue
