#include "io/linux/shards.h"

#include <fmt/core.h>
#include <pthread.h>
#include <sched.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <system_error>

#include "base/check.h"
#include "io/linux/reactor.h"
#include "io/linux/system_error.h"

namespace polylog::io {

// Passes signals on for as long as it lives. Made before the loop of its shard starts and destroyed
// after it has ended.
class LinuxShards::SignalHandler {
public:
    // Throws boost::system::system_error when a handler cannot be installed.
    SignalHandler(Reactor& reactor, std::function<void(int)> callback)
        : signals_(reactor.context(), SIGTERM, SIGINT, SIGHUP), callback_(std::move(callback)) {
        signals_.add(SIGUSR1);
        wait();
    }

private:
    void wait() {
        signals_.async_wait([this](const boost::system::error_code& error, int signal_number) {
            if (error) return;  // cancelled by the destructor: `this` is gone
            callback_(signal_number);
            wait();
        });
    }

    boost::asio::basic_signal_set<boost::asio::io_context::executor_type> signals_;
    std::function<void(int)> callback_;
};

namespace {

// The processors the process may use, in order.
std::vector<int> usable_processors() {
    cpu_set_t allowed;
    CHECK(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    std::vector<int> processors;
    for (int each = 0; each < CPU_SETSIZE; ++each) {
        if (CPU_ISSET(static_cast<size_t>(each), &allowed)) processors.push_back(each);
    }
    return processors;
}

base::Result<void> pin(std::thread& thread, int processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(processor), &one);
    const int error = ::pthread_setaffinity_np(thread.native_handle(), sizeof one, &one);
    if (error != 0)
        return system_failure(error, "pin a thread to", fmt::format("cpu {}", processor));
    return {};
}

}  // namespace

LinuxShards::LinuxShards() = default;

base::Result<std::unique_ptr<LinuxShards>> LinuxShards::start(Options options) {
    CHECK(options.count > 0);
    std::unique_ptr<LinuxShards> shards(new LinuxShards);
    TRY(shards->directory_, DataDirectory::open(options.data_directory));
    if (auto started = shards->start_on_directory(std::move(options)); !started) {
        shards->discard_new_directory();
        return base::fail(std::move(started).error());
    }
    return shards;
}

base::Result<void> LinuxShards::start_on_directory(Options options) {
    TRY_VOID(create_shards(options));
    if (options.on_signal) {
        try {
            signals_ = std::make_unique<SignalHandler>(shards_[0]->reactor(),
                                                       std::move(options.on_signal));
        } catch (const boost::system::system_error& error) {
            return system_failure(error.code().value(), "handle", "signals");
        }
    }
    return start_threads(options.pin_threads);
}

base::Result<void> LinuxShards::create_shards(const Options& options) {
    for (uint32_t id = 0; id < options.count; ++id) {
        TRY(auto shard, LinuxShard::create(ShardId{id}, directory_, options.disk_engine));
        shards_.push_back(std::move(shard));
    }
    return {};
}

base::Result<void> LinuxShards::start_threads(bool pin_threads) {
    const std::vector<int> processors = usable_processors();
    for (const auto& shard : shards_) {
        try {
            threads_.emplace_back([&loop = *shard] { loop.run(); });
        } catch (const std::system_error& error) {
            return system_failure(error.code().value(), "start", "shard thread");
        }
        std::thread& thread = threads_.back();
        const uint32_t id = shard->id().value;
        ::pthread_setname_np(thread.native_handle(), fmt::format("shard-{}", id).c_str());
        if (pin_threads) TRY_VOID(pin(thread, processors[id % processors.size()]));
    }
    return {};
}

LinuxShards::~LinuxShards() {
    stop();
    join();
    signals_.reset();
    close();
}

void LinuxShards::close() {
    for (const auto& shard : shards_) shard->close();
}

void LinuxShards::discard_new_directory() {
    directory_->discard_if_new();
}

void LinuxShards::stop() {
    for (const auto& shard : shards_) shard->stop();
}

void LinuxShards::join() {
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

}  // namespace polylog::io
