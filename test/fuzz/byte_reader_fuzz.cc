#include <cstddef>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"

// The first byte of each step chooses what is read next; what was read is written again. Reading
// that must give the same values, and the cursor must never move back or past the end.
namespace polylog::base {
namespace {

void copy_one(uint8_t choice, ByteReader& reader, ByteWriter& writer) {
    switch (choice % 8) {
    case 0: writer.be<int8_t>(reader.be<int8_t>()); return;
    case 1: writer.be<int16_t>(reader.be<int16_t>()); return;
    case 2: writer.be<int64_t>(reader.be<int64_t>()); return;
    case 3: writer.uvarint(reader.uvarint()); return;
    case 4: writer.uvarlong(reader.uvarlong()); return;
    case 5: writer.varint(reader.varint()); return;
    case 6: writer.varlong(reader.varlong()); return;
    case 7: writer.bytes(reader.take(choice / 8)); return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    ByteReader reader(std::as_bytes(std::span(data, size)));
    while (reader.ok() && reader.remaining() > 0) {
        const auto choice = reader.be<uint8_t>();
        const size_t before = reader.remaining();
        ByteWriter first;
        copy_one(choice, reader, first);
        CHECK(reader.remaining() <= before);
        if (!reader.ok()) break;

        ByteReader again(first.written());
        ByteWriter second;
        copy_one(choice, again, second);
        CHECK(again.ok() && again.remaining() == 0);
        CHECK(as_text(first.written()) == as_text(second.written()));
        CHECK(first.size_bytes() <= before - reader.remaining());
    }
    CHECK(reader.ok() || reader.remaining() == 0);
    return 0;
}

}  // namespace polylog::base
