#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace polylog::queue {

// Names a node of a pool; no node.
constexpr uint32_t kNoNode = UINT32_MAX;

// Nodes in pages, named by 32-bit numbers, so that links between them take four bytes and growing
// moves nothing. Node has a member `next`, which links the free ones. When the last node is given
// back, so are all pages but one. At most 2^31 nodes.
template <class Node>
class NodePool {
public:
    uint32_t allocate() {
        uint32_t index = free_;
        if (index != kNoNode) {
            free_ = (*this)[index].next;
        } else {
            index = used_++;
            if (index / kPageNodes == pages_.size()) pages_.push_back(std::make_unique<Page>());
        }
        ++live_;
        return index;
    }
    void release(uint32_t index) {
        if (--live_ == 0) return clear();
        (*this)[index].next = free_;
        free_ = index;
    }
    void clear() {
        if (pages_.size() > 1) {
            pages_.resize(1);
            pages_.shrink_to_fit();
        }
        free_ = kNoNode;
        used_ = 0;
        live_ = 0;
    }

    Node& operator[](uint32_t index) { return (*pages_[index / kPageNodes])[index % kPageNodes]; }
    const Node& operator[](uint32_t index) const {
        return (*pages_[index / kPageNodes])[index % kPageNodes];
    }
    uint64_t live_count() const { return live_; }
    size_t size_bytes() const {
        return pages_.size() * sizeof(Page) + pages_.capacity() * sizeof(pages_[0]);
    }

private:
    static constexpr size_t kPageNodes = 16;
    using Page = std::array<Node, kPageNodes>;

    std::vector<std::unique_ptr<Page>> pages_;
    uint32_t free_ = kNoNode;
    uint32_t used_ = 0;
    uint32_t live_ = 0;
};

}  // namespace polylog::queue
