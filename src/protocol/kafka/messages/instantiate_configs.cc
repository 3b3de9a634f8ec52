#include "protocol/kafka/codec_definitions.h"
#include "protocol/kafka/messages/alter_configs.h"
#include "protocol/kafka/messages/describe_configs.h"

namespace polylog::kafka {

template struct Codec<DescribeConfigsRequest>;
template struct Codec<DescribeConfigsResponse>;
template struct Codec<AlterConfigsRequest>;
template struct Codec<AlterConfigsResponse>;
template struct Codec<IncrementalAlterConfigsRequest>;
template struct Codec<IncrementalAlterConfigsResponse>;

}  // namespace polylog::kafka
