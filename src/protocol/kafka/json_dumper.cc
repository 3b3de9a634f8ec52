#include "protocol/kafka/json_dumper.h"

namespace polylog::kafka {

void JsonDumper::value(ApiError error) {
    const ApiErrorInfo* info = find_api_error(error);
    if (info) {
        json_.value(info->name);
    } else {
        json_.value(static_cast<int16_t>(error));
    }
}

void JsonDumper::count(size_t number, std::string_view of_what) {
    json_.value(std::to_string(number).append(" ").append(of_what));
}

}  // namespace polylog::kafka
