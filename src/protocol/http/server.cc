#include "protocol/http/server.h"

#include <memory>
#include <utility>

namespace polylog::http {

Server::Server(io::Shard& shard, const Router& router, server::Admission& admission,
               const base::Limits& limits, size_t body_max_bytes)
    : acceptor_(shard, "http", admission,
                [&router, &limits, body_max_bytes](std::unique_ptr<io::Stream> stream) {
                    return std::make_unique<Connection>(router, limits, body_max_bytes,
                                                        std::move(stream));
                }) {}

}  // namespace polylog::http
