#include "io/scope.h"

namespace polylog::io {

// Drives one spawned task and destroys itself when the task is done.
struct TaskScope::Root {
    struct promise_type : RootLink {
        promise_type(TaskScope& owner, Task<void>&) : scope(owner) {}
        Root get_return_object() {
            frame = std::coroutine_handle<promise_type>::from_promise(*this);
            return Root{*this};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        auto final_suspend() noexcept {
            struct Vanish {
                bool await_ready() noexcept { return false; }
                void await_suspend(std::coroutine_handle<promise_type> done) noexcept {
                    TaskScope& owner = done.promise().scope;
                    done.destroy();  // unlinks the promise from the scope's list
                    owner.finished();
                }
                void await_resume() noexcept {}
            };
            return Vanish{};
        }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }

        TaskScope& scope;
    };
    promise_type& promise;
};

TaskScope::Root TaskScope::drive(TaskScope&, Task<void> task) {
    co_await std::move(task);
}

void TaskScope::spawn(Task<void> task) {
    Root root = drive(*this, std::move(task));
    roots_.push_back(root.promise);
    root.promise.frame.resume();
}

Task<void> TaskScope::join() {
    while (!roots_.empty()) {
        struct Joined {
            explicit Joined(TaskScope& s) : scope(s) {}
            bool await_ready() { return false; }
            void await_suspend(std::coroutine_handle<> frame) {
                waiter.suspend(frame);
                scope.joining_.push_back(waiter);
            }
            void await_resume() {}
            TaskScope& scope;
            Waiter waiter;
        };
        co_await Joined(*this);
    }
}

void TaskScope::destroy_all() {
    while (!roots_.empty()) roots_.front().frame.destroy();
}

void TaskScope::finished() {
    if (!roots_.empty()) return;
    while (!joining_.empty()) joining_.front().wake();
}

}  // namespace polylog::io
