#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/metadata.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// Whose addresses are asked for (KIP-919). Other values may arrive; they are invalid requests.
enum class EndpointType : int8_t { brokers = 1, controllers = 2 };

struct DescribeClusterResponse;

// Which brokers there are, or which controllers (KIP-700, KIP-919).
struct DescribeClusterRequest {
    static constexpr Api api{
        .key = 60, .name = "DescribeCluster", .min = 0, .max = 2, .flexible_from = 0};
    using Response = DescribeClusterResponse;

    bool include_cluster_authorized_operations = false;
    EndpointType endpoint_type = EndpointType::brokers;
    bool include_fenced_brokers = false;

    void wire(auto& io) {
        io(include_cluster_authorized_operations)
            .since(1, endpoint_type)
            .since(2, include_fenced_brokers);
    }
};

struct DescribeClusterResponse {
    static constexpr Api api = DescribeClusterRequest::api;

    struct Broker {
        int32_t broker_id = 0;
        std::string host;
        int32_t port = 0;
        std::optional<std::string> rack;
        bool is_fenced = false;
        void wire(auto& io) { io(broker_id)(host)(port)(rack).since(2, is_fenced); }
    };

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;
    std::optional<std::string> error_message;
    EndpointType endpoint_type = EndpointType::brokers;
    std::string cluster_id;
    int32_t controller_id = -1;
    std::vector<Broker> brokers;
    int32_t cluster_authorized_operations = kNoAuthorizedOperations;

    void wire(auto& io) {
        io(throttle_time_ms)(error_code)(error_message)
            .since(1, endpoint_type)(cluster_id)(controller_id);
        io(brokers)(cluster_authorized_operations);
    }
};

}  // namespace polylog::kafka
