#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "protocol/kafka/frame_reader.h"

namespace polylog::kafka {

namespace {

// Gives the bytes of an input, so many with each read.
class Pieces : public io::Stream {
public:
    Pieces(std::span<const uint8_t> bytes, size_t piece_bytes)
        : bytes_(bytes), piece_bytes_(piece_bytes) {}

    io::Task<base::Result<void>> readable() override { co_return {}; }
    io::Task<base::Result<void>> writable() override { co_return {}; }
    base::Result<size_t> read_some(base::MutableBytes into) override {
        if (bytes_.empty()) return base::fail(base::ErrorCode::closed);
        CHECK(!into.empty());
        const size_t size_bytes = std::min({piece_bytes_, bytes_.size(), into.size()});
        std::memcpy(into.data(), bytes_.data(), size_bytes);
        bytes_ = bytes_.subspan(size_bytes);
        return size_bytes;
    }
    base::Result<size_t> write_some(std::span<const base::Bytes>) override { return 0; }
    void close() override { bytes_ = {}; }
    const io::Endpoint& peer() const override { return endpoint_; }
    const io::Endpoint& local() const override { return endpoint_; }

private:
    std::span<const uint8_t> bytes_;
    const size_t piece_bytes_;
    const io::Endpoint endpoint_;
};

struct Outcome {
    std::vector<std::string> frames;
    base::ErrorCode ended_with{};
    bool operator==(const Outcome&) const = default;
};

Outcome read_all(std::span<const uint8_t> bytes, size_t piece_bytes, const base::Limits& limits) {
    Pieces stream(bytes, piece_bytes);
    ReceiveSlabs slabs;
    FrameReader reader(limits);
    Outcome outcome;
    for (;;) {
        std::vector<base::Slice> frames;
        const auto read = reader.read(stream, slabs, frames);
        for (const base::Slice& frame : frames) {
            CHECK(!frame.empty() && frame.size() <= limits.frame_max_bytes);
            outcome.frames.emplace_back(base::as_text(frame.bytes()));
        }
        CHECK(reader.received_bytes() <= limits.frame_max_bytes);
        if (read) continue;
        outcome.ended_with = read.error().code();
        return outcome;
    }
}

}  // namespace

// Any bytes, cut anywhere, give the same frames, within the limits. The first byte says where reads
// are cut.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    base::Limits limits;
    limits.frame_max_bytes = 4096;
    limits.frame_reserve_ahead_max_bytes = 64;
    const std::span<const uint8_t> bytes(data + 1, size - 1);
    CHECK(read_all(bytes, size_t{data[0]} + 1, limits) == read_all(bytes, SIZE_MAX, limits));
    return 0;
}

}  // namespace polylog::kafka
