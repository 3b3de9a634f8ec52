#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "model/broker_config.h"
#include "model/config.h"
#include "model/topic_config.h"

// The input is "name=value", the first byte the operation. What an alteration accepts is canonical:
// it is accepted again unchanged, and the whole configuration can be parsed and shown with it.
namespace polylog::model {
namespace {

void fuzz(uint8_t selector, std::string_view text) {
    const size_t equals = std::min(text.find('='), text.size());
    const std::string name(text.substr(0, equals));
    const std::string value(text.substr(std::min(equals + 1, text.size())));
    const ConfigChange change{name, static_cast<ConfigChange::Operation>(selector % 4), value};

    if (const auto altered = alter_topic_config({}, {{change}}, {})) {
        CHECK(parse_topic_config(*altered, TopicConfig{}));
        CHECK(describe_topic_config(*altered, {}).size() == topic_config_keys().all().size());
        for (const auto& [key, canonical] : *altered) {
            const ConfigChange again{key, ConfigChange::Operation::set, canonical};
            CHECK(alter_topic_config({}, {{again}}, {}) == *altered);
        }
    }
    if (const auto altered = alter_broker_config({}, DynamicLayer::broker, {{change}})) {
        const BrokerConfigLayers layers{.dynamic_broker = *altered};
        CHECK(parse_broker_config(layers));
        CHECK(describe_broker_config(layers).size() == broker_config_keys().all().size());
        for (const auto& [key, canonical] : *altered) {
            const ConfigChange again{key, ConfigChange::Operation::set, canonical};
            CHECK(alter_broker_config({}, DynamicLayer::broker, {{again}}) == *altered);
        }
    }
}

}  // namespace
}  // namespace polylog::model

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    polylog::model::fuzz(data[0], {reinterpret_cast<const char*>(data + 1), size - 1});
    return 0;
}
