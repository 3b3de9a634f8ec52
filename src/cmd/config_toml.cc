#include <fmt/format.h>
#include <toml++/toml.h>

#include "cmd/config_layer.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// Turns a parsed document into a layer.
class Flattener {
public:
    explicit Flattener(const std::string& name) : name_(name) {}

    Result<void> add_table(const toml::table& table, const std::string& prefix) {
        for (const auto& [key, node] : table) {
            const std::string full = prefix + std::string(key.str());
            if (const toml::table* inner = node.as_table()) {
                TRY_VOID(add_table(*inner, full + '.'));
                continue;
            }
            TRY(std::string text, text_of(node));
            layer_[full] = {.text = std::move(text), .origin = place(key.source())};
        }
        return {};
    }

    ConfigLayer take() { return std::move(layer_); }

private:
    std::string place(const toml::source_region& source) const {
        return fmt::format("{}:{}:{}", name_, source.begin.line, source.begin.column);
    }

    std::unexpected<base::Error> refuse(const toml::node& node, std::string_view why) const {
        return fail(ErrorCode::invalid_config, fmt::format("{}: {}", place(node.source()), why));
    }

    Result<std::string> text_of(const toml::node& node) const {
        if (const auto* text = node.as_string()) return text->get();
        if (const auto* number = node.as_integer()) return fmt::to_string(number->get());
        if (const auto* number = node.as_floating_point()) return fmt::to_string(number->get());
        if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
        if (const auto* list = node.as_array()) return list_text(*list);
        return refuse(node, "a date is no value of any setting");
    }

    Result<std::string> list_text(const toml::array& list) const {
        std::string text;
        for (const toml::node& each : list) {
            if (!text.empty()) text += ',';
            if (const toml::table* listener = each.as_table()) {
                TRY(const std::string part, listener_text(*listener));
                text += part;
            } else if (each.is_array()) {
                return refuse(each, "a list in a list is no value of any setting");
            } else {
                TRY(const std::string part, text_of(each));
                text += part;
            }
        }
        return text;
    }

    Result<std::string> listener_text(const toml::table& listener) const {
        std::string bind, advertise;
        for (const auto& [key, node] : listener) {
            const auto* text = node.as_string();
            if (!text) return refuse(node, "an address is a string, \"127.0.0.1:9092\"");
            if (key == "bind") {
                bind = text->get();
            } else if (key == "advertise") {
                advertise = text->get();
            } else {
                return fail(ErrorCode::invalid_config,
                            fmt::format("{}: a listener has `bind` and `advertise`, not `{}`",
                                        place(key.source()), key.str()));
            }
        }
        if (bind.empty()) return refuse(listener, "a listener needs `bind`");
        if (!advertise.empty()) bind += fmt::format(" advertise {}", advertise);
        return bind;
    }

    const std::string& name_;
    ConfigLayer layer_;
};

}  // namespace

Result<ConfigLayer> parse_config_text(std::string_view text, const std::string& name) {
    try {
        const toml::table document = toml::parse(text);
        Flattener flattener(name);
        TRY_VOID(flattener.add_table(document, ""));
        return flattener.take();
    } catch (const toml::parse_error& error) {
        const toml::source_position at = error.source().begin;
        return fail(ErrorCode::invalid_config,
                    fmt::format("{}:{}:{}: {}", name, at.line, at.column, error.description()));
    }
}

}  // namespace polylog::cmd
