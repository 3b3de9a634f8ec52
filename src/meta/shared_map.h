#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace polylog::meta {

// Immutable values by random id, in the order of ids. Copies share what they have in common: a copy
// costs 256 counted references, a change in it one bucket, a 256th of the entries. Ids are strong
// types of base::Uuid whose first byte is evenly spread. A value type: copies are independent.
template <class Id, class Value>
class SharedMap {
public:
    using ValuePtr = std::shared_ptr<const Value>;

    size_t size() const { return size_; }
    // Null when there is none.
    ValuePtr find(const Id& id) const {
        const auto& bucket = bucket_of(id);
        if (!bucket) return nullptr;
        const auto found = std::ranges::lower_bound(*bucket, id, {}, &Entry::first);
        return found != bucket->end() && found->first == id ? found->second : nullptr;
    }

    // Replaces what was under the id.
    void put(const Id& id, ValuePtr value) {
        auto changed = copy_of(bucket_of(id));
        const auto place = std::ranges::lower_bound(*changed, id, {}, &Entry::first);
        if (place != changed->end() && place->first == id) {
            place->second = std::move(value);
        } else {
            changed->emplace(place, id, std::move(value));
            ++size_;
        }
        bucket_of(id) = std::move(changed);
    }

    void remove(const Id& id) {
        if (!find(id)) return;
        auto changed = copy_of(bucket_of(id));
        changed->erase(std::ranges::lower_bound(*changed, id, {}, &Entry::first));
        --size_;
        if (changed->empty()) changed = nullptr;
        bucket_of(id) = std::move(changed);
    }

    // At most `max` values, those whose ids follow `after`.
    std::vector<ValuePtr> page(const Id& after, size_t max) const {
        std::vector<ValuePtr> values;
        for (size_t index = index_of(after); index < buckets_.size(); ++index) {
            if (!buckets_[index]) continue;
            const Bucket& bucket = *buckets_[index];
            auto next = std::ranges::upper_bound(bucket, after, {}, &Entry::first);
            for (; next != bucket.end(); ++next) {
                if (values.size() == max) return values;
                values.push_back(next->second);
            }
        }
        return values;
    }

    // Calls `visit(value)` for each.
    void for_each(auto visit) const {
        for (const auto& bucket : buckets_) {
            if (!bucket) continue;
            for (const auto& [id, value] : *bucket) visit(*value);
        }
    }

private:
    using Entry = std::pair<Id, ValuePtr>;
    using Bucket = std::vector<Entry>;
    using BucketPtr = std::shared_ptr<const Bucket>;

    static size_t index_of(const Id& id) { return id.value.bytes[0]; }
    const BucketPtr& bucket_of(const Id& id) const { return buckets_[index_of(id)]; }
    BucketPtr& bucket_of(const Id& id) { return buckets_[index_of(id)]; }
    static std::shared_ptr<Bucket> copy_of(const BucketPtr& bucket) {
        auto copy = std::make_shared<Bucket>();
        if (!bucket) return copy;
        copy->reserve(bucket->size() + 1);
        copy->assign(bucket->begin(), bucket->end());
        return copy;
    }

    std::array<BucketPtr, 256> buckets_;  // by the first byte of the id
    size_t size_ = 0;
};

}  // namespace polylog::meta
