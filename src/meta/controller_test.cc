#include "meta/controller.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "meta/journal_store.h"
#include "test/log/partition_rig.h"

namespace polylog::meta {
namespace {

using base::ErrorCode;
using model::TopicId;
using replication::testing::PartitionRig;
using sim::Crash;
using std::chrono::milliseconds;

// What the shards would be told.
struct Published {
    ImagePtr image;
    std::vector<TopicId> changed;
    int times = 0;
};
io::Task<void> take_over(Published& published, ImagePtr image, std::vector<TopicId> changed) {
    published.image = std::move(image);
    published.changed = std::move(changed);
    ++published.times;
    co_return;
}

// A controller on a simulated machine.
class ControllerRig : public PartitionRig {
public:
    void start(bool clean_stop = true) {
        controller_ = std::make_unique<Controller>(
            node().shard(0), model::NodeId{1}, limits_,
            std::make_unique<JournalStore>(node().shard(0), shared()), model::ConfigMap{},
            [this](ImagePtr image, std::vector<TopicId> changed) {
                return take_over(published, std::move(image), std::move(changed));
            });
        const auto started = wait(on_shard([&] { return controller_->start(clean_stop); }));
        ASSERT_TRUE(started) << started.error().message();
    }
    void restart_after(Crash kind, bool clean_stop = false) {
        controller_.reset();
        reopen_partition(kind);
        start(clean_stop);
    }
    Controller& controller() { return *controller_; }
    const MetadataImage& image() { return *controller_->image(); }

    base::Result<std::shared_ptr<const Topic>> create(NewTopic topic, bool validate_only = false) {
        std::vector<NewTopic> one{std::move(topic)};
        return wait(on_shard(
                        [&] { return controller_->create_topics(std::move(one), validate_only); }))
            .front();
    }
    ErrorCode refusal(NewTopic topic) {
        const auto created = create(std::move(topic));
        EXPECT_FALSE(created);
        return created ? ErrorCode::internal : created.error().code();
    }
    base::Result<void> set(const std::string& topic, const std::string& name,
                           const std::string& value, bool validate_only = false) {
        ConfigAlteration alteration;
        alteration.changes.push_back({.name = name, .value = value});
        return wait(on_shard(
            [&] { return controller_->alter_topic(topic, std::move(alteration), validate_only); }));
    }

