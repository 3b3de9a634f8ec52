#include "protocol/aws/messages/sqs_messages.h"

#include "protocol/aws/codec_definitions.h"

namespace polylog::aws {

template struct Codec<sqs::SendMessage>;
template struct Codec<sqs::SendMessageBatch>;
template struct Codec<sqs::ReceiveMessage>;
template struct Codec<sqs::DeleteMessage>;
template struct Codec<sqs::DeleteMessageBatch>;
template struct Codec<sqs::ChangeMessageVisibility>;
template struct Codec<sqs::ChangeMessageVisibilityBatch>;

}  // namespace polylog::aws
