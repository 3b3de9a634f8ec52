#include "protocol/kafka/server.h"

#include <memory>
#include <utility>

namespace polylog::kafka {

Server::Server(io::Shard& shard, broker::Broker& broker, server::Admission& admission,
               const base::Limits& limits, std::optional<io::Endpoint> advertised)
    : producer_ids_(broker),
      service_{.broker = broker,
               .producer_ids = producer_ids_,
               .decompressor = decompressor_,
               .limits = limits,
               .metrics = metrics_,
               .advertised = std::move(advertised)},
      acceptor_(shard, "kafka", admission, [this](std::unique_ptr<io::Stream> stream) {
          return std::make_unique<Connection>(service_, slabs_, std::move(stream));
      }) {}

}  // namespace polylog::kafka
