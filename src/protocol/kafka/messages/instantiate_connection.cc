#include "protocol/kafka/codec_definitions.h"
#include "protocol/kafka/messages/api_versions.h"
#include "protocol/kafka/messages/sasl_authenticate.h"
#include "protocol/kafka/messages/sasl_handshake.h"

namespace polylog::kafka {

template struct Codec<ApiVersionsRequest>;
template struct Codec<ApiVersionsResponse>;
template struct Codec<SaslHandshakeRequest>;
template struct Codec<SaslHandshakeResponse>;
template struct Codec<SaslAuthenticateRequest>;
template struct Codec<SaslAuthenticateResponse>;

}  // namespace polylog::kafka
