#include "cmd/server_process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/logging.h"
#include "base/quantity.h"
#include "cmd/log_output.h"
#include "cmd/output/answer.h"
#include "cmd/process_metrics.h"
#include "cmd/setting.h"
#include "io/linux/blocking_pool.h"
#include "io/linux/clock.h"
#include "io/linux/descriptor_limit.h"
#include "io/linux/memory_size.h"

namespace polylog::cmd {

using base::ErrorCode;
using io::Task;

namespace {

const base::Logger kLogger("server");

// Scrapes and health checks under way; nobody waits longer for them.
constexpr base::Duration kAdminDrainTimeout = std::chrono::seconds(1);

// Storage that does not open, with what somebody can do about it.
Failure storage_failure(const base::Error& error, const Settings& settings) {
    Failure failure{.error = error,
                    .at = fmt::format("data_dir {}", settings.data_dir),
                    .code = kStorageUnusable};
    switch (error.code()) {
    case ErrorCode::damaged:
    case ErrorCode::corrupt:
        failure.hint =
            "nothing was cut off; copy the data directory before anything else, then "
            "restore the file named above from a backup or a replica";
        return failure;
    case ErrorCode::disk_full: {
        std::error_code unknown;
        const auto space = std::filesystem::space(settings.data_dir, unknown);
        const uint64_t log_bytes = settings.shards * settings.storage.wal.file_bytes;
        failure.error = base::Error(
            error.code(),
            fmt::format("{}; the disk has {} left, of which {} are kept in reserve, and the "
                        "write-ahead logs begin with {}",
                        error.detail().empty() ? "the disk is too full" : error.detail(),
                        unknown ? "?" : base::rounded_size(space.available),
                        base::rounded_size(settings.storage.disk_reserve_bytes),
                        base::rounded_size(log_bytes)));
        failure.hint =
            "free some space, choose another disk with --data-dir DIR, or lower "
            "storage.wal_file_bytes and storage.disk_reserve_bytes with --set; where the disk has "
            "enough, raise storage.wal_files_max";
        return failure;
    }
    case ErrorCode::invalid_config:
    case ErrorCode::unsupported:
    case ErrorCode::unsupported_version:
        failure.code = kDataDirectoryUnusable;
        failure.hint =
            "start with what the directory was made for, or name another with "
            "--data-dir DIR";
        return failure;
    default: return failure;
    }
}

void log_refused_reload(const base::Error& error) {
    kLogger.error("reload_refused", "the new settings are wrong: nothing was changed",
                  {{"err", error}});
}

}  // namespace

ServerProcess::ServerProcess(Configuration configuration, ReadConfiguration read,
                             Announcement announcement, base::MonoTime started_at)
    : configuration_(std::move(configuration)),
      memory_(memory_budget_bytes(settings().limits, io::usable_memory_bytes()), settings().limits),
      fitted_(within_descriptors(within_memory(settings(), memory_.limit_bytes()),
                                 io::raise_descriptor_limit())),
      read_configuration_(std::move(read)),
      announcement_(std::move(announcement)),
      started_at_(started_at),
      admin_api_(POLYLOG_VERSION, [this] { return collect_metrics(); }) {}

ServerProcess::~ServerProcess() = default;

ExitStatus ServerProcess::run() {
    auto shards = io::LinuxShards::start({.count = settings().shards,
                                          .pin_threads = settings().pin_threads,
                                          .data_directory = settings().data_dir,
                                          .disk_engine = settings().disk_engine,
                                          .on_signal = [this](int number) { on_signal(number); }});
    if (!shards) {
        return report(false, {.error = shards.error(),
                              .at = fmt::format("data_dir {}", settings().data_dir),
                              .code = kDataDirectoryUnusable});
    }
    shards_ = std::move(*shards);
    if (fitted_.limits.connections_max < settings().limits.connections_max) {
        kLogger.warn("descriptors_scarce", "fewer connections are let in than the settings allow",
                     {{"connections_max", fitted_.limits.connections_max}});
    }
    io::Shard& first = (*shards_)[0];
    admission_ = std::make_unique<server::Admission>(first, fitted_.limits, memory_);
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
    if (outcome_ && !was_ready_) shards_->discard_new_directory();
    shards_.reset();
    if (!outcome_) return ExitStatus::ok;
    return report(false, *outcome_);
}

Task<void> ServerProcess::serve_then_stop() {
    outcome_ = co_await serve();
    shards_->stop();
}

Task<ServerProcess::Outcome> ServerProcess::serve() {
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
        co_await kafka_listeners_->drain((*shards_)[0].now() + settings().drain_timeout);
    }
    for (const auto& server : admin_servers_) {
        co_await server->drain((*shards_)[0].now() + kAdminDrainTimeout);
    }
    admin_api_.stopped();
    if (!broker_) co_return failure;
    const auto stopped = co_await broker_->stop();
    if (!stopped && !failure) {
        failure = Failure{.error = stopped.error(), .code = kStopFailed};
    }
    if (!failure) kLogger.info("stopped", "everything acknowledged is stored");
    co_return failure;
}

