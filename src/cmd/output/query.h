#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cmd/output/table.h"

namespace polylog::cmd {

// What of a table is shown.
struct Query {
    std::string fields;  // "topic,lag": these columns in this order; empty: all
    std::string
        filter;  // "lag>1000" or "topic~orders"; several with a comma between them: all must hold
    std::string sort;  // "-lag,topic": by these columns, '-' for descending
};

// Filters, then sorts, then picks columns. Operators: = != < <= > >= ~ (contains). Error:
// invalid_request for an unknown column (with the nearest name) or a filter that is none.
base::Result<Table> apply(const Query& query, Table table);

}  // namespace polylog::cmd
