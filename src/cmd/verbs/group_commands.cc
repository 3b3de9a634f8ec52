#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/quantity.h"
#include "client/errors.h"
#include "cmd/verbs/group_lag.h"
#include "cmd/verbs/offset_expression.h"
#include "cmd/verbs/session.h"
#include "cmd/verbs/verbs.h"
#include "protocol/kafka/codec.h"
#include "protocol/kafka/messages/consumer_protocol.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using client::TopicPartition;
using io::Task;

namespace {

Task<Result<ExitStatus>> list(Session& session) {
    CO_TRY(const auto groups, co_await session.admin().groups());
    Table table{.name = "groups", .columns = {"group", "state", "protocol", "type"}, .rows = {}};
    for (const auto& group : groups) {
        table.add({group.group_id, group.group_state, group.protocol_type, group.group_type});
    }
    std::ranges::sort(table.rows, [](const auto& a, const auto& b) { return less(a[0], b[0]); });
    CO_TRY_VOID(session.print(std::move(table)));
    co_return ExitStatus::ok;
}

// What a member reads, as "orders[0,1] audit[0]"; nothing when its assignment is not the consumers'
// kind.
std::string assignment_of(const kafka::DescribeGroupsResponse::Member& member) {
    constexpr size_t kVersionBytes = 2;
    const base::Slice& bytes = member.member_assignment;
    if (bytes.size() < kVersionBytes) return {};
    const auto decoded = kafka::decode<kafka::ConsumerProtocolAssignment>(
        bytes.part(kVersionBytes, bytes.size() - kVersionBytes), 0);
    if (!decoded) return {};
    std::vector<std::string> parts;
    for (const auto& topic : decoded->message.assigned_partitions) {
        parts.push_back(fmt::format("{}[{}]", topic.topic, fmt::join(topic.partitions, ",")));
    }
    return fmt::format("{}", fmt::join(parts, " "));
}

Task<Result<ExitStatus>> describe(Session& session) {
    const std::string name(session.arguments().get("GROUP"));
    CO_TRY(const auto group, co_await session.admin().describe_group(name));
    CO_TRY(const auto lags, co_await group_lag(session, name));
    Table state{.name = "group",
                .columns = {"group", "state", "protocol", "assignor", "members"},
                .rows = {}};
    state.add({group.group_id, group.group_state, group.protocol_type, group.protocol_data,
               static_cast<int64_t>(group.members.size())});
    Table offsets{.name = "offsets",
                  .columns = {"topic", "partition", "committed", "end", "lag", "seconds"},
                  .rows = {}};
    for (const PartitionLag& lag : lags) {
        offsets.add({lag.partition.topic, int64_t{lag.partition.partition}, lag.committed, lag.end,
                     lag.lag(), seconds_cell(lag.age)});
    }
    Table members{.name = "members",
                  .columns = {"member", "client", "host", "instance", "assignment"},
                  .rows = {}};
    for (const auto& member : group.members) {
        members.add({member.member_id, member.client_id, member.client_host,
                     member.group_instance_id ? Cell(*member.group_instance_id) : Cell(),
                     assignment_of(member)});
    }
    std::vector<Table> tables;
    for (Table* table : {&state, &offsets, &members}) tables.push_back(std::move(*table));
    CO_TRY_VOID(session.print(std::move(tables)));
    co_return ExitStatus::ok;
}

// Where a partition would go.
struct Move {
    int64_t from = -1;  // -1: nothing committed
    int64_t to = 0;
    client::Offsets start;
    client::Offsets end;
};
using Moves = std::map<TopicPartition, Move>;

// "+N" and "-N" are steps from where the group is; everything else is a place in the log.
int64_t destination(const OffsetBound& to, const Move& move, int64_t at_time) {
    const LogEnds ends{move.start.offset, move.end.offset};
    const int64_t current = move.from < 0 ? ends.start : move.from;
    switch (to.kind) {
    case OffsetBound::Kind::after_start:
        return std::clamp(current + to.value, ends.start, ends.end);
    case OffsetBound::Kind::before_end: return std::clamp(current - to.value, ends.start, ends.end);
    case OffsetBound::Kind::time: return at_time < 0 ? ends.end : at_time;
    default: return resolve(to, ends);
    }
}

Task<Result<Moves>> plan_moves(client::Admin& admin, std::string group,
                               std::set<std::string> topics, OffsetBound to) {
    CO_TRY(const auto committed, co_await admin.committed(group));
    if (topics.empty()) {
        for (const auto& [partition, offset] : committed) topics.insert(partition.topic);
    }
    Moves moves;
    for (const std::string& topic : topics) {
        CO_TRY(auto starts, co_await admin.list_offsets(topic, kafka::kEarliestTimestamp));
        CO_TRY(auto ends, co_await admin.list_offsets(topic, kafka::kLatestTimestamp));
        std::map<int32_t, client::Offsets> at_time;
        if (to.kind == OffsetBound::Kind::time) {
            CO_TRY(at_time, co_await admin.list_offsets(topic, to.value));
        }
        for (const auto& [partition, end] : ends) {
            const auto position = committed.find({topic, partition});
            Move move{.start = starts[partition], .end = end};
            if (position != committed.end()) move.from = position->second;
            move.to = destination(to, move, at_time[partition].offset);
            moves[{topic, partition}] = move;
        }
    }
    co_return moves;
}

Table move_table(const Moves& moves) {
    Table table{.name = "offsets",
                .columns = {"topic", "partition", "from", "to", "change", "lag"},
                .rows = {}};
    for (const auto& [partition, move] : moves) {
        const Cell from = move.from < 0 ? Cell() : Cell(move.from);
        const Cell change = move.from < 0 ? Cell() : Cell(move.to - move.from);
        table.add({partition.topic, int64_t{partition.partition}, from, move.to, change,
                   move.end.offset - move.to});
    }
    return table;
}

Task<Result<ExitStatus>> seek(Session& session) {
    const Arguments& arguments = session.arguments();
    const std::string group(arguments.get("GROUP"));
    const auto target = arguments.find("to");
    if (!target)
        co_return base::fail(ErrorCode::invalid_request,
                             "--to says where: start, end, @TIME, 47, +10");
    CO_TRY(const OffsetBound to,
           parse_offset_bound(*target, base::to_unix_ms(session.env().clock.wall())));
    const auto names = arguments.all("topic");
    std::set<std::string> topics(names.begin(), names.end());
    CO_TRY(const Moves moves, co_await plan_moves(session.admin(), group, std::move(topics), to));
    if (moves.empty()) {
        co_return base::fail(
            ErrorCode::unknown_group,
            fmt::format("group '{}' has committed nothing: name topics with --topic", group));
    }
    CO_TRY_VOID(session.print(move_table(moves)));
    if (session.options().dry_run) co_return ExitStatus::ok;
    CO_TRY(const bool agreed, session.confirm(fmt::format("Move group '{}' as shown?", group)));
    if (!agreed) co_return ExitStatus::condition_false;
    client::Committed offsets;
    for (const auto& [partition, move] : moves) offsets[partition] = move.to;
    CO_TRY_VOID(co_await session.admin().commit(group, std::move(offsets)));
    session.note(
        fmt::format("group '{}' moved: {}", group, base::counted(moves.size(), "partition")));
    co_return ExitStatus::ok;
}

Task<Result<ExitStatus>> remove(Session& session) {
    const auto names = session.arguments().all("GROUP");
    const bool dry_run = session.options().dry_run;
    Table table{.name = "groups", .columns = {"group", "result"}, .rows = {}};
    for (const std::string& name : names) {
        CO_TRY_VOID(co_await session.admin().describe_group(name));
        table.add({name, dry_run ? "would be deleted" : "deleted"});
    }
    if (!dry_run) {
        CO_TRY(const bool agreed,
               session.confirm(
                   fmt::format("Delete {} with all committed offsets?", fmt::join(names, ", "))));
        if (!agreed) co_return ExitStatus::condition_false;
        for (const std::string& name : names)
            CO_TRY_VOID(co_await session.admin().delete_group(name));
    }
    CO_TRY_VOID(session.print(std::move(table)));
    co_return ExitStatus::ok;
}

}  // namespace

