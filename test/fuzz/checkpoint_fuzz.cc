#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "log/checkpoint_format.h"
#include "log/log_state.h"
#include "test/log/batches.h"

// Any bytes are a checkpoint or an error. What is accepted is the same after it has been written
// again, a log restored from it says the same of itself, and its producers are judged without
// overrun. The bytes are also read as one record of a file that is otherwise right.
namespace polylog::log {
namespace {

std::vector<std::string> encoded_records(const Checkpoint& checkpoint) {
    std::vector<std::string> records;
    for (const LogRecord& log : checkpoint.logs) records.push_back(encode_record(log));
    return records;
}

// Sequence numbers from what a client may send next, and has sent before.
void judge_producers(ProducerState state, model::Offset start, model::Offset end) {
    const auto producers = state.producers();
    for (const auto& [id, producer] : producers) {
        if (id == model::kNoProducer) continue;
        const ProducerState::BatchRecord& first = producer.batches.front();
        for (const int32_t sequence : {int32_t{0}, first.first_sequence, first.last_sequence}) {
            const base::Buffer bytes = testing::make_batch({.base_offset = end.value,
                                                            .producer_id = id.value,
                                                            .producer_epoch = producer.epoch.value,
                                                            .base_sequence = sequence});
            const model::BatchView batch(bytes.bytes());
            const auto judged = state.check(batch);
            if (judged && !*judged) state.remember(batch);
        }
        CHECK(state.producers().at(id).batch_count <= ProducerState::kBatchesRemembered);
    }
    state.truncate(start);
    constexpr int64_t kNowMs = 1'700'000'000'000;
    state.expire(kNowMs, 86'400'000);
    CHECK(state.producers().size() <= producers.size());
}

void read(base::Bytes file) {
    const auto checkpoint = decode_checkpoint(file);
    if (!checkpoint) {
        CHECK(checkpoint.error() == base::ErrorCode::corrupt);
        return;
    }
    const std::vector<std::string> records = encoded_records(*checkpoint);
    const base::Slice written = encode_checkpoint(checkpoint->header,
                                                  {records.begin(), records.end()});
    CHECK(written.size() == file.size());
    const auto again = decode_checkpoint(written.bytes());
    CHECK(again && encoded_records(*again) == records);
    CHECK(again->header.data_directory_id == checkpoint->header.data_directory_id);
    CHECK(again->header.clean_stop == checkpoint->header.clean_stop);
    CHECK(again->header.durable == checkpoint->header.durable);
    CHECK(again->header.buffered == checkpoint->header.buffered);
    for (size_t i = 0; i < records.size(); ++i) {
        const LogState log(checkpoint->logs[i]);
        CHECK(encode_record(log.record()) == records[i]);
        for (const auto& segment : log.segments.all()) CHECK(segment->base >= model::Offset{0});
        judge_producers(log.producers, log.start, log.end);
    }
}

void fuzz(base::Bytes bytes) {
    read(bytes);
    constexpr size_t kCrcBytes = 4;
    const base::Slice model = encode_checkpoint({}, {});
    if (bytes.size() >= model.size()) {
        base::Buffer mended = base::Buffer::copy_of(bytes);
        std::copy_n(model.data(), 8, mended.writable_data());  // magic and version
        const size_t crc_position = mended.size() - kCrcBytes;
        base::store_le(mended.writable_data() + crc_position,
                       base::crc32c(mended.bytes().first(crc_position)));
        read(mended.bytes());
    }
    std::string record(sizeof(uint32_t), '\0');
    base::store_le(reinterpret_cast<std::byte*>(record.data()),
                   static_cast<uint32_t>(bytes.size()));
    record += base::as_text(bytes);
    read(encode_checkpoint({}, {record}).bytes());
}

}  // namespace
}  // namespace polylog::log

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::log::fuzz({reinterpret_cast<const std::byte*>(data), size});
    return 0;
}
