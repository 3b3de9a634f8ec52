#include <cstddef>
#include <cstdint>

#include "cmd/configuration.h"

namespace polylog::cmd {

// Any text is a configuration or an error that says where.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (auto layer = parse_config_text(text, "f")) {
        const auto configuration = configure(std::move(*layer));
        if (configuration) shown_settings(*configuration, true);
    }
    return 0;
}

}  // namespace polylog::cmd
