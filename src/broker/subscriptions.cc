#include "broker/subscriptions.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/hex.h"
#include "base/sha256.h"
#include "broker/shards.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using routing::Subscription;
using routing::SubscriptionId;
using routing::SubscriptionPtr;

namespace {

// What confirms a subscription: its id and a secret, as hexadecimal digits. Stored is the hash of
// the secret.
struct Token {
    SubscriptionId subscription;
    std::array<uint8_t, 32> secret{};

    std::string to_text() const {
        return base::hex_encode(std::as_bytes(std::span(subscription.value.bytes))) +
               base::hex_encode(std::as_bytes(std::span(secret)));
    }
    // Nothing on any other text.
    static std::optional<Token> parse(std::string_view text) {
        const auto bytes = base::hex_decode(text);
        Token token;
        const size_t id_bytes = token.subscription.value.bytes.size();
        if (!bytes || bytes->size() != id_bytes + token.secret.size()) return std::nullopt;
        std::memcpy(token.subscription.value.bytes.data(), bytes->data(), id_bytes);
        std::memcpy(token.secret.data(), bytes->data() + id_bytes, token.secret.size());
        return token;
    }
    std::array<uint8_t, 32> hash() const { return base::sha256(std::as_bytes(std::span(secret))); }
};

std::array<uint8_t, 32> random_secret(io::Random& random) {
    std::array<uint8_t, 32> secret{};
    for (size_t i = 0; i < secret.size(); i += sizeof(uint64_t)) {
        const uint64_t bits = random.next();
        std::memcpy(secret.data() + i, &bits, sizeof bits);
    }
    return secret;
}

}  // namespace

Task<Result<Subscriptions::Subscribed>> Subscriptions::subscribe(Subscription wanted) {
    CO_TRY_VOID(pressure_.accepts_changes());
    io::Env& env = shards_.here().shard().env();
    Token token;
    wanted.confirmation.reset();
    if (!wanted.confirmed) {
        token.secret = random_secret(env.random);
        wanted.confirmation = routing::Confirmation{
            .token_hash = token.hash(),
            // Whole milliseconds, as it is stored.
            .expires_at = base::from_unix_ms(base::to_unix_ms(env.clock.wall() + kTokenLifetime))};
    }
    wanted.id = {};
    CO_TRY(SubscriptionPtr subscription,
           co_await io::call(shards_.first().shard(), [this, wanted = std::move(wanted)]() mutable {
               return controller_.subscribe(std::move(wanted));
           }));
    Subscribed subscribed{.subscription = subscription, .token = {}};
    if (!subscription->confirmed) {
        token.subscription = subscription->id;
        subscribed.token = token.to_text();
    }
    co_return subscribed;
}

Task<Result<SubscriptionPtr>> Subscriptions::confirm(std::string text, bool by_owner) {
    CO_TRY_VOID(pressure_.accepts_changes());
    const auto token = Token::parse(text);
    if (!token) co_return fail(ErrorCode::invalid_request, "this is not a token");
    const SubscriptionPtr subscription = find(token->subscription);
    if (!subscription || !subscription->confirmation) co_return fail(ErrorCode::unknown_token);
    const routing::Confirmation& expected = *subscription->confirmation;
    const auto hash = token->hash();
    const bool is_right = base::equal_in_constant_time(std::as_bytes(std::span(hash)),
                                                       std::as_bytes(
                                                           std::span(expected.token_hash)));
    const bool is_over = shards_.here().shard().env().clock.wall() >= expected.expires_at;
    if (!is_right || is_over) co_return fail(ErrorCode::unknown_token);
    meta::SubscriptionChange change;
    change.confirmed = meta::SubscriptionChange::Confirmed{.by_owner = by_owner};
    auto confirmed = co_await alter(subscription->id, std::move(change));
    if (!confirmed && confirmed.error() == ErrorCode::unknown_subscription)
        co_return fail(ErrorCode::unknown_token);
    co_return confirmed;
}

Task<Result<SubscriptionPtr>> Subscriptions::alter(SubscriptionId id,
                                                   meta::SubscriptionChange change) {
    CO_TRY_VOID(pressure_.accepts_changes());
    co_return co_await io::call(shards_.first().shard(),
                                [this, id, change = std::move(change)]() mutable {
                                    return controller_.alter_subscription(id, std::move(change));
                                });
}

Task<Result<void>> Subscriptions::remove(SubscriptionId id) {
    return io::call(shards_.first().shard(), [this, id] { return controller_.unsubscribe(id); });
}

SubscriptionPtr Subscriptions::find(const SubscriptionId& id) const {
    return shards_.here().image()->subscriptions().find(id);
}

std::vector<SubscriptionPtr> Subscriptions::list(const SubscriptionId& after, size_t max) const {
    return shards_.here().image()->subscriptions().page(after, max);
}

std::vector<SubscriptionPtr> Subscriptions::list_of(const model::TopicId& topic,
                                                    routing::SubscriptionNumber after,
                                                    size_t max) const {
    const auto subscriptions = shards_.here().image()->subscriptions_of(topic);
    const auto first = std::ranges::upper_bound(subscriptions->all, after, {},
                                                [](const SubscriptionPtr& subscription) {
                                                    return subscription->number;
                                                });
    const auto count = std::min<size_t>(max, static_cast<size_t>(subscriptions->all.end() - first));
    return {first, first + static_cast<ptrdiff_t>(count)};
}

Subscriptions::Counts Subscriptions::count_of(const model::TopicId& topic) const {
    const auto subscriptions = shards_.here().image()->subscriptions_of(topic);
    const auto confirmed = static_cast<size_t>(
        std::ranges::count_if(subscriptions->all, [](const SubscriptionPtr& subscription) {
            return subscription->confirmed;
        }));
    return {.confirmed = confirmed, .pending = subscriptions->all.size() - confirmed};
}

}  // namespace polylog::broker
