#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/admin_api.h"
#include "base/memory_budget.h"
#include "base/result.h"
#include "broker/broker.h"
#include "cmd/announcement.h"
#include "cmd/command.h"
#include "cmd/configuration.h"
#include "cmd/output/failure.h"
#include "io/linux/shards.h"
#include "io/signal.h"
#include "protocol/aws/listeners.h"
#include "protocol/http/server.h"
#include "protocol/kafka/listeners.h"
#include "protocol/server/admission.h"

namespace polylog::cmd {

// A broker process from start to stop: shards, broker and listeners, in the order in which they
// come up and the reverse order in which they go down. Made and destroyed by main's thread; what
// the private functions do happens on the first shard.
class ServerProcess {
public:
    // How SIGHUP has the configuration read anew; called on a thread of its own, one at a time.
    using ReadConfiguration = std::function<base::Result<Configuration>()>;

    ServerProcess(Configuration configuration, ReadConfiguration read, Announcement announcement,
                  base::MonoTime started_at);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    // Serves until SIGTERM or SIGINT, then answers what is under way, closes the storage and
    // returns. A second signal ends the process at once. Errors are reported before it returns.
    ExitStatus run();

private:
    using Outcome = std::optional<Failure>;  // nothing: a clean stop

    io::Task<void> serve_then_stop();
    io::Task<Outcome> serve();
    io::Task<Outcome> open_admin();
    io::Task<Outcome> start_broker();
    io::Task<Outcome> open_listeners();
    io::Task<Outcome> open_kafka();
    io::Task<Outcome> open_aws();
    base::Result<aws::FrontEndOptions> aws_options() const;
    io::Task<void> drain_clients(base::MonoTime deadline);
    io::Task<base::MetricsSnapshot> collect_metrics();
    std::vector<io::Shard*> all_shards() const;
    void log_recovery();
    Outcome announce_ready();
    void on_signal(int number);
    io::Task<void> reload();
    void take_up(Configuration wanted);
    void toggle_debug_records();

    const Settings& settings() const { return configuration_.settings; }

    // Live settings change, on the first shard, which alone reads them; the others never do.
    Configuration configuration_;
    base::MemoryBudget memory_;
    const Settings fitted_;  // the settings at the start, within the memory there is
    const ReadConfiguration read_configuration_;
    const Announcement announcement_;
    const base::MonoTime started_at_;
    std::unique_ptr<io::LinuxShards> shards_;
    std::unique_ptr<server::Admission> admission_;       // of all listeners
    std::unique_ptr<broker::Broker> broker_;             // null until it serves
    std::unique_ptr<broker::Broker> failed_broker_;      // what remains of one that did not start
    std::unique_ptr<kafka::Listeners> kafka_listeners_;  // null until the broker serves
    std::unique_ptr<aws::Listeners> aws_listeners_;      // likewise; null without an address
    http::Router admin_router_;
    admin::AdminApi admin_api_;
    std::vector<std::unique_ptr<http::Server>> admin_servers_;  // on the first shard
    Listening listening_;
    bool was_ready_ = false;  // clients may have come
    bool stopping_ = false;
    bool reloading_ = false;
    bool reload_again_ = false;  // SIGHUP came while reloading
    bool verbose_ = false;       // SIGUSR1 has turned on debug records
    io::Signal stop_requested_;
    Outcome outcome_;
};

}  // namespace polylog::cmd
