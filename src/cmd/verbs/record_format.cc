#include "cmd/verbs/record_format.h"

#include <fmt/format.h>

#include <iterator>

#include "base/base64.h"
#include "base/hex.h"
#include "base/json_writer.h"
#include "base/rfc3339.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using client::ConsumedRecord;

namespace {

constexpr std::string_view kDirectives = "tpoekKvsVSTdhHi";

// The position of the brace that closes the one at `open`; npos when none does.
size_t closing_brace(std::string_view text, size_t open) {
    int depth = 0;
    for (size_t i = open; i < text.size(); ++i) {
        if (text[i] == '{') ++depth;
        if (text[i] == '}' && --depth == 0) return i;
    }
    return std::string_view::npos;
}

int64_t size_or_null(const std::optional<std::string>& bytes) {
    return bytes ? static_cast<int64_t>(bytes->size()) : -1;
}

}  // namespace

Result<RecordFormat> RecordFormat::parse(std::string_view text) {
    RecordFormat format;
    TRY(format.pieces_, parse_pieces(text));
    return format;
}

Result<std::vector<RecordFormat::Piece>> RecordFormat::parse_pieces(std::string_view text) {
    std::vector<Piece> pieces;
    std::string literal;
    for (size_t i = 0; i < text.size();) {
        if (text[i] == '%' && !text.substr(i + 1).starts_with('%')) {
            if (!literal.empty()) pieces.push_back({.text = std::exchange(literal, {})});
            TRY(Piece piece, parse_directive(text, i));
            pieces.push_back(std::move(piece));
        } else if (text[i] == '\\') {
            TRY(const char escaped, parse_escape(text, i));
            literal += escaped;
        } else {
            literal += text[i];
            i += text[i] == '%' ? 2 : 1;
        }
    }
    if (!literal.empty()) pieces.push_back({.text = std::move(literal)});
    return pieces;
}

Result<RecordFormat::Piece> RecordFormat::parse_directive(std::string_view text, size_t& position) {
    const size_t start = position++;
    Piece piece;
    piece.directive = position < text.size() ? text[position++] : '\0';
    if (piece.directive == '\0' || !kDirectives.contains(piece.directive)) {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("format: '{}' at position {} is no directive",
                                      text.substr(start, 2), start));
    }
    if (piece.directive == 's') piece.directive = 'v';
    if (piece.directive == 'S') piece.directive = 'V';
    if (!text.substr(position).starts_with('{')) return piece;
    const size_t close = closing_brace(text, position);
    if (close == std::string_view::npos) {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("format: '{{' at position {} is not closed", position));
    }
    const std::string_view inner = text.substr(position + 1, close - position - 1);
    position = close + 1;
    if (piece.directive == 'h') {
        TRY(piece.inner, parse_pieces(inner));
        return piece;
    }
    if (inner == "hex") {
        piece.encoding = Encoding::hex;
    } else if (inner == "base64") {
        piece.encoding = Encoding::base64;
    } else if (inner == "json") {
        piece.encoding = Encoding::json;
    }
    const bool takes_encoding = piece.directive == 'k' || piece.directive == 'v';
    if (!takes_encoding || piece.encoding == Encoding::plain) {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("format: %{} does not take '{{{}}}'", piece.directive,
                                      inner));
    }
    return piece;
}

Result<char> RecordFormat::parse_escape(std::string_view text, size_t& position) {
    const std::string_view rest = text.substr(position + 1);
    if (rest.starts_with('x')) {
        const auto byte = base::hex_decode(rest.substr(1, 2));
        if (byte && byte->size() == 1) {
            position += 4;
            return byte->front();
        }
    }
    constexpr std::string_view kEscapes = "ntr0\\";
    constexpr std::string_view kMeanings("\n\t\r\0\\", 5);
    const size_t which = rest.empty() ? std::string_view::npos : kEscapes.find(rest.front());
    if (which == std::string_view::npos) {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("format: '{}' at position {} is no escape",
                                      text.substr(position, 2), position));
    }
    position += 2;
    return kMeanings[which];
}

void RecordFormat::append_bytes(const std::optional<std::string>& bytes, Encoding encoding,
                                std::string& out) {
    if (encoding == Encoding::json) {
        base::JsonWriter json(out);
        bytes ? json.value(*bytes) : json.null();
    } else if (bytes && encoding == Encoding::hex) {
        out += base::hex_encode(base::as_bytes(*bytes));
    } else if (bytes && encoding == Encoding::base64) {
        out += base::base64_encode(base::as_bytes(*bytes));
    } else if (bytes) {
        out += *bytes;
    }
}

void RecordFormat::append_headers(const Piece& piece, const ConsumedRecord& record,
                                  std::string& out) {
    bool first = true;
    for (const client::Header& header : record.headers) {
        if (piece.inner.empty()) {
            out += fmt::format("{}{}={}", first ? "" : ",", header.key, header.value.value_or(""));
            first = false;
            continue;
        }
        ConsumedRecord as_record;
        as_record.key = header.key;
        as_record.value = header.value;
        for (const Piece& inner : piece.inner) append_piece(inner, as_record, 0, out);
    }
}

void RecordFormat::append_piece(const Piece& piece, const ConsumedRecord& record, int64_t number,
                                std::string& out) {
    const auto add = [&out](int64_t value) {
        fmt::format_to(std::back_inserter(out), "{}", value);
    };
    switch (piece.directive) {
    case 't': out += record.topic; break;
    case 'p': add(record.partition); break;
    case 'o': add(record.offset); break;
    case 'e': add(record.leader_epoch); break;
    case 'k': append_bytes(record.key, piece.encoding, out); break;
    case 'v': append_bytes(record.value, piece.encoding, out); break;
    case 'K': add(size_or_null(record.key)); break;
    case 'V': add(size_or_null(record.value)); break;
    case 'T': add(record.timestamp_ms); break;
    case 'd': out += base::format_rfc3339(record.timestamp_ms); break;
    case 'h': append_headers(piece, record, out); break;
    case 'H': add(static_cast<int64_t>(record.headers.size())); break;
    case 'i': add(number); break;
    default: out += piece.text;
    }
}

void RecordFormat::append(const ConsumedRecord& record, int64_t number, std::string& out) const {
    for (const Piece& piece : pieces_) append_piece(piece, record, number, out);
}

}  // namespace polylog::cmd
