#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/admin.h"
#include "client/cluster.h"
#include "cmd/command.h"
#include "cmd/output/table.h"
#include "cmd/verbs/options.h"
#include "io/linux/blocking_pool.h"
#include "io/task.h"

namespace polylog::cmd {

// One run of a client command: what was asked, and the brokers to ask. On the program's only shard.
class Session {
public:
    Session(const Arguments& arguments, ClientOptions options, io::Shard& shard);

    const Arguments& arguments() const { return arguments_; }
    const ClientOptions& options() const { return options_; }
    io::Env& env() { return env_; }
    client::Cluster& cluster() { return cluster_; }
    client::Admin& admin() { return admin_; }
    // For reads that block: standard input, files.
    io::BlockingPool& blocking() { return blocking_; }

    // To standard output, in the format that was asked for. Error: invalid_request, for a column
    // that is not there; closed, when nobody reads standard output any more; io_failed.
    base::Result<void> print(Table table);
    base::Result<void> print(std::vector<Table> tables);
    base::Result<void> write(std::string_view text);
    // Whoever read standard output has closed it.
    bool reader_is_gone() const { return reader_is_gone_; }
    // Standard output could not be written for another reason.
    bool output_failed() const { return output_failed_; }
    // To standard error, unless quiet.
    void note(std::string_view text) const;

    // Whether to go on with what `question` says: yes with -y, else what the person at the terminal
    // answers. Error: invalid_request when there is nobody to ask.
    base::Result<bool> confirm(std::string_view question) const;

private:
    const Arguments& arguments_;
    const ClientOptions options_;
    io::Env& env_;
    client::Cluster cluster_;
    client::Admin admin_;
    io::BlockingPool blocking_;
    bool reader_is_gone_ = false;
    bool output_failed_ = false;
};

// What a command does with its session: how the program ends, or an error to report.
using Verb = io::Task<base::Result<ExitStatus>> (*)(Session& session);

// Runs a verb on a shard of its own, prints its error and says how the program ends.
ExitStatus run_verb(const Arguments& arguments, Verb verb);
// The same as a row of the command table takes it: `.run = run<list_topics>`.
template <Verb verb>
ExitStatus run(const Arguments& arguments) {
    return run_verb(arguments, verb);
}

}  // namespace polylog::cmd
