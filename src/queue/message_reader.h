#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "io/task.h"
#include "log/log.h"
#include "model/compression.h"
#include "model/message.h"
#include "replication/partition.h"

namespace polylog::queue {

struct StoredMessage {
    model::Offset offset;
    model::Message message;
};

// Reads messages of one partition by their offsets, one at a time: mostly one after the other, now
// and then an earlier one. Remembers what it read last, so that the next message costs no read.
// Lives on the partition's shard; one call at a time.
class MessageReader {
public:
    // `id` names the partition, for the ids of messages.
    MessageReader(std::shared_ptr<replication::Partition> partition, model::TopicPartition id);

    // The first message at `from` or behind it that is below the high watermark; nothing when there
    // is none. Offsets between `from` and it hold none (a compacted topic, a marker). The message's
    // bytes stay valid as long as they are held. Errors: those of Partition::check_epoch and
    // log::Log::read.
    io::Task<base::Result<std::optional<StoredMessage>>> first_from(model::Offset from);

    // Gives back the memory of what it remembers.
    void forget();

private:
    // A stretch of batches that lie behind each other, and one of them opened.
    struct Window {
        model::Offset begin;
        model::Offset end;
        std::vector<base::Slice> pieces;  // each holds whole batches
        size_t piece = 0;                 // of the next batch to open
        size_t position = 0;              // in that piece
        base::Slice records;              // of the opened batch, decompressed
        std::vector<model::RecordView> opened;
        model::Offset opened_begin;
        model::Offset opened_end;
    };

    Window* find(model::Offset offset);
    io::Task<base::Result<Window*>> load(model::Offset from);
    base::Result<std::optional<StoredMessage>> find_in(Window& window, model::Offset from);
    base::Result<bool> open_next(Window& window);
    base::Result<base::Slice> plain(const base::Slice& piece, model::BatchView batch);
    base::Result<StoredMessage> to_message(const Window& window, const model::RecordView& record);

    std::shared_ptr<replication::Partition> partition_;
    const model::TopicPartition id_;
    // Two: new messages are read in one while earlier ones come back in the other.
    std::array<Window, 2> windows_;
    size_t oldest_ = 0;
    std::optional<model::Decompressor> decompressor_;
};

}  // namespace polylog::queue