Task<ServerProcess::Outcome> ServerProcess::open_admin() {
    admin_api_.add_routes(admin_router_);
    for (const io::Endpoint& endpoint : settings().admin) {
        auto server = std::make_unique<http::Server>((*shards_)[0], admin_router_, *admission_,
                                                     fitted_.limits,
                                                     fitted_.limits.admin_body_max_bytes);
        if (const auto opened = co_await server->listen(endpoint); !opened) {
            co_return Failure{.error = opened.error(),
                              .hint = "listen.admin (--admin HOST:PORT) says where to listen",
                              .code = kAddressUnusable};
        }
        listening_.admin.push_back(server->local());
        admin_servers_.push_back(std::move(server));
    }
    co_return std::nullopt;
}

Task<ServerProcess::Outcome> ServerProcess::start_broker() {
    auto broker = std::make_unique<broker::Broker>(
        all_shards(), broker::BrokerOptions{.node = {settings().node_id},
                                            .static_config = settings().broker,
                                            .storage = fitted_.storage,
                                            .limits = fitted_.limits,
                                            .memory = &memory_});
    if (const auto started = co_await broker->start(); !started) {
        kLogger.error("start_failed", "the storage cannot be opened", {{"err", started.error()}});
        failed_broker_ = std::move(broker);
        co_return storage_failure(started.error(), settings());
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
                  {"data_dir", settings().data_dir},
                  {"shards", shards_->size()}});
}

Task<ServerProcess::Outcome> ServerProcess::open_listeners() {
    kafka_listeners_ = std::make_unique<kafka::Listeners>(all_shards(), *broker_, *admission_,
                                                          fitted_.limits);
    for (const StreamListener& listener : settings().kafka) {
        const auto opened = co_await kafka_listeners_->open(listener.bind, listener.advertise);
        if (!opened) {
            co_return Failure{.error = opened.error(),
                              .hint = "listen.kafka (--kafka HOST:PORT) says where to listen",
                              .code = kAddressUnusable};
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

ServerProcess::Outcome ServerProcess::announce_ready() {
    const base::Duration took = io::LinuxClock().now() - started_at_;
    if (!announcement_.ports_file.empty()) {
        const auto written = write_whole(announcement_.ports_file,
                                         ports_text(listening_, ::getpid()));
        if (!written) {
            return Failure{.error = written.error(),
                           .hint = "--ports-file FILE names it",
                           .code = kSettingWrong};
        }
    }
    if (announcement_.print_banner) {
        const auto printed = announcement_.print_banner(
            banner_text(settings(), listening_, took, program_invocation_name));
        if (!printed) kLogger.warn("banner_not_printed", "nobody reads standard output");
    }
    was_ready_ = true;
    kLogger.info("ready", "accepting clients", {{"took", took}, {"pid", ::getpid()}});
    return std::nullopt;
}

void ServerProcess::on_signal(int number) {
    if (number == SIGUSR1) return toggle_debug_records();
    if (number == SIGHUP) {
        reload_again_ = reloading_;
        if (!reloading_ && !stopping_) (*shards_)[0].scope().spawn(reload());
        return;
    }
    if (stopping_) std::_Exit(static_cast<int>(ExitStatus::interrupted));
    stopping_ = true;
    kLogger.info("stopping", "finishing what is under way; a second signal stops at once",
                 {{"signal", number}, {"deadline", settings().drain_timeout}});
    stop_requested_.notify_all();
}

void ServerProcess::toggle_debug_records() {
    verbose_ = !verbose_;
    const auto level = verbose_ ? base::LogLevel::debug : settings().log.level;
    if (const auto set = base::set_log_level("*", level); !set) return;
    kLogger.info("log_level_changed", "log level changed", {{"level", to_string(level)}});
}

Task<void> ServerProcess::reload() {
    reloading_ = true;
    io::BlockingPool files((*shards_)[0], 1);
    do {
        reload_again_ = false;
        auto wanted = co_await files.run([this] { return read_configuration_(); });
        if (wanted) {
            take_up(std::move(*wanted));
        } else {
            log_refused_reload(wanted.error());
        }
    } while (reload_again_ && !stopping_);
    reloading_ = false;
}

void ServerProcess::take_up(Configuration wanted) {
    const ChangedSettings changed = changed_settings(configuration_, wanted);
    Settings& settings = configuration_.settings;
    if (const auto set = apply_log_levels(wanted.settings.log); !set) {
        const auto back = apply_log_levels(settings.log);  // those that were in effect before
        return log_refused_reload(back ? set.error() : back.error());
    }
    verbose_ = false;
    settings.drain_timeout = wanted.settings.drain_timeout;
    settings.log.level = wanted.settings.log.level;
    settings.log.components = std::move(wanted.settings.log.components);
    // What components are set to is known by what was set.
    std::erase_if(configuration_.set, [](const auto& each) { return is_live(each.first); });
    for (auto& [key, value] : wanted.set) {
        if (is_live(key)) configuration_.set.insert_or_assign(key, std::move(value));
    }
    kLogger.info("reloaded", "settings read again",
                 {{"changed", fmt::format("{}", fmt::join(changed.live, ","))}});
    if (changed.fixed.empty()) return;
    kLogger.warn("restart_needed", "these settings have changed and take effect after a restart",
                 {{"settings", fmt::format("{}", fmt::join(changed.fixed, ","))}});
}

}  // namespace polylog::cmd
