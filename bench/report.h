#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load_loop.h"

namespace polylog::bench {

// One JSON object on one line, its members in the order in which they are added.
class JsonLine {
public:
    JsonLine& text(std::string_view key, std::string_view value);
    JsonLine& integer(std::string_view key, uint64_t value);
    // Six significant digits; what is not a finite number becomes null.
    JsonLine& number(std::string_view key, double value);
    JsonLine& truth(std::string_view key, bool value);

    std::string str() const { return "{" + members_ + "}"; }

private:
    void key(std::string_view key);

    std::string members_;
};

// Adds what a run measured: rates, percentiles, and CPU seconds per million messages and per GB
// (1e9) of the server (null when its process id was not given) and of the client.
void add_result(JsonLine& line, const LoadShape& shape, const LoadResult& result);
// The same for people, a few lines with a title.
std::string describe(std::string_view title, const LoadShape& shape, const LoadResult& result);
// JSON to standard output for programs, the description to standard error for people.
void print_report(const JsonLine& line, const std::string& description);

}  // namespace polylog::bench
