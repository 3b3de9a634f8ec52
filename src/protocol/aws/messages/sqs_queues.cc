#include "protocol/aws/messages/sqs_queues.h"

#include "protocol/aws/codec_definitions.h"

namespace polylog::aws {

template struct Codec<sqs::CreateQueue>;
template struct Codec<sqs::DeleteQueue>;
template struct Codec<sqs::GetQueueUrl>;
template struct Codec<sqs::ListQueues>;
template struct Codec<sqs::GetQueueAttributes>;
template struct Codec<sqs::SetQueueAttributes>;
template struct Codec<sqs::PurgeQueue>;
template struct Codec<sqs::TagQueue>;
template struct Codec<sqs::UntagQueue>;
template struct Codec<sqs::ListQueueTags>;
template struct Codec<sqs::AddPermission>;
template struct Codec<sqs::RemovePermission>;
template struct Codec<sqs::ListDeadLetterSourceQueues>;
template struct Codec<sqs::StartMessageMoveTask>;
template struct Codec<sqs::ListMessageMoveTasks>;
template struct Codec<sqs::CancelMessageMoveTask>;

}  // namespace polylog::aws
