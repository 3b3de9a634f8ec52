#include "protocol/aws/messages/sns_subscriptions.h"

#include "protocol/aws/codec_definitions.h"

namespace polylog::aws {

template struct Codec<sns::Subscribe>;
template struct Codec<sns::ConfirmSubscription>;
template struct Codec<sns::Unsubscribe>;
template struct Codec<sns::ListSubscriptions>;
template struct Codec<sns::ListSubscriptionsByTopic>;
template struct Codec<sns::GetSubscriptionAttributes>;
template struct Codec<sns::SetSubscriptionAttributes>;
template struct Codec<sns::Publish>;
template struct Codec<sns::PublishBatch>;

}  // namespace polylog::aws
