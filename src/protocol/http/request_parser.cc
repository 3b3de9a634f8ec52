#include "protocol/http/request_parser.h"

#include <algorithm>
#include <charconv>

namespace polylog::http {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
// A chunk's size, and extensions that nobody uses.
constexpr size_t kChunkLineMaxBytes = 256;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// RFC 9110, 5.6.2: tchar.
bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

// RFC 9110, 5.5: visible characters, blanks, and bytes beyond ASCII.
bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    });
}

std::string_view without_blanks(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

// Whether a list such as "keep-alive, Upgrade" has the word.
bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        if (equal_ignoring_case(without_blanks(list.substr(0, comma)), word)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace

size_t RequestParser::consume(std::string_view bytes) {
    size_t used = 0;
    while (used < bytes.size() && !complete() && failed_status_ == 0) {
        const std::string_view rest = bytes.substr(used);
        used += state_ == State::head ? consume_head(rest) : consume_body(rest);
    }
    return used;
}

Request RequestParser::take() {
    state_ = State::head;
    trailer_bytes_ = 0;
    return std::exchange(request_, Request());
}

bool RequestParser::wants_continue() {
    return std::exchange(continue_due_, false) && !complete() && failed_status_ == 0;
}

size_t RequestParser::consume_head(std::string_view bytes) {
    // RFC 9112, 2.2: empty lines before a request line are left over from sloppy clients.
    if (head_.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) return 1;
    const size_t before = head_.size();
    const size_t room = limits_.head_max_bytes - std::min(before, limits_.head_max_bytes);
    head_.append(bytes.substr(0, room));
    const size_t search_from = before - std::min(before, kHeadEnd.size() - 1);
    const size_t end = head_.find(kHeadEnd, search_from);
    if (end == std::string::npos) {
        if (head_.size() >= limits_.head_max_bytes) fail(431);
        return head_.size() - before;
    }
    head_.resize(end + kLineEnd.size());
    parse_head();
    return end + kHeadEnd.size() - before;
}

void RequestParser::parse_head() {
    request_.head = base::Slice::copy_of(head_);
    head_.clear();
    std::string_view rest = request_.head.text();
    bool first = true;
    while (!rest.empty()) {
        const size_t end = rest.find(kLineEnd);
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + kLineEnd.size());
        const bool good = first ? parse_request_line(line) : parse_header(line);
        if (!good) {
            if (failed_status_ == 0) fail(400);
            return;
        }
        first = false;
    }
    decide_framing();
}

bool RequestParser::parse_request_line(std::string_view line) {
    const size_t first = line.find(' ');
    const size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    request_.method = line.substr(0, first);
    request_.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        fail(version.starts_with("HTTP/") ? 505 : 400);
        return false;
    }
    request_.keep_alive = version == "HTTP/1.1";
    return is_token(request_.method) && parse_target();
}

// RFC 9112, 3.2: origin form, absolute form (to be accepted by every server), or `*`.
bool RequestParser::parse_target() {
    std::string_view& target = request_.target;
    const bool visible = std::ranges::all_of(target, [](char c) { return c > ' ' && c < 0x7F; });
    if (target.empty() || !visible) return false;
    if (target != "*" && target.front() != '/') {
        const size_t authority = target.find("://");
        if (authority == std::string_view::npos) return false;
        const size_t path = target.find('/', authority + 3);
        target = path == std::string_view::npos ? "/" : target.substr(path);
    }
    const size_t question = std::min(target.find('?'), target.size());
    request_.path = target.substr(0, question);
    request_.query = target.substr(std::min(question + 1, target.size()));
    return true;
}

bool RequestParser::parse_header(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = without_blanks(line.substr(colon + 1));
    if (!is_token(name) || !is_field_value(value)) return false;
    if (request_.headers.size() >= limits_.headers_max) {
        fail(431);
        return false;
    }
    request_.headers.emplace_back(name, value);
    return true;
}

