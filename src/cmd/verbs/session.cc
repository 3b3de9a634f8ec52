#include "cmd/verbs/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/did_you_mean.h"
#include "cmd/output/answer.h"
#include "io/linux/shard.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using io::Task;

namespace {

client::ClusterSettings cluster_settings(const ClientOptions& options) {
    client::ClusterSettings settings;
    settings.bootstrap = options.brokers;
    settings.connection.client_id = "polylog-cli";
    settings.connection.software_version = POLYLOG_VERSION;
    settings.connection.connect_timeout = options.timeout;
    settings.connection.request_timeout = options.timeout;
    return settings;
}

// What was printed before is flushed where it was printed.
void exit_interrupted(int) {
    ::_exit(static_cast<int>(ExitStatus::interrupted));
}

// A shard stands on a directory; a client needs none, so it is gone before anything is put in it.
Result<std::unique_ptr<io::LinuxShard>> make_shard() {
    std::error_code error;
    std::string path = (std::filesystem::temp_directory_path(error) / "polylog-XXXXXX").string();
    if (error || !::mkdtemp(path.data())) {
        return base::fail(ErrorCode::io_failed, "no temporary directory can be made");
    }
    auto directory = io::DataDirectory::open(path);
    std::filesystem::remove_all(path, error);
    if (!directory) return base::fail(directory.error());
    return io::LinuxShard::create(io::ShardId{0}, *directory, io::DiskEngineChoice::threads);
}

// The names that exist, of the kind that the error is about. None when the broker does not tell.
Task<std::vector<std::string>> known_names(Session& session, ErrorCode error) {
    std::vector<std::string> names;
    if (error == ErrorCode::unknown_topic) {
        const auto metadata = co_await session.cluster().metadata({.names = {}, .all = true});
        for (size_t i = 0; metadata && i < metadata->topics.size(); ++i) {
            names.push_back(metadata->topics[i].name.value_or(std::string()));
        }
    } else if (error == ErrorCode::unknown_group) {
        const auto groups = co_await session.admin().groups();
        for (size_t i = 0; groups && i < groups->size(); ++i) {
            names.push_back((*groups)[i].group_id);
        }
    }
    co_return names;
}

// "did you mean": for an error whose text has the name in quotes.
Task<std::string> spelling_hint(Session& session, base::Error error) {
    const size_t start = error.detail().find('\'');
    const size_t end = error.detail().rfind('\'');
    if (start == end) co_return std::string();
    const std::vector<std::string> names = co_await known_names(session, error.code());
    const std::vector<std::string_view> known(names.begin(), names.end());
    const auto nearest = base::nearest_name(error.detail().substr(start + 1, end - start - 1),
                                            known);
    co_return nearest ? fmt::format("did you mean '{}'?", *nearest) : std::string();
}

Task<Failure> failure_of(Session& session, base::Error error) {
    if (session.output_failed()) co_return Failure{.error = error, .code = kOutputUnwritable};
    if (error == ErrorCode::not_found) co_return Failure{.error = error};
    if (error == ErrorCode::invalid_request) {
        co_return Failure{.error = error,
                          .hint = fmt::format("polylog {} --help",
                                              session.arguments().command().path)};
    }
    Failure failure{.error = error};
    for (const io::Endpoint& broker : session.options().brokers) {
        failure.at += (failure.at.empty() ? "" : ",") + io::to_string(broker);
    }
    failure.hint = co_await spelling_hint(session, error);
    co_return failure;
}

// coroutine-safe: run_verb turns the loop until this has ended, and holds what is borrowed.
Task<void> run_to_end(const Arguments& arguments, ClientOptions options, Verb verb,
                      io::LinuxShard& shard, ExitStatus& status) {
    Session session(arguments, std::move(options), shard);
    const auto result = co_await verb(session);
    if (result) {
        status = *result;
    } else if (session.reader_is_gone()) {
        status = ExitStatus::ok;  // as `head` ends what it has seen enough of
    } else {
        status = report(arguments, co_await failure_of(session, result.error()));
    }
    shard.stop();
}

}  // namespace

Session::Session(const Arguments& arguments, ClientOptions options, io::Shard& shard)
    : arguments_(arguments),
      options_(std::move(options)),
      env_(shard.env()),
      cluster_(env_, cluster_settings(options_)),
      admin_(cluster_),
      blocking_(shard, 1) {}

Result<void> Session::print(Table table) {
    std::vector<Table> tables;
    tables.push_back(std::move(table));
    return print(std::move(tables));
}

Result<void> Session::print(std::vector<Table> tables) {
    // A query is about the first table; with one, the others would only be in the way.
    const Query& query = options_.query;
    const bool is_query = !query.fields.empty() || !query.filter.empty() || !query.sort.empty();
    if (is_query && !tables.empty()) {
        TRY(Table picked, apply(query, std::move(tables.front())));
        tables.clear();
        tables.push_back(std::move(picked));
    }
    return write(render(tables, options_.render));
}

Result<void> Session::write(std::string_view text) {
    const Result<void> written = write_output(text);
    if (!written) (written.error() == ErrorCode::closed ? reader_is_gone_ : output_failed_) = true;
    return written;
}

void Session::note(std::string_view text) const {
    if (!options_.quiet) write_notice(fmt::format("{}\n", text));
}

Result<bool> Session::confirm(std::string_view question) const {
    if (options_.yes) return true;
    if (::isatty(STDIN_FILENO) != 1) {
        return base::fail(
            ErrorCode::invalid_request,
            fmt::format("{} Standard input is no terminal to ask at: say -y, or --dry-run",
                        question));
    }
    write_notice(fmt::format("{} [y/N] ", question));
    char answer[16] = {};
    if (!std::fgets(answer, sizeof answer, stdin)) return false;
    return answer[0] == 'y' || answer[0] == 'Y';
}

ExitStatus run_verb(const Arguments& arguments, Verb verb) {
    auto options = client_options(arguments);
    if (!options) {
        return report(arguments,
                      {.error = options.error(),
                       .hint = fmt::format("polylog {} --help", arguments.command().path),
                       .code = kCommandLineWrong});
    }
    auto shard = make_shard();
    if (!shard) return report(arguments, {.error = shard.error()});
    std::signal(SIGINT, exit_interrupted);
    std::signal(SIGTERM, exit_interrupted);
    ExitStatus status = ExitStatus::internal;
    io::LinuxShard& loop = **shard;
    loop.post([&] {
        loop.scope().spawn(run_to_end(arguments, std::move(*options), verb, loop, status));
    });
    loop.run();
    return status;
}

}  // namespace polylog::cmd
