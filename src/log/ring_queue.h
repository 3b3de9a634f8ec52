#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "base/check.h"

namespace polylog::log {

// A queue in one block of memory that doubles when full and never shrinks: in steady state it
// allocates nothing, and its elements can be searched by position. Popped elements are reset to T{}
// at once, so that what they held is let go.
template <class T>
class RingQueue {
public:
    bool empty() const { return size_ == 0; }
    size_t size() const { return size_; }
    // Position 0 is the front.
    T& operator[](size_t position) { return slots_[(head_ + position) & (capacity_ - 1)]; }
    const T& operator[](size_t position) const {
        return slots_[(head_ + position) & (capacity_ - 1)];
    }
    T& front() { return (*this)[0]; }
    const T& front() const { return (*this)[0]; }
    T& back() { return (*this)[size_ - 1]; }
    const T& back() const { return (*this)[size_ - 1]; }

    void push_back(T value) {
        if (size_ == capacity_) grow();
        ++size_;
        back() = std::move(value);
    }
    void pop_front() {
        CHECK(size_ > 0);
        front() = T{};
        head_ = (head_ + 1) & (capacity_ - 1);
        --size_;
    }
    void pop_back() {
        CHECK(size_ > 0);
        back() = T{};
        --size_;
    }
    void clear() {
        while (!empty()) pop_back();
    }

private:
    void grow() {
        const size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
        auto slots = std::make_unique<T[]>(capacity);
        for (size_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
        slots_ = std::move(slots);
        capacity_ = capacity;
        head_ = 0;
    }

    std::unique_ptr<T[]> slots_;
    size_t capacity_ = 0;  // a power of two, or 0
    size_t head_ = 0;
    size_t size_ = 0;
};

}  // namespace polylog::log
