#include "protocol/aws/messages/sns_topics.h"

#include "protocol/aws/codec_definitions.h"

namespace polylog::aws {

template struct Codec<sns::CreateTopic>;
template struct Codec<sns::DeleteTopic>;
template struct Codec<sns::ListTopics>;
template struct Codec<sns::GetTopicAttributes>;
template struct Codec<sns::SetTopicAttributes>;
template struct Codec<sns::AddPermission>;
template struct Codec<sns::RemovePermission>;
template struct Codec<sns::TagResource>;
template struct Codec<sns::UntagResource>;
template struct Codec<sns::ListTagsForResource>;
template struct Codec<sns::GetDataProtectionPolicy>;
template struct Codec<sns::PutDataProtectionPolicy>;

}  // namespace polylog::aws
