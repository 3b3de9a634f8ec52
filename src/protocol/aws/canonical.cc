#include "protocol/aws/canonical.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace polylog::aws {

namespace {

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void append_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
        }
    }
}

// Without blanks at the ends, and with one for every run of them inside.
std::string collapse_blanks(std::string_view text) {
    std::string collapsed;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t';
        if (blank && (collapsed.empty() || collapsed.back() == ' ')) continue;
        collapsed += blank ? ' ' : c;
    }
    if (collapsed.ends_with(' ')) collapsed.pop_back();
    return collapsed;
}

}  // namespace

// RFC 3986, 5.2.4, and empty segments go too: only S3 means something by them.
std::string canonical_path(std::string_view path) {
    std::vector<std::string_view> segments;
    const bool ends_open = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    while (!path.empty()) {
        const size_t slash = std::min(path.find('/'), path.size());
        const std::string_view segment = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
    }
    std::string canonical;
    for (const std::string_view segment : segments) {
        canonical += '/';
        append_encoded(canonical, segment);
    }
    if (ends_open || canonical.empty()) canonical += '/';
    return canonical;
}

std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!query.empty()) {
        const size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const size_t equals = std::min(pair.find('='), pair.size());
        auto& [name, value] = parameters.emplace_back();
        append_encoded(name, http::percent_decode(pair.substr(0, equals)));
        append_encoded(value, http::percent_decode(pair.substr(std::min(equals + 1, pair.size()))));
        if (name == "X-Amz-Signature") parameters.pop_back();
    }
    std::ranges::sort(parameters);
    std::string canonical;
    for (const auto& [name, value] : parameters) {
        fmt::format_to(std::back_inserter(canonical), "{}{}={}", canonical.empty() ? "" : "&", name,
                       value);
    }
    return canonical;
}

std::string canonical_headers(const http::Request& request, const Signature& signature) {
    std::string canonical;
    for (const std::string_view signed_name : split_names(signature.signed_headers)) {
        std::string values;
        bool first = true;
        for (const auto& [name, value] : request.headers) {
            if (!http::equal_ignoring_case(name, signed_name)) continue;
            if (!std::exchange(first, false)) values += ',';
            values += collapse_blanks(value);
        }
        fmt::format_to(std::back_inserter(canonical), "{}:{}\n", signed_name, values);
    }
    return canonical;
}

std::vector<std::string_view> split_names(std::string_view signed_headers) {
    std::vector<std::string_view> names;
    while (!signed_headers.empty()) {
        const size_t end = std::min(signed_headers.find(';'), signed_headers.size());
        names.push_back(signed_headers.substr(0, end));
        signed_headers.remove_prefix(std::min(end + 1, signed_headers.size()));
    }
    return names;
}

}  // namespace polylog::aws
