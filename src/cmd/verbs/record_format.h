#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/record.h"

namespace polylog::cmd {

// A template for printing records, in the directives that users of kcat and rpk know:
//     %t topic      %p partition   %o offset      %e leader epoch
//     %k key        %K its size    %v %s value    %V %S its size    (size -1: null)
//     %T timestamp in ms           %d timestamp as 2026-01-02T03:04:05.678Z
//     %h headers as a=1,b=2        %h{FORMAT} FORMAT for each header, with %k and %v
//     %H number of headers         %i number of the record, from 1      %% a percent sign
// %k, %v and %s take {hex}, {base64} or {json}. Outside directives \n \t \r \0 \\ \xHH.
class RecordFormat {
public:
    // Error: invalid_request, saying what is wrong and where.
    static base::Result<RecordFormat> parse(std::string_view text);

    // Appends the record; `number` counts the records printed, from 1.
    void append(const client::ConsumedRecord& record, int64_t number, std::string& out) const;

private:
    enum class Encoding { plain, hex, base64, json };
    struct Piece {
        char directive = 0;  // 0: text
        std::string text;
        Encoding encoding = Encoding::plain;
        std::vector<Piece> inner;  // of %h{...}
    };

    static base::Result<std::vector<Piece>> parse_pieces(std::string_view text);
    static base::Result<Piece> parse_directive(std::string_view text, size_t& position);
    static base::Result<char> parse_escape(std::string_view text, size_t& position);
    static void append_bytes(const std::optional<std::string>& bytes, Encoding encoding,
                             std::string& out);
    static void append_headers(const Piece& piece, const client::ConsumedRecord& record,
                               std::string& out);
    static void append_piece(const Piece& piece, const client::ConsumedRecord& record,
                             int64_t number, std::string& out);

    std::vector<Piece> pieces_;
};

}  // namespace polylog::cmd
