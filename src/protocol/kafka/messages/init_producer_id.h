#pragma once

#include <optional>
#include <string_view>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct InitProducerIdResponse;

// An identity for an idempotent or transactional producer.
struct InitProducerIdRequest {
    static constexpr Api api{
        .key = 22, .name = "InitProducerId", .min = 0, .max = 5, .flexible_from = 2};
    using Response = InitProducerIdResponse;

    std::optional<std::string_view> transactional_id;  // null: idempotent only
    int32_t transaction_timeout_ms = 0;
    int64_t producer_id = -1;  // to bump its epoch (KIP-360)
    int16_t producer_epoch = -1;

    void wire(auto& io) {
        io(transactional_id)(transaction_timeout_ms).since(3, producer_id).since(3, producer_epoch);
    }
};

struct InitProducerIdResponse {
    static constexpr Api api = InitProducerIdRequest::api;

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;
    int64_t producer_id = -1;
    int16_t producer_epoch = 0;

    void wire(auto& io) { io(throttle_time_ms)(error_code)(producer_id)(producer_epoch); }
};

}  // namespace polylog::kafka
