#include "broker/settings_alteration.h"

namespace polylog::broker {

meta::ConfigAlteration settings_alteration(const model::ConfigMap& before,
                                           const model::ConfigMap& wanted) {
    using Operation = model::ConfigChange::Operation;
    meta::ConfigAlteration alteration;
    for (const auto& [name, value] : before) {
        if (!wanted.contains(name))
            alteration.changes.push_back({.name = name, .operation = Operation::reset});
    }
    for (const auto& [name, value] : wanted)
        alteration.changes.push_back({.name = name, .value = value});
    return alteration;
}

}  // namespace polylog::broker
