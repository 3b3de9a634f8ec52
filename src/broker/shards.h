#pragma once

#include <memory>
#include <vector>

#include "broker/shard_broker.h"
#include "io/shard.h"
#include "io/when_all.h"

namespace polylog::broker {

namespace detail {

// What the task has to say that `Work` returns.
template <class Work>
using AnswerOf = decltype(std::declval<Work&>()(std::declval<ShardBroker&>())
                              .operator co_await()
                              .await_resume());

}  // namespace detail

// The broker's shards, and which of them owns what. Immutable after start; shared by all of them.
class Shards {
public:
    explicit Shards(std::vector<std::unique_ptr<ShardBroker>> shards)
        : shards_(std::move(shards)) {}

    size_t count() const { return shards_.size(); }
    ShardBroker& at(size_t index) { return *shards_[index]; }
    // The one this code runs on.
    ShardBroker& here() { return *shards_[io::Shard::current().id().value]; }
    // Metadata is decided on the first.
    ShardBroker& first() { return *shards_.front(); }

    // A queue's settlements lie where its messages are.
    static size_t owner_index(const model::TopicPartition& partition, size_t count) {
        return std::hash<model::TopicPartition>{}(model::messages_of(partition)) % count;
    }
    ShardBroker& owner(const model::TopicPartition& partition) {
        return *shards_[owner_index(partition, shards_.size())];
    }

    // Runs `work(shard broker)`, which returns a Task, on every shard at once; the answers in the
    // order of the shards. Each shard gets a copy of `work`.
    template <class Work, class R = detail::AnswerOf<Work>>
    io::Task<std::vector<R>> on_all(Work work) {
        std::vector<io::Task<R>> calls;
        for (const auto& shard : shards_) {
            calls.push_back(io::call(shard->shard(),
                                     [&broker = *shard, work]() mutable { return work(broker); }));
        }
        return io::when_all(std::move(calls));
    }
    // One shard after the other, for work without an answer.
    template <class Work>
    io::Task<void> on_each(Work work) {
        for (const auto& shard : shards_) {
            co_await io::call(shard->shard(),
                              [&broker = *shard, work]() mutable { return work(broker); });
        }
    }
    // A question that is answered without waiting.
    template <class R>
    io::Task<std::vector<R>> on_all(R (ShardBroker::*question)() const) {
        return on_all([question](ShardBroker& shard) { return io::ready((shard.*question)()); });
    }

private:
    std::vector<std::unique_ptr<ShardBroker>> shards_;
};

namespace detail {

// The parts of a request that one shard owns.
template <class Part, class Answer>
struct Share {
    std::vector<size_t> places;  // of the parts in the whole request
    std::vector<Part> parts;
};

}  // namespace detail

// Sends every part to the shard that owns its partition, runs `work` there for all parts of that
// shard, and puts the answers back in the order of the parts. The parts of this shard run inside
// the call until they first suspend, so calls made one after another act in that order.
template <class Part, class Answer>
io::Task<std::vector<Answer>> scatter(
    Shards& shards, std::vector<Part> parts,
    io::Task<std::vector<Answer>> (ShardBroker::*work)(std::vector<Part>)) {
    if (shards.count() == 1) co_return co_await (shards.first().*work)(std::move(parts));

    std::vector<detail::Share<Part, Answer>> shares(shards.count());
    for (size_t place = 0; place < parts.size(); ++place) {
        auto& share = shares[Shards::owner_index(parts[place].partition, shards.count())];
        share.places.push_back(place);
        share.parts.push_back(std::move(parts[place]));
    }
    std::vector<io::Task<std::vector<Answer>>> calls;
    std::vector<size_t> called;
    for (size_t index = 0; index < shares.size(); ++index) {
        if (shares[index].parts.empty()) continue;
        ShardBroker& owner = shards.at(index);
        calls.push_back(io::call(owner.shard(),
                                 [&owner, work, share = std::move(shares[index].parts)]() mutable {
                                     return (owner.*work)(std::move(share));
                                 }));
        called.push_back(index);
    }
    auto gathered = co_await io::when_all(std::move(calls));
    std::vector<std::optional<Answer>> ordered(parts.size());
    for (size_t i = 0; i < called.size(); ++i) {
        const std::vector<size_t>& places = shares[called[i]].places;
        for (size_t j = 0; j < places.size(); ++j)
            ordered[places[j]].emplace(std::move(gathered[i][j]));
    }
    std::vector<Answer> answers;
    answers.reserve(ordered.size());
    for (auto& answer : ordered) answers.push_back(std::move(*answer));
    co_return answers;
}

}  // namespace polylog::broker
