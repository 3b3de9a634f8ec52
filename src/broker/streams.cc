#include "broker/streams.h"

#include <algorithm>
#include <optional>

#include "broker/fetch_wait.h"
#include "broker/shards.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using io::Task;

namespace {

size_t total_bytes(const std::vector<FetchAnswer>& answers) {
    size_t bytes = 0;
    for (const FetchAnswer& answer : answers) bytes += answer.read.size_bytes;
    return bytes;
}

// Shards answer without knowing of each other: what is too much for the whole is left for the next
// fetch.
void trim_to(std::vector<FetchAnswer>& answers, size_t max_bytes) {
    size_t bytes = 0;
    for (FetchAnswer& answer : answers) {
        if (bytes > 0 && bytes + answer.read.size_bytes > max_bytes) answer.read = {};
        bytes += answer.read.size_bytes;
    }
}

}  // namespace

Task<std::vector<base::Result<Appended>>> Streams::append(std::vector<AppendPart> parts) {
    return scatter(shards_, std::move(parts), &ShardBroker::append);
}

Task<std::vector<FetchAnswer>> Streams::fetch(Fetch fetch) {
    for (FetchPart& part : fetch.parts) part.max_bytes = std::min(part.max_bytes, fetch.max_bytes);
    std::optional<FetchWait> wait;
    for (;;) {
        auto answers = co_await scatter(shards_, fetch.parts, &ShardBroker::read);
        trim_to(answers, fetch.max_bytes);
        const bool failed = std::ranges::any_of(answers, [](const FetchAnswer& answer) {
            return !answer.status;
        });
        const bool expired = io::Shard::current().now() >= fetch.deadline;
        if (failed || expired || fetch.parts.empty() || total_bytes(answers) >= fetch.min_bytes)
            co_return answers;
        if (!wait) {
            wait.emplace(shards_,
                         fetch);  // then read once more: something may have come before it watched
        } else {
            co_await wait->changed(fetch.deadline);
            wait.reset();
        }
    }
}

Task<std::vector<OffsetAnswer>> Streams::find_offsets(std::vector<OffsetQuery> queries) {
    return scatter(shards_, std::move(queries), &ShardBroker::find_offsets);
}

Task<std::vector<TrimAnswer>> Streams::trim(std::vector<TrimPart> parts) {
    return scatter(shards_, std::move(parts), &ShardBroker::trim);
}

Task<std::vector<EpochAnswer>> Streams::epoch_ends(std::vector<EpochQuery> queries) {
    return scatter(shards_, std::move(queries), &ShardBroker::epoch_ends);
}

Task<std::vector<StoredLog>> Streams::stored_logs() {
    auto gathered = co_await shards_.on_all(&ShardBroker::stored_logs);
    std::vector<StoredLog> logs;
    for (auto& some : gathered) logs.insert(logs.end(), some.begin(), some.end());
    std::ranges::sort(logs, {}, &StoredLog::partition);
    co_return logs;
}

}  // namespace polylog::broker
