#include "io/sim/stored_file.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/check.h"
#include "io/sim/crash.h"

namespace polylog::sim {

using base::Buffer;

namespace {

// A kernel writes back old dirty pages on its own; this also bounds the memory of files never
// synced.
constexpr size_t kUnsyncedChangesMax = 8192;

uint64_t total_bytes(std::span<const base::Slice> pieces) {
    uint64_t total = 0;
    for (const base::Slice& piece : pieces) total += piece.size();
    return total;
}

// Each sector as in one of two versions of a block; null is a block of zeros.
Buffer tear(const Buffer& older, const Buffer& newer, RandomStream& stream) {
    Buffer torn = Buffer::allocate(kBlockBytes);
    for (uint64_t at = 0; at < kBlockBytes; at += kSectorBytes) {
        const Buffer& source = stream.chance(0.5) ? older : newer;
        if (source) {
            std::memcpy(torn.writable_data() + at, source.data() + at, kSectorBytes);
        } else {
            std::memset(torn.writable_data() + at, 0, kSectorBytes);
        }
    }
    return torn;
}

// One of the sizes that a growing file had, or a whole number of blocks on the way to it.
uint64_t draw_size(std::span<const uint64_t> sizes, RandomStream& stream) {
    const size_t pick = stream.below(sizes.size());
    if (pick == 0 || stream.chance(0.5)) return sizes[pick];
    const uint64_t first = blocks_for(sizes[pick - 1]);
    const uint64_t last = sizes[pick] / kBlockBytes;
    return first < last ? (first + stream.below(last - first)) * kBlockBytes : sizes[pick];
}

}  // namespace

size_t StoredFile::read_stale(uint64_t position, base::MutableBytes into,
                              RandomStream& stream) const {
    const size_t count = cache_.read(position, into);
    std::vector<uint64_t> candidates;
    for (uint64_t block = position / kBlockBytes; block < blocks_for(position + count); ++block) {
        if (block < previous_.size() && previous_[block]) candidates.push_back(block);
    }
    if (candidates.empty()) return count;
    const uint64_t block = candidates[stream.below(candidates.size())];
    const uint64_t begin = std::max(position, block * kBlockBytes);
    const uint64_t end = std::min(position + count, (block + 1) * kBlockBytes);
    std::memcpy(into.data() + (begin - position), previous_[block].data() + begin % kBlockBytes,
                end - begin);
    return count;
}

void StoredFile::write(uint64_t position, std::span<const base::Slice> pieces) {
    const uint64_t size_bytes = total_bytes(pieces);
    if (size_bytes == 0) return;
    change_cache(position, pieces);
    Change change{.number = ++last_change_, .size_after = cache_.size(), .blocks = {}};
    for (uint64_t block = position / kBlockBytes; block < blocks_for(position + size_bytes);
         ++block) {
        change.blocks.emplace_back(block, cache_.block(block));
    }
    unsynced_.push_back(std::move(change));
    if (unsynced_.size() > kUnsyncedChangesMax) sync(unsynced_[kUnsyncedChangesMax / 2].number);
}

void StoredFile::write_without_trace(uint64_t position, std::span<const base::Slice> pieces) {
    change_cache(position, pieces);
}

void StoredFile::change_cache(uint64_t position, std::span<const base::Slice> pieces) {
    const uint64_t end = position + total_bytes(pieces);
    if (previous_.size() < blocks_for(end)) previous_.resize(blocks_for(end));
    for (uint64_t block = position / kBlockBytes; block < blocks_for(end); ++block) {
        if (!has_space_for(block)) ++allocated_blocks_;
        previous_[block] = cache_.block(block);
    }
    for (const base::Slice& piece : pieces) {
        cache_.write(position, piece.bytes());
        position += piece.size();
    }
}

void StoredFile::truncate(uint64_t size_bytes) {
    cache_.resize(size_bytes);
    reserved_blocks_ = std::min(reserved_blocks_, blocks_for(size_bytes));
    if (previous_.size() > blocks_for(size_bytes)) previous_.resize(blocks_for(size_bytes));
    count_blocks();
    unsynced_.push_back(
        {.number = ++last_change_, .truncates = true, .size_after = size_bytes, .blocks = {}});
}

void StoredFile::sync(uint64_t upto_change) {
    while (!unsynced_.empty() && unsynced_.front().number <= upto_change) {
        make_durable(unsynced_.front());
        unsynced_.pop_front();
    }
    durable_reserved_blocks_ = reserved_blocks_;
}

void StoredFile::write_through(uint64_t position, uint64_t size_bytes) {
    // The size comes from the file system's journal, which keeps its order: older truncates go
    // first.
    const auto truncate = std::find_if(unsynced_.rbegin(), unsynced_.rend(),
                                       [](const Change& change) { return change.truncates; });
    if (truncate != unsynced_.rend()) sync(truncate->number);

    const uint64_t first = position / kBlockBytes;
    const uint64_t end = blocks_for(position + size_bytes);
    for (uint64_t block = first; block < end; ++block)
        durable_.set_block(block, cache_.block(block));
    for (Change& change : unsynced_) {
        std::erase_if(change.blocks,
                      [&](const auto& each) { return each.first >= first && each.first < end; });
    }
    durable_.extend(std::min(cache_.size(), end * kBlockBytes));
}

void StoredFile::make_durable(const Change& change) {
    if (change.truncates) durable_.resize(change.size_after);
    for (const auto& [block, contents] : change.blocks) durable_.set_block(block, contents);
    durable_.extend(change.size_after);
}

void StoredFile::fail_sync(RandomStream& stream) {
    keep_random_part(stream);
}

void StoredFile::power_cut(RandomStream& stream) {
    keep_random_part(stream);
    cache_ = durable_;
    previous_.clear();
    if (stream.chance(0.5)) durable_reserved_blocks_ = reserved_blocks_;
    reserved_blocks_ = durable_reserved_blocks_;
    count_blocks();
}

void StoredFile::keep_random_part(RandomStream& stream) {
    const std::deque<Change> dropped = std::exchange(unsynced_, {});
    if (dropped.empty()) return;
    const std::vector<Change> changes(dropped.begin(), dropped.end());
    const Changes all(changes);
    switch (draw_survival(stream)) {
    case Survival::nothing: break;
    case Survival::everything:
        for (const Change& change : all) make_durable(change);
        break;
    case Survival::prefix: {
        const size_t whole = stream.below(all.size() + 1);
        for (const Change& change : all.first(whole)) make_durable(change);
        if (whole < all.size()) keep_scattered(all.subspan(whole, 1), stream);
        break;
    }
    case Survival::scattered: keep_scattered(all, stream); break;
    }
}

void StoredFile::keep_scattered(Changes changes, RandomStream& stream) {
    while (!changes.empty()) {
        const auto truncate = std::find_if(changes.begin(), changes.end(),
                                           [](const Change& change) { return change.truncates; });
        const auto writes = static_cast<size_t>(truncate - changes.begin());
        keep_scattered_writes(changes.first(writes), stream);
        if (truncate == changes.end() || stream.chance(0.5)) return;
        make_durable(*truncate);
        changes = changes.subspan(writes + 1);
    }
}

void StoredFile::keep_scattered_writes(Changes writes, RandomStream& stream) {
    if (writes.empty()) return;
    std::map<uint64_t, std::vector<Buffer>> versions;
    std::vector<uint64_t> sizes{durable_.size()};
    for (const Change& change : writes) {
        sizes.push_back(std::max(sizes.back(), change.size_after));
        for (const auto& [block, contents] : change.blocks) {
            auto& of_block = versions[block];
            if (of_block.empty()) of_block.push_back(durable_.block(block));
            of_block.push_back(contents);
        }
    }
    for (auto& [block, of_block] : versions) {
        const size_t newer = stream.below(of_block.size());
        const bool torn = newer > 0 && stream.chance(0.25);
        const size_t older = torn ? stream.below(newer) : newer;
        durable_.set_block(block,
                           torn ? tear(of_block[older], of_block[newer], stream) : of_block[newer]);
    }
    durable_.resize(draw_size(sizes, stream));
}

void StoredFile::allocate(uint64_t size_bytes) {
    const uint64_t wanted = blocks_for(size_bytes);
    for (uint64_t block = reserved_blocks_; block < wanted; ++block)
        allocated_blocks_ += !has_space_for(block);
    reserved_blocks_ = std::max(reserved_blocks_, wanted);
}

void StoredFile::count_blocks() {
    allocated_blocks_ = reserved_blocks_;
    for (uint64_t block = reserved_blocks_; block < cache_.block_end(); ++block) {
        if (cache_.block(block)) ++allocated_blocks_;
    }
}

void StoredFile::damage(const std::function<void(FileImage&)>& change) {
    change(cache_);
    change(durable_);
    count_blocks();
}

}  // namespace polylog::sim