std::vector<Command> group_commands() {
    const Positional one{.name = "GROUP", .documentation = "Its name", .completion = "group"};
    return {
        {.path = "group", .purpose = "List, describe, move and delete consumer groups"},
        {.path = "group list",
         .purpose = "List consumer groups",
         .options = with_client_options({}),
         .examples = {{"polylog group list", "all groups"},
                      {"polylog group list --filter state=Empty -o name", "those without members"},
                      {"polylog group list -o json", "for a program"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<list>},
        {.path = "group describe",
         .purpose = "Show a group's state, offsets and members",
         .positionals = {one},
         .options = with_client_options({}),
         .examples = {{"polylog group describe billing", "everything about it"},
                      {"polylog group describe billing -o json", "for a program"},
                      {"polylog lag billing -w", "its lag, again and again"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<describe>},
        {.path = "group seek",
         .purpose = "Move a group's committed offsets",
         .details = "Shows the moves and asks before it makes them. The group must have no "
                    "members.",
         .positionals = {one},
         .options = with_changing_options(
             {{.names = "--to",
               .value_name = "PLACE",
               .documentation = "start, end, an offset, @TIME, or +N and -N from where the group "
                                "is"},
              {.names = "--topic",
               .value_name = "TOPIC",
               .documentation = "Only these topics; without, all that the group has committed",
               .repeatable = true,
               .completion = "topic"}}),
         .examples = {{"polylog group seek billing --to start --dry-run",
                       "what would be read again"},
                      {"polylog group seek billing --to @2026-01-02T03:04Z --topic orders",
                       "back to a time"},
                      {"polylog group seek billing --to +1 -y", "skip one record per partition"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<seek>},
        {.path = "group delete",
         .purpose = "Delete groups with their committed offsets",
         .positionals = {{.name = "GROUP",
                          .documentation = "Names",
                          .repeatable = true,
                          .completion = "group"}},
         .options = with_changing_options({}),
         .examples = {{"polylog group delete billing", "after asking"},
                      {"polylog group delete billing -y", "without asking"},
                      {"polylog group delete billing --dry-run", "what would go"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<remove>},
    };
}

}  // namespace polylog::cmd
