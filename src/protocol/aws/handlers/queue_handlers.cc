#include "protocol/aws/handlers/queue_handlers.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/shard.h"
#include "protocol/aws/access_policy.h"
#include "protocol/aws/message_rules.h"
#include "protocol/aws/page.h"
#include "protocol/aws/queue_attributes.h"

namespace polylog::aws {

using base::ErrorCode;
using io::Task;
using model::QueueSettings;

namespace {

// SQS developer guide, "Queue quotas" and "Tag quotas".
constexpr size_t kTagsMax = 50;
constexpr size_t kTagNameBytesMax = 128;
constexpr size_t kTagValueBytesMax = 256;
constexpr int32_t kListedMax = 1000;

int64_t now_ms() {
    return base::to_unix_ms(io::Shard::current().env().clock.wall());
}

Answer<void> check_tags(const QueueSettings& settings, std::string_view queue) {
    if (settings.tags.size() > kTagsMax) {
        return refuse(FaultKind::invalid_parameter_value,
                      fmt::format("Too many tags added for queue {}.", queue));
    }
    for (const auto& [name, value] : settings.tags) {
        if (!name.empty() && name.size() <= kTagNameBytesMax && value.size() <= kTagValueBytesMax) {
            continue;
        }
        return refuse(FaultKind::invalid_parameter_value,
                      "Tag keys must be between 1 and 128 characters in length, and tag values at "
                      "most 256.");
    }
    return {};
}

bool asks_for_depth(const std::vector<std::string>& names) {
    return std::ranges::any_of(names, [](std::string_view name) {
        return name == "All" || name.starts_with("ApproximateNumberOfMessages");
    });
}

// A page of queues as whoever asks reaches them.
struct PageOfUrls {
    std::vector<std::string> urls;
    std::optional<std::string> next_token;
};
Answer<PageOfUrls> page_of_urls(const Context& context, std::vector<std::string> names,
                                const std::optional<std::string>& token,
                                std::optional<int32_t> max_results) {
    TRY_VOID(check_max_results(max_results, kListedMax));
    const auto max = static_cast<size_t>(max_results.value_or(kListedMax));
    TRY(Page page, page_of(std::move(names), token, max));
    PageOfUrls out;
    for (const std::string& name : page.names) out.urls.push_back(url_for(context, name));
    // Who does not say how many to list does not expect to be told of more.
    if (max_results) out.next_token = std::move(page.next_token);
    return out;
}

}  // namespace

void QueueHandlers::add_to(Dispatcher& dispatcher) {
    dispatcher.on<sqs::CreateQueue>(this, &QueueHandlers::create);
    dispatcher.on<sqs::DeleteQueue>(this, &QueueHandlers::remove);
    dispatcher.on<sqs::GetQueueUrl>(this, &QueueHandlers::get_url);
    dispatcher.on<sqs::ListQueues>(this, &QueueHandlers::list);
    dispatcher.on<sqs::GetQueueAttributes>(this, &QueueHandlers::get_attributes);
    dispatcher.on<sqs::SetQueueAttributes>(this, &QueueHandlers::set_attributes);
    dispatcher.on<sqs::PurgeQueue>(this, &QueueHandlers::purge);
    dispatcher.on<sqs::TagQueue>(this, &QueueHandlers::tag);
    dispatcher.on<sqs::UntagQueue>(this, &QueueHandlers::untag);
    dispatcher.on<sqs::ListQueueTags>(this, &QueueHandlers::list_tags);
    dispatcher.on<sqs::AddPermission>(this, &QueueHandlers::allow);
    dispatcher.on<sqs::RemovePermission>(this, &QueueHandlers::disallow);
    dispatcher.on<sqs::ListDeadLetterSourceQueues>(this, &QueueHandlers::list_sources);
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::CreateQueue::Output>> QueueHandlers::create(Context& context,
                                                             sqs::CreateQueue::Input input) {
    CO_TRY(QueueSettings settings, settings_of_new_queue(input.queue_name, input.attributes));
    settings.tags = std::move(input.tags);
    CO_TRY_VOID(check_tags(settings, input.queue_name));
    const std::string url = url_for(context, input.queue_name);
    if (const auto existing = queues_.find(input.queue_name)) {
        CO_TRY_VOID(check_created_again((*existing)->config->queue, input.attributes));
        co_return sqs::CreateQueue::Output{url};
    }
    CO_TRY_VOID(check_dead_letters(settings, input.queue_name));
    CO_TRY_VOID(co_await create_new(std::move(input.queue_name), std::move(settings),
                                    std::move(input.attributes)));
    co_return sqs::CreateQueue::Output{url};
}

Task<Answer<QueuePtr>> QueueHandlers::create_new(std::string name, QueueSettings settings,
                                                 StringMap<std::string> attributes) {
    settings.created_at_ms = settings.modified_at_ms = now_ms();
    broker::NewQueue wanted{.name = name, .settings = std::move(settings)};
    auto created = co_await queues_.create(std::move(wanted));
    if (created) co_return *std::move(created);
    // Somebody else may have created it meanwhile.
    auto existing = queues_.find(name);
    if (created.error() != ErrorCode::topic_exists || !existing) {
        co_return base::fail(std::move(created).error());
    }
    CO_TRY_VOID(check_created_again((*existing)->config->queue, attributes));
    co_return *std::move(existing);
}

Answer<void> QueueHandlers::check_dead_letters(const QueueSettings& settings,
                                               std::string_view name) const {
    if (!settings.dead_letter) return {};
    const auto target = queues_.find(settings.dead_letter->queue);
    if (target) return check_dead_letter_queue(settings, name, (*target)->config->queue);
    return refuse(
        FaultKind::invalid_parameter_value,
        fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: Dead letter "
                    "target does not exist.",
                    settings.dead_letter->text));
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> QueueHandlers::remove(Context&, sqs::DeleteQueue::Input input) {
    CO_TRY(QueuePtr queue, find_queue(queues_, input.queue_url));
    CO_TRY_VOID(co_await queues_.remove(std::move(queue)));
    co_return Nothing();
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::GetQueueUrl::Output>> QueueHandlers::get_url(Context& context,
                                                              sqs::GetQueueUrl::Input input) {
    CO_TRY_VOID(queues_.find(input.queue_name));
    co_return sqs::GetQueueUrl::Output{url_for(context, input.queue_name)};
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::ListQueues::Output>> QueueHandlers::list(Context& context,
                                                          sqs::ListQueues::Input input) {
    std::vector<std::string> names;
    for (const QueuePtr& queue : queues_.list()) {
        if (queue->name.starts_with(input.queue_name_prefix.value_or(""))) {
            names.push_back(queue->name);
        }
    }
    CO_TRY(PageOfUrls page,
           page_of_urls(context, std::move(names), input.next_token, input.max_results));
    co_return sqs::ListQueues::Output{std::move(page.urls), std::move(page.next_token)};
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::GetQueueAttributes::Output>> QueueHandlers::get_attributes(
    Context& context, sqs::GetQueueAttributes::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    const QueueSettings& settings = queue->config->queue;
    QueueFacts facts{.created_at = base::from_unix_ms(settings.created_at_ms),
                     .modified_at = base::from_unix_ms(settings.modified_at_ms),
                     .arn = arn_for(context, queue->name)};
    if (asks_for_depth(input.attribute_names)) {
        CO_TRY(const queue::Depth depth, co_await queues_.depth(queue));
        facts.messages_ready = depth.ready;
        facts.messages_leased = depth.leased;
        facts.messages_delayed = depth.delayed;
    }
    CO_TRY(auto attributes, queue_attributes(settings, facts, input.attribute_names));
    co_return sqs::GetQueueAttributes::Output{std::move(attributes)};
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> QueueHandlers::set_attributes(Context&,
                                                    sqs::SetQueueAttributes::Input input) {
    CO_TRY(QueuePtr queue, find_queue(queues_, input.queue_url));
    CO_TRY(QueueSettings settings, changed_settings(queue->config->queue, input.attributes));
    if (settings.dead_letter != queue->config->queue.dead_letter) {
        CO_TRY_VOID(check_dead_letters(settings, queue->name));
    }
    co_return co_await change(std::move(queue), std::move(settings));
}

Task<Answer<Nothing>> QueueHandlers::change(QueuePtr queue, QueueSettings settings) {
    if (settings == queue->config->queue) co_return Nothing();
    settings.modified_at_ms = now_ms();
    CO_TRY_VOID(co_await queues_.alter(std::move(queue), std::move(settings)));
    co_return Nothing();
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> QueueHandlers::purge(Context&, sqs::PurgeQueue::Input input) {
    CO_TRY(QueuePtr queue, find_queue(queues_, input.queue_url));
    CO_TRY_VOID(co_await queues_.purge(std::move(queue)));
    co_return Nothing();
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> QueueHandlers::tag(Context&, sqs::TagQueue::Input input) {
    CO_TRY(QueuePtr queue, find_queue(queues_, input.queue_url));
    QueueSettings settings = queue->config->queue;
    for (auto& [name, value] : input.tags) settings.tags.insert_or_assign(name, std::move(value));
    CO_TRY_VOID(check_tags(settings, queue->name));
    co_return co_await change(std::move(queue), std::move(settings));
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> QueueHandlers::untag(Context&, sqs::UntagQueue::Input input) {
    CO_TRY(QueuePtr queue, find_queue(queues_, input.queue_url));
    QueueSettings settings = queue->config->queue;
    for (const std::string& name : input.tag_keys) settings.tags.erase(name);
    co_return co_await change(std::move(queue), std::move(settings));
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::ListQueueTags::Output>> QueueHandlers::list_tags(Context&,
                                                                  sqs::ListQueueTags::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    co_return sqs::ListQueueTags::Output{queue->config->queue.tags};
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> QueueHandlers::allow(Context& context, sqs::AddPermission::Input input) {
    CO_TRY(QueuePtr queue, find_queue(queues_, input.queue_url));
    QueueSettings settings = queue->config->queue;
    const Permission permission{.label = std::move(input.label),
                                .accounts = std::move(input.account_ids),
                                .actions = std::move(input.actions)};
    const std::string arn = arn_for(context, queue->name);
    CO_TRY(settings.access_policy,
           add_permission(settings.access_policy, Service::sqs, arn, permission));
    co_return co_await change(std::move(queue), std::move(settings));
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> QueueHandlers::disallow(Context&, sqs::RemovePermission::Input input) {
    CO_TRY(QueuePtr queue, find_queue(queues_, input.queue_url));
    QueueSettings settings = queue->config->queue;
    CO_TRY(settings.access_policy, remove_permission(settings.access_policy, input.label));
    co_return co_await change(std::move(queue), std::move(settings));
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::ListDeadLetterSourceQueues::Output>> QueueHandlers::list_sources(
    Context& context, sqs::ListDeadLetterSourceQueues::Input input) {
    CO_TRY(const QueuePtr target, find_queue(queues_, input.queue_url));
    std::vector<std::string> names;
    for (const QueuePtr& queue : queues_.list()) {
        const auto& rule = queue->config->queue.dead_letter;
        if (rule && rule->queue == target->name) names.push_back(queue->name);
    }
    CO_TRY(PageOfUrls page,
           page_of_urls(context, std::move(names), input.next_token, input.max_results));
    co_return sqs::ListDeadLetterSourceQueues::Output{std::move(page.urls),
                                                      std::move(page.next_token)};
}

}  // namespace polylog::aws
