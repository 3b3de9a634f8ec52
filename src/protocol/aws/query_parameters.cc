#include "protocol/aws/query_parameters.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "protocol/http/message.h"

namespace polylog::aws {

Answer<QueryParameters> QueryParameters::parse(std::string_view query, std::string_view body) {
    QueryParameters result;
    for (std::string_view form : {query, body}) {
        while (!form.empty()) {
            const size_t end = std::min(form.find('&'), form.size());
            const std::string_view pair = form.substr(0, end);
            form.remove_prefix(std::min(end + 1, form.size()));
            if (pair.empty()) continue;
            if (result.parameters_.size() == kParametersMax) {
                return refuse(FaultKind::malformed_input, "The request has too many parameters.");
            }
            const size_t equals = std::min(pair.find('='), pair.size());
            const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
            result.parameters_.push_back({http::percent_decode(pair.substr(0, equals)),
                                          http::percent_decode(value), result.parameters_.size()});
        }
    }
    std::ranges::sort(result.parameters_, {}, [](const Parameter& parameter) {
        return std::tie(parameter.name, parameter.position);
    });
    return result;
}

std::optional<std::string_view> QueryParameters::find(std::string_view name) const {
    const auto place = first_with(name);
    if (place == parameters_.end() || place->name != name) return std::nullopt;
    return place->value;
}

bool QueryParameters::has_below(std::string_view prefix) const {
    const std::string below = std::string(prefix) + '.';
    const auto place = first_with(below);
    return place != parameters_.end() && place->name.starts_with(below);
}

std::vector<uint32_t> QueryParameters::indices(std::string_view prefix) const {
    const std::string below = std::string(prefix) + '.';
    std::vector<uint32_t> numbers;
    for (auto place = first_with(below);
         place != parameters_.end() && place->name.starts_with(below); ++place) {
        const char* const begin = place->name.data() + below.size();
        const char* const end = place->name.data() + place->name.size();
        uint32_t number = 0;
        const auto [stop, error] = std::from_chars(begin, end, number);
        // One spelling each, so that the number leads back to its parameters.
        const bool plain = error == std::errc() && *begin != '0' && (stop == end || *stop == '.');
        if (plain && (numbers.empty() || numbers.back() != number)) numbers.push_back(number);
    }
    std::ranges::sort(numbers);
    const auto repeated = std::ranges::unique(numbers);
    numbers.erase(repeated.begin(), repeated.end());
    return numbers;
}

std::vector<QueryParameters::Parameter>::const_iterator QueryParameters::first_with(
    std::string_view prefix) const {
    return std::ranges::lower_bound(parameters_, prefix, {}, [](const Parameter& parameter) {
        return std::string_view(parameter.name);
    });
}

}  // namespace polylog::aws
