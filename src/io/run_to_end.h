#pragma once

#include <memory>
#include <utility>

#include "io/scope.h"
#include "io/signal.h"

namespace polylog::io {

namespace detail {

// Holds the answer of a task in a scope; if the scope goes first, the answer is the fallback.
template <class T>
class Answer {
public:
    Answer(std::shared_ptr<Completion<T>> completion, T if_dropped)
        : completion_(std::move(completion)), if_dropped_(std::move(if_dropped)) {}
    Answer(Answer&&) = default;
    Answer& operator=(Answer&&) = delete;
    ~Answer() {
        if (completion_ && !completion_->done()) completion_->complete(std::move(if_dropped_));
    }
    void give(T value) { completion_->complete(std::move(value)); }

private:
    std::shared_ptr<Completion<T>> completion_;
    T if_dropped_;
};

// The task in its scope: gives its result to whoever waits, or to nobody.
template <class T>
Task<void> answer_with(Task<T> task, Answer<T> answer) {
    answer.give(co_await std::move(task));
}

// Waits for that result; may be dropped.
template <class T>
Task<T> await_answer(std::shared_ptr<Completion<T>> completion) {
    co_return co_await *completion;
}

}  // namespace detail

// Runs a task in `scope`, beginning now, and returns its result. Whoever waits for it may be
// dropped, a client that hangs up for example: the task still runs to its end. For changes that
// must not stop half-way, between a log and what was applied of it. `if_dropped` is the result when
// the scope is destroyed first; the caller must not rely on the scope's owner after that.
template <class T>
Task<T> run_to_end(TaskScope& scope, Task<T> task, T if_dropped) {
    auto completion = std::make_shared<Completion<T>>();
    scope.spawn(detail::answer_with<T>(std::move(task),
                                       detail::Answer<T>(completion, std::move(if_dropped))));
    return detail::await_answer<T>(std::move(completion));
}

}  // namespace polylog::io
