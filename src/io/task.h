#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/check.h"

// Task<T>: a coroutine that produces one T.
//
//     Task<Result<uint64_t>> size_of(Disk& disk, std::string path) {
//         CO_TRY(auto file, co_await disk.open(std::move(path), {}));
//         co_return co_await file->size();
//     }
//
// A task is lazy: it starts when awaited, or when a TaskScope spawns it, and runs on the shard of
// whoever awaits it. It owns its frame: destroying a Task that has not finished destroys everything
// the coroutine holds, and every awaiter in Polylog withdraws itself when destroyed, so dropping a
// task is how work is cancelled.
//
// Rules: parameters by value or owning (a reference or view parameter must outlive the task: only
// when the awaiting caller owns it); no lambda coroutines with captures; background work only
// inside a TaskScope.
namespace polylog::io {

template <class T>
class Task;

namespace detail {

// What the frames of all tasks have: they begin when awaited, and end into whoever awaits them.
class PromiseBase {
public:
    std::suspend_always initial_suspend() noexcept { return {}; }

    auto final_suspend() noexcept {
        struct ResumeContinuation {
            std::coroutine_handle<> continuation;
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<>) noexcept {
                return continuation;
            }
            void await_resume() noexcept {}
        };
        return ResumeContinuation{continuation_};
    }

    // Nothing in Polylog throws; what third-party code throws is caught in its adapter.
    void unhandled_exception() noexcept { std::terminate(); }
    void set_continuation(std::coroutine_handle<> continuation) { continuation_ = continuation; }

private:
    std::coroutine_handle<> continuation_ = std::noop_coroutine();
};

// The frame of a task with a result, which lives in the frame until it is taken.
template <class T>
class Promise : public PromiseBase {
public:
    Task<T> get_return_object() noexcept;
    template <class U = T>  // the default admits `co_return {}`
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }
    T take() { return std::move(*value_); }

private:
    std::optional<T> value_;
};

// The frame of a task without a result.
template <>
class Promise<void> : public PromiseBase {
public:
    Task<void> get_return_object() noexcept;
    void return_void() noexcept {}
    void take() noexcept {}
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;

    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            destroy();
            frame_ = std::exchange(other.frame_, nullptr);
        }
        return *this;
    }
    ~Task() { destroy(); }

    auto operator co_await() && noexcept {
        struct Awaiter {
            std::coroutine_handle<promise_type> frame;
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
                frame.promise().set_continuation(awaiting);
                return frame;
            }
            T await_resume() { return frame.promise().take(); }
        };
        CHECK(frame_ && !frame_.done());
        return Awaiter{frame_};
    }

private:
    friend promise_type;
    explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
    void destroy() {
        if (frame_) std::exchange(frame_, nullptr).destroy();
    }

    std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace detail

// A task that already has its value.
template <class T>
Task<T> ready(T value) {
    co_return value;
}

}  // namespace polylog::io
