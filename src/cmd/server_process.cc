#include "cmd/server_process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/logging.h"
#include "base/quantity.h"
#include "cmd/port_check.h"
#include "cmd/process_metrics.h"
#include "cmd/report.h"
#include "io/linux/clock.h"
#include "io/linux/memory_size.h"

namespace polylog::cmd {

using base::ErrorCode;
using io::Task;

namespace {

const base::Logger kLogger("server");

// Scrapes and health checks under way; nobody waits longer for them.
constexpr base::Duration kAdminDrainTimeout = std::chrono::seconds(1);

// What somebody can do about storage that does not open.
std::string storage_hint(ErrorCode code) {
    switch (code) {
    case ErrorCode::damaged:
    case ErrorCode::corrupt:
        return "nothing was changed; copy the data directory before anything else, then restore "
               "the file named above from a backup or a replica";
    case ErrorCode::disk_full: return "free some space on the data directory's disk";
    default: return {};
    }
}

}  // namespace

ServerProcess::ServerProcess(Settings settings, Announcement announcement,
                             base::MonoTime started_at)
    : memory_(memory_budget_bytes(settings.limits, io::usable_memory_bytes()), settings.limits),
      settings_(within_memory(std::move(settings), memory_.limit_bytes())),
      announcement_(std::move(announcement)),
      started_at_(started_at),
      admin_api_(POLYLOG_VERSION, [this] { return collect_metrics(); }) {}

ServerProcess::~ServerProcess() = default;

ExitStatus ServerProcess::run() {
    auto shards = io::LinuxShards::start({.count = settings_.shards,
                                          .pin_threads = settings_.pin_threads,
                                          .data_directory = settings_.data_dir,
                                          .disk_engine = settings_.disk_engine,
                                          .on_signal = [this](int number) { on_signal(number); }});
    if (!shards) {
        report_error({.text = std::string(shards.error().detail()),
                      .hint = "data_dir (--data-dir DIR) says where the data lies"});
        return ExitStatus::configuration;
    }
    shards_ = std::move(*shards);
    io::Shard& first = (*shards_)[0];
    admission_ = std::make_unique<server::Admission>(first, settings_.limits, memory_);
    first.post([this, &first] { first.scope().spawn(serve_then_stop()); });
    shards_->join();
    // The loops have ended. First go the tasks, which use what lives on the shards, then that, then
    // the shards.
    shards_->close();
    admin_servers_.clear();
    kafka_listeners_.reset();
    broker_.reset();
    failed_broker_.reset();
    admission_.reset();
    shards_.reset();
    if (!outcome_) return ExitStatus::ok;
    report_error({.text = outcome_->error.message(), .hint = outcome_->hint});
    return outcome_->status;
}

Task<void> ServerProcess::serve_then_stop() {
    outcome_ = co_await serve();
    shards_->stop();
}

Task<ServerProcess::Outcome> ServerProcess::serve() {
    // Taken addresses are found before any storage is touched.
    if (auto conflict = check_ports(settings_)) {
        co_return Failure{conflict->error, ExitStatus::configuration, conflict->hint};
    }
    // Health can be asked about from here on: a long recovery is alive, but not ready.
    Outcome failure = co_await open_admin();
    if (!failure) failure = co_await start_broker();
    if (!failure) {
        log_recovery();
        failure = co_await open_listeners();
        if (!failure) failure = announce_ready();
        if (!failure) admin_api_.ready(*broker_, io::to_string(listening_.kafka.front()));
        while (!failure && !stopping_) co_await stop_requested_.wait();

        // From here on everything goes down in the reverse order.
        admin_api_.stopping();
        co_await kafka_listeners_->drain((*shards_)[0].now() + settings_.drain_timeout);
    }
    for (const auto& server : admin_servers_) {
        co_await server->drain((*shards_)[0].now() + kAdminDrainTimeout);
    }
    admin_api_.stopped();
    if (!broker_) co_return failure;
    const auto stopped = co_await broker_->stop();
    if (!stopped && !failure) {
        failure = Failure{stopped.error(), ExitStatus::internal, "the next start will recover"};
    }
    if (!failure) kLogger.info("stopped", "everything acknowledged is stored");
    co_return failure;
}

Task<ServerProcess::Outcome> ServerProcess::open_admin() {
    admin_api_.add_routes(admin_router_);
    for (const io::Endpoint& endpoint : settings_.admin) {
        auto server = std::make_unique<http::Server>((*shards_)[0], admin_router_, *admission_,
                                                     settings_.limits,
                                                     settings_.limits.admin_body_max_bytes);
        if (const auto opened = co_await server->listen(endpoint); !opened) {
            co_return Failure{opened.error(), ExitStatus::configuration,
                              "listen.admin (--admin HOST:PORT) says where to listen"};
        }
        listening_.admin.push_back(server->local());
        admin_servers_.push_back(std::move(server));
    }
    co_return std::nullopt;
}

Task<ServerProcess::Outcome> ServerProcess::start_broker() {
    auto broker = std::make_unique<broker::Broker>(
        all_shards(), broker::BrokerOptions{.node = {settings_.node_id},
                                            .static_config = settings_.broker,
                                            .storage = settings_.storage,
                                            .limits = settings_.limits,
                                            .memory = &memory_});
    if (const auto started = co_await broker->start(); !started) {
        const ErrorCode code = started.error().code();
        kLogger.error("start_failed", "the storage cannot be opened", {{"err", started.error()}});
        failed_broker_ = std::move(broker);
        co_return Failure{started.error(),
                          code == ErrorCode::invalid_config ? ExitStatus::configuration
                                                            : ExitStatus::internal,
                          storage_hint(code)};
    }
    broker_ = std::move(broker);
    co_return std::nullopt;
}

void ServerProcess::log_recovery() {
    uint64_t logs = 0, entries = 0, bytes = 0;
    bool clean = true;
    for (const log::RecoveryReport& report : broker_->recovery()) {
        logs += report.logs;
        entries += report.entries_replayed;
        bytes += report.bytes_replayed;
        clean = clean && report.was_in_order();
        for (const std::string& damage : report.damaged_logs) {
            kLogger.error("log_damaged", "a log is damaged and stays offline",
                          {{"damage", damage}});
        }
    }
    kLogger.info("recovered", "storage opened",
                 {{"clean", clean},
                  {"logs", logs},
                  {"entries_replayed", entries},
                  {"bytes_replayed", bytes},
                  {"data_dir", settings_.data_dir},
                  {"shards", shards_->size()}});
}

Task<ServerProcess::Outcome> ServerProcess::open_listeners() {
    kafka_listeners_ = std::make_unique<kafka::Listeners>(all_shards(), *broker_, *admission_,
                                                          settings_.limits);
    for (const StreamListener& listener : settings_.kafka) {
        const auto opened = co_await kafka_listeners_->open(listener.bind, listener.advertise);
        if (!opened) {
            co_return Failure{opened.error(), ExitStatus::configuration,
                              "listen.kafka (--kafka HOST:PORT) says where to listen"};
        }
        listening_.kafka.push_back(*opened);
    }
    co_return std::nullopt;
}

std::vector<io::Shard*> ServerProcess::all_shards() const {
    std::vector<io::Shard*> shards;
    for (size_t i = 0; i < shards_->size(); ++i) shards.push_back(&(*shards_)[i]);
    return shards;
}

Task<base::MetricsSnapshot> ServerProcess::collect_metrics() {
    base::MetricsSnapshot snapshot;
    if (kafka_listeners_) {
        const auto collected = co_await kafka_listeners_->collect();
        snapshot.merge(collected.requests);
        for (const auto& counts : collected.connections)
            add_connection_metrics(snapshot, "kafka", counts);
    }
    for (const auto& server : admin_servers_) {
        add_connection_metrics(snapshot, "http", server->counts());
    }
    add_process_metrics(snapshot);
    co_return snapshot;
}

ServerProcess::Outcome ServerProcess::announce_ready() const {
    const base::Duration took = io::LinuxClock().now() - started_at_;
    if (!announcement_.ports_file.empty()) {
        const auto written = write_whole(announcement_.ports_file,
                                         ports_text(listening_, ::getpid()));
        if (!written) return Failure{written.error(), ExitStatus::configuration, "--ports-file"};
    }
    if (announcement_.banner) {
        fmt::print("{}", banner_text(settings_, listening_, took));
        std::fflush(stdout);
    }
    kLogger.info("ready", "accepting clients", {{"took", took}, {"pid", ::getpid()}});
    return std::nullopt;
}

void ServerProcess::on_signal(int number) {
    if (number == SIGHUP) return;  // a closed terminal does not stop a server
    if (number == SIGUSR1) {
        verbose_ = !verbose_;
        const auto level = verbose_ ? base::LogLevel::debug : settings_.log.level;
        if (const auto set = base::set_log_level("*", level); !set) return;
        kLogger.info("log_level_changed", "log level changed", {{"level", to_string(level)}});
        return;
    }
    if (stopping_) std::_Exit(static_cast<int>(ExitStatus::interrupted));
    stopping_ = true;
    kLogger.info("stopping", "finishing what is under way; a second signal stops at once",
                 {{"signal", number}, {"deadline", settings_.drain_timeout}});
    stop_requested_.notify_all();
}

}  // namespace polylog::cmd