// RFC 9112, 3.2 (Host), 6.3 (length of the body), 9.3 (persistence); RFC 9110, 10.1.1 (Expect).
void RequestParser::decide_framing() {
    std::optional<std::string_view> length, encoding;
    size_t hosts = 0;
    const bool is_1_1 = request_.keep_alive;
    for (const auto& [name, value] : request_.headers) {
        if (equal_ignoring_case(name, "host")) ++hosts;
        if (equal_ignoring_case(name, "content-length")) {
            if (length) return fail(400);
            length = value;
        } else if (equal_ignoring_case(name, "transfer-encoding")) {
            if (encoding || !is_1_1) return fail(400);
            encoding = value;
        } else if (equal_ignoring_case(name, "connection")) {
            if (has_word(value, "close")) request_.keep_alive = false;
            if (!is_1_1 && has_word(value, "keep-alive")) request_.keep_alive = true;
        } else if (equal_ignoring_case(name, "expect")) {
            if (!equal_ignoring_case(value, "100-continue")) return fail(417);
            request_.expects_continue = continue_due_ = is_1_1;
        }
    }
    if (hosts > 1 || (hosts == 0 && is_1_1) || (length && encoding)) return fail(400);
    body_max_bytes_ = limits_.body_max_bytes_of ? limits_.body_max_bytes_of(request_)
                                                : limits_.body_max_bytes;
    if (encoding) {
        if (!equal_ignoring_case(*encoding, "chunked")) return fail(501);
        state_ = State::chunk_size;
        return;
    }
    uint64_t size_bytes = 0;
    if (length) {
        const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(),
                                                  size_bytes);
        const bool whole = end == length->data() + length->size() && !length->empty();
        if (error == std::errc::result_out_of_range) return fail(413);
        if (error != std::errc() || !whole) return fail(400);
    }
    begin_body(size_bytes);
}

void RequestParser::begin_body(uint64_t size_bytes) {
    if (size_bytes > body_max_bytes_) return fail(413);
    body_left_ = size_bytes;
    state_ = size_bytes == 0 ? State::complete : State::sized_body;
}

size_t RequestParser::consume_body(std::string_view bytes) {
    if (state_ != State::sized_body && state_ != State::chunk_data) return consume_line(bytes);
    const auto size = static_cast<size_t>(std::min<uint64_t>(body_left_, bytes.size()));
    request_.body.append(bytes.substr(0, size));
    body_left_ -= size;
    if (body_left_ == 0) {
        state_ = state_ == State::sized_body ? State::complete : State::chunk_end;
    }
    return size;
}

// One line of the chunked framing (RFC 9112, 7.1), or the part of it that has come.
size_t RequestParser::consume_line(std::string_view bytes) {
    const size_t max = state_ == State::trailers ? limits_.head_max_bytes : kChunkLineMaxBytes;
    const size_t feed = bytes.find('\n');
    const size_t size = feed == std::string_view::npos ? bytes.size() : feed + 1;
    if (line_.size() + size > max) {
        fail(state_ == State::trailers ? 431 : 400);
        return size;
    }
    line_.append(bytes.substr(0, size));
    if (feed == std::string_view::npos) return size;
    if (!line_.ends_with(kLineEnd)) {
        fail(400);
        return size;
    }
    line_.resize(line_.size() - kLineEnd.size());
    end_line();
    line_.clear();
    return size;
}

void RequestParser::end_line() {
    if (state_ == State::chunk_size) return begin_chunk();
    if (state_ == State::chunk_end) {
        if (!line_.empty()) return fail(400);
        state_ = State::chunk_size;
        return;
    }
    // Trailers say nothing we act on; they are read so that the next request is found.
    trailer_bytes_ += line_.size();
    if (trailer_bytes_ > limits_.head_max_bytes) return fail(431);
    if (line_.empty()) state_ = State::complete;
}

void RequestParser::begin_chunk() {
    uint64_t size_bytes = 0;
    const std::string_view line(line_);
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size_bytes,
                                              16);
    if (error == std::errc::result_out_of_range) return fail(413);
    const bool ends = end == line.data() + line.size() || *end == ';';
    if (error != std::errc() || !ends || !is_field_value(line)) return fail(400);
    if (size_bytes > body_max_bytes_ - request_.body.size()) return fail(413);
    body_left_ = size_bytes;
    state_ = size_bytes == 0 ? State::trailers : State::chunk_data;
}

}  // namespace polylog::http
