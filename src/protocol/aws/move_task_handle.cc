#include "protocol/aws/move_task_handle.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/units.h"

namespace polylog::aws {

namespace {

constexpr size_t kHandleBytesMax = base::operator""_KiB(1);

}  // namespace

std::string MoveTaskHandle::to_string() const {
    std::string text;
    base::JsonWriter json(text);
    json.begin_object().field("taskId", task_id).field("sourceArn", source_arn).end_object();
    return base::base64_encode(base::as_bytes(text));
}

Answer<MoveTaskHandle> MoveTaskHandle::parse(std::string_view text) {
    const auto invalid = [] {
        return refuse(FaultKind::invalid_parameter_value,
                      "Value for parameter TaskHandle is invalid.");
    };
    if (text.size() > kHandleBytesMax) return invalid();
    const auto decoded = base::base64_decode(text);
    if (!decoded) return invalid();
    const auto json = base::Json::parse(*decoded, kHandleBytesMax);
    if (!json) return invalid();
    const auto task_id = json->get<std::string_view>("taskId");
    const auto source_arn = json->get<std::string_view>("sourceArn");
    if (!task_id || !source_arn) return invalid();
    return MoveTaskHandle{std::string(*task_id), std::string(*source_arn)};
}

}  // namespace polylog::aws