    Published published;

private:
    const base::Limits limits_;
    std::unique_ptr<Controller> controller_;
};

TEST(Controller, ANewStoreGetsAClusterIdThatStays) {
    ControllerRig rig;
    rig.start();
    const base::Uuid id = rig.image().cluster_id;
    EXPECT_FALSE(id.is_nil());
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.image().cluster_id, id);
}

TEST(Controller, WhatItAnsweredSurvivesCrashesAndWasPublished) {
    ControllerRig rig;
    rig.start();
    const auto created = rig.create(
        {.name = "orders", .partition_count = 3, .overrides = {{"retention.ms", "5000"}}});
    ASSERT_TRUE(created);
    EXPECT_EQ(rig.published.changed, std::vector<TopicId>{(*created)->id});
    EXPECT_EQ(rig.published.image, rig.controller().image());
    for (const Crash crash : {Crash::kill, Crash::power_cut}) {
        rig.restart_after(crash);
        const auto found = rig.image().find("orders");
        ASSERT_TRUE(found);
        EXPECT_EQ(found->id, (*created)->id);
        EXPECT_EQ(found->partition_count, 3);
        EXPECT_EQ(found->config->retention_ms, 5000);
        EXPECT_EQ(rig.image().find((*created)->id), found);
    }
}

TEST(Controller, LeaderEpochsRiseWithEveryStartThatWasNotPrecededByACleanStop) {
    ControllerRig rig;
    rig.start();
    ASSERT_TRUE(rig.create({.name = "old"}));
    const auto epoch = [&](const char* name) {
        return rig.image().leader_epoch(*rig.image().find(name)).value;
    };
    EXPECT_EQ(epoch("old"), 0);
    rig.restart_after(Crash::kill, false);
    ASSERT_TRUE(rig.create({.name = "new"}));
    rig.restart_after(Crash::kill, true);
    EXPECT_EQ(epoch("old"), 1);
    rig.restart_after(Crash::kill, false);
    EXPECT_EQ(epoch("old"), 2);
    EXPECT_EQ(epoch("new"), 1);
}

TEST(Controller, ValidationAnswersTheSameAndChangesNothing) {
    ControllerRig rig;
    rig.start();
    const int published = rig.published.times;
    const auto planned = rig.create({.name = "orders", .partition_count = 2}, true);
    ASSERT_TRUE(planned);
    EXPECT_TRUE((*planned)->id.value.is_nil());
    EXPECT_EQ((*planned)->partition_count, 2);
    EXPECT_FALSE(rig.image().find("orders"));
    EXPECT_EQ(rig.published.times, published);
    EXPECT_EQ(rig.create({.name = "a/b"}, true).error(), ErrorCode::invalid_name);
}

TEST(Controller, TopicsThatCannotBeAreRefusedEachForItsReason) {
    ControllerRig rig;
    rig.start();
    ASSERT_TRUE(rig.create({.name = "a.b"}));
    EXPECT_EQ(rig.refusal({.name = "a.b"}), ErrorCode::topic_exists);
    EXPECT_EQ(rig.refusal({.name = "a_b"}), ErrorCode::invalid_name);  // the same in metrics
    EXPECT_EQ(rig.refusal({.name = ".."}), ErrorCode::invalid_name);
    EXPECT_EQ(rig.refusal({.name = "x", .partition_count = 0}), ErrorCode::invalid_partition_count);
    EXPECT_EQ(rig.refusal({.name = "x", .partition_count = 10'001}), ErrorCode::policy_violation);
    EXPECT_EQ(rig.refusal({.name = "x", .replication_factor = 2}),
              ErrorCode::invalid_replication_factor);
    EXPECT_EQ(rig.refusal({.name = "x", .replication_factor = 0}),
              ErrorCode::invalid_replication_factor);
    EXPECT_EQ(rig.refusal({.name = "x", .assignments = {{1, {{1}}}}}),
              ErrorCode::invalid_replica_assignment);
    EXPECT_EQ(rig.refusal({.name = "x", .assignments = {{0, {{2}}}}}),
              ErrorCode::invalid_replica_assignment);
    EXPECT_EQ(rig.refusal({.name = "x", .partition_count = 1, .assignments = {{0, {{1}}}}}),
              ErrorCode::invalid_request);
    EXPECT_EQ(rig.refusal({.name = "x", .overrides = {{"no.such.key", "1"}}}),
              ErrorCode::invalid_config);
    EXPECT_EQ(rig.image().topics.size(), 1u);
}

TEST(Controller, TopicsOfOneRequestAreCheckedAgainstEachOther) {
    ControllerRig rig;
    rig.start();
    std::vector<NewTopic> several{
        {.name = "twice"}, {.name = "twice"}, {.name = "x.y"}, {.name = "x_y"}, {.name = "fine"}};
    const auto created = rig.wait(
        rig.on_shard([&] { return rig.controller().create_topics(std::move(several), false); }));
    EXPECT_EQ(created[0].error(), ErrorCode::invalid_request);
    EXPECT_EQ(created[1].error(), ErrorCode::invalid_request);
    EXPECT_TRUE(created[2]);
    EXPECT_EQ(created[3].error(), ErrorCode::invalid_name);
    EXPECT_TRUE(created[4]);
}

TEST(Controller, DeletedTopicsStayDeletedAndTheirNamesAreFree) {
    ControllerRig rig;
    rig.start();
    const auto first = rig.create({.name = "orders"});
    const auto kept = rig.create({.name = "__internal", .internal = true});
    ASSERT_TRUE(first && kept);
    std::vector<TopicId> ids{(*first)->id, (*first)->id, (*kept)->id};
    const auto deleted = rig.wait(
        rig.on_shard([&] { return rig.controller().delete_topics(std::move(ids)); }));
    EXPECT_TRUE(deleted[0]);
    EXPECT_EQ(deleted[1].error(), ErrorCode::unknown_topic_id);
    EXPECT_EQ(deleted[2].error(), ErrorCode::invalid_request);
    const auto second = rig.create({.name = "orders"});
    ASSERT_TRUE(second);
    EXPECT_NE((*second)->id, (*first)->id);
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.image().find("orders")->id, (*second)->id);
    EXPECT_FALSE(rig.image().find((*first)->id));
}

TEST(Controller, PartitionsOnlyGrow) {
    ControllerRig rig;
    rig.start();
    ASSERT_TRUE(rig.create({.name = "orders", .partition_count = 2}));
    const auto grow = [&](MorePartitions more, bool validate_only) {
        std::vector<MorePartitions> one{std::move(more)};
        return rig
            .wait(rig.on_shard(
                [&] { return rig.controller().create_partitions(std::move(one), validate_only); }))
            .front();
    };
    EXPECT_EQ(grow({.topic = "none", .total_count = 3}, false).error(), ErrorCode::unknown_topic);
    EXPECT_EQ(grow({.topic = "orders", .total_count = 2}, false).error(),
              ErrorCode::invalid_partition_count);
    EXPECT_EQ(grow({.topic = "orders", .total_count = 20'000}, false).error(),
              ErrorCode::policy_violation);
    EXPECT_EQ(grow({.topic = "orders", .total_count = 4, .assignments = {{{1}}}}, false).error(),
              ErrorCode::invalid_replica_assignment);
    EXPECT_TRUE(grow({.topic = "orders", .total_count = 4}, true));
    EXPECT_EQ(rig.image().find("orders")->partition_count, 2);
    EXPECT_TRUE(grow({.topic = "orders", .total_count = 4}, false));
    rig.restart_after(Crash::kill);
    EXPECT_EQ(rig.image().find("orders")->partition_count, 4);
}

TEST(Controller, SettingsChangeTheTopicsTheyApplyTo) {
    ControllerRig rig;
    rig.start();
    ASSERT_TRUE(rig.create({.name = "orders"}));
    EXPECT_EQ(rig.set("none", "retention.ms", "1").error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.set("orders", "retention.ms", "soon").error(), ErrorCode::invalid_config);
    EXPECT_TRUE(rig.set("orders", "retention.ms", "7000", true));
    EXPECT_TRUE(rig.image().find("orders")->overrides.empty());
    EXPECT_TRUE(rig.set("orders", "retention.ms", "7000"));
    EXPECT_EQ(rig.image().find("orders")->config->retention_ms, 7000);
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.image().find("orders")->config->retention_ms, 7000);
    // Replacing all takes back what is not named.
    const auto replaced = rig.wait(rig.on_shard([&] {
        return rig.controller().alter_topic("orders", {.changes = {}, .replace_all = true}, false);
    }));
    EXPECT_TRUE(replaced);
    EXPECT_TRUE(rig.image().find("orders")->overrides.empty());
}

TEST(Controller, ProducerIdsAreGivenOnce) {
    ControllerRig rig;
    rig.start();
    EXPECT_EQ(
        rig.wait(rig.on_shard([&] { return rig.controller().allocate_producer_ids(1000); }))->value,
        0);
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(
        rig.wait(rig.on_shard([&] { return rig.controller().allocate_producer_ids(10); }))->value,
        1000);
}

TEST(Controller, AChangeWhoseClientHangsUpIsMadeWhole) {
    ControllerRig rig;
    rig.start();
    rig.on_shard([&] {
        io::TaskScope client;
        std::vector<NewTopic> one{{.name = "orders"}};
        using Created = std::vector<base::Result<std::shared_ptr<const Topic>>>;
        client.spawn(
            sim::detail::store_result(rig.controller().create_topics(std::move(one), false),
                                      std::make_shared<std::optional<Created>>()));
        return 0;
    });
    EXPECT_EQ(rig.refusal({.name = "orders"}), ErrorCode::topic_exists);
    EXPECT_EQ(rig.published.image, rig.controller().image());
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.image().topics.size(), 1u);
}

TEST(Controller, TheStoreIsShortenedAndSaysTheSame) {
    ControllerRig rig;
    rig.start();
    ASSERT_TRUE(rig.create({.name = "orders", .overrides = {{"retention.ms", "5000"}}}));
    const auto begin = rig.partition().log_start();
    for (int round = 0; round < 100 && rig.partition().log_start() == begin; ++round) {
        std::vector<NewTopic> topics(60);
        for (size_t i = 0; i < topics.size(); ++i)
            topics[i].name = fmt::format("{:02}{}", i, std::string(247, 't'));
        std::vector<TopicId> ids;
        for (const auto& each : rig.wait(rig.on_shard(
                 [&] { return rig.controller().create_topics(std::move(topics), false); })))
            ids.push_back((*each)->id);
        rig.wait(rig.on_shard([&] { return rig.controller().delete_topics(std::move(ids)); }));
    }
    EXPECT_GT(rig.partition().log_start(), begin);
    const auto before = *rig.image().find("orders");
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.image().find("orders")->overrides, before.overrides);
    EXPECT_EQ(rig.image().topics.size(), 1u);
}

}  // namespace
}  // namespace polylog::meta
