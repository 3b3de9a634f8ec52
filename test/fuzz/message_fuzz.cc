#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/slice.h"
#include "model/message.h"

// Any bytes as the headers of a record: they are read as a message without overrun, or refused; and
// a message is the same after it has been stored and read again. The first byte counts the headers.
namespace polylog::model {
namespace {

void judge(const base::Slice& slice) {
    if (slice.empty()) return;
    const TopicPartition place{};
    const RecordView record{.offset = {7},
                            .timestamp_ms = 1,
                            .key = slice.bytes().first(1),
                            .value = slice.bytes(),
                            .headers = slice.bytes().subspan(1),
                            .header_count = std::to_integer<int32_t>(slice.bytes().front())};
    const auto message = read_message(slice, record, place);
    if (!message) return;
    CHECK(!message->id.is_nil());
    CHECK(std::cmp_less_equal(message->attributes.size(), record.header_count));

    BatchBuilder builder;
    add_message(builder, *message);
    const base::Slice stored(builder.build());
    const BatchView batch(stored.bytes());
    RecordReader reader(batch, batch.records());
    const auto again = reader.next();
    CHECK(again);
    const auto same = read_message(stored, *again, place);
    CHECK(same && *same == *message);
}

}  // namespace
}  // namespace polylog::model

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const polylog::base::Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
    polylog::model::judge(polylog::base::Slice::copy_of(bytes));
    return 0;
}
