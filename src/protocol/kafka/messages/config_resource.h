#pragma once

#include <cstdint>

// The words of the configuration requests. Other values may arrive; they are invalid requests.
namespace polylog::kafka {

// What has a configuration.
enum class ConfigResourceType : int8_t {
    unknown = 0,
    topic = 2,
    broker = 4,
    broker_logger = 8,
    client_metrics = 16,
    group = 32,
};

// Where a value comes from.
enum class ConfigSource : int8_t {
    none = -1,  // not given by this version
    unknown = 0,
    topic_config = 1,
    dynamic_broker_config = 2,
    dynamic_default_broker_config = 3,
    static_broker_config = 4,
    default_config = 5,
    dynamic_broker_logger_config = 6,
    client_metrics_config = 7,
    group_config = 8,
};

enum class ConfigType : int8_t {
    unknown = 0,
    boolean = 1,
    string = 2,
    int32 = 3,
    int16 = 4,
    int64 = 5,
    float64 = 6,
    list = 7,
    class_name = 8,
    password = 9,
};

// What IncrementalAlterConfigs does to a key.
enum class ConfigOperation : int8_t {
    set = 0,
    remove = 1,    // back to its default
    append = 2,    // to a list
    subtract = 3,  // from a list
};

}  // namespace polylog::kafka
