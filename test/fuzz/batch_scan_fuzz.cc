#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "io/scope.h"
#include "log/batch_scan.h"

// Any file is scanned to its end or to an error. What is returned lies in the part, one batch
// behind the other, and does not depend on how much is read at a time.
//     input := bytes the file is short of u16, piece bytes u16 (big-endian), file
namespace polylog::log {
namespace {

// Memory, read as a file. Never suspends.
class MemoryFile final : public io::File {
public:
    explicit MemoryFile(base::Bytes contents) : contents_(contents) {}

    io::Task<base::Result<base::Slice>> read(uint64_t position, base::Buffer into) override {
        if (position >= contents_.size()) co_return base::Slice();
        const base::Bytes source = contents_.subspan(position);
        const size_t size_bytes = std::min(source.size(), into.size());
        std::copy_n(source.begin(), size_bytes, into.writable_data());
        co_return base::Slice(std::move(into)).part(0, size_bytes);
    }
    io::Task<base::Result<void>> write(uint64_t, std::vector<base::Slice>) override {
        return refused();
    }
    io::Task<base::Result<void>> sync() override { return refused(); }
    io::Task<base::Result<void>> truncate(uint64_t) override { return refused(); }
    io::Task<base::Result<void>> allocate(uint64_t) override { return refused(); }
    io::Task<base::Result<uint64_t>> size() override {
        return io::ready<base::Result<uint64_t>>(contents_.size());
    }

private:
    static io::Task<base::Result<void>> refused() {
        return io::ready<base::Result<void>>(base::fail(base::ErrorCode::io_failed));
    }

    base::Bytes contents_;
};

struct Input {
    base::Bytes file;
    BatchScan::Part part;
};

struct Course {
    std::vector<uint32_t> positions;  // of the batches seen
    size_t whole_bytes = 0;
    bool done = false;
    bool failed = false;
    bool operator==(const Course&) const = default;
};

// `batch` stands where the one before it ended.
void check_place(const BatchScan& scan, const Input& input, const model::BatchView& batch,
                 uint64_t position, model::Offset next) {
    CHECK(scan.position() == position && batch.base_offset() == next);
    CHECK(batch.size_bytes() >= model::kBatchHeaderBytes);
    CHECK(position + batch.size_bytes() <= input.part.end);
}

io::Task<void> scan_all(Input input, size_t piece_bytes, bool with_records, Course& course) {
    BatchScan scan(std::make_shared<MemoryFile>(input.file), "file", input.part, piece_bytes);
    uint64_t position = input.part.position;
    model::Offset next = input.part.next;
    for (;;) {
        auto batch = co_await scan.next();
        if (batch && *batch) {
            scan.step_back();
            batch = co_await scan.next();
            CHECK(batch && *batch);
        }
        course.failed = !batch;
        if (!batch || !*batch) break;
        check_place(scan, input, **batch, position, next);
        course.positions.push_back(scan.position());
        position += (*batch)->size_bytes();
        next = (*batch)->next_offset();
        if (!with_records) continue;
        const size_t size_bytes = (*batch)->size_bytes();
        const auto whole = co_await scan.whole();
        course.failed = !whole;
        if (!whole) break;
        CHECK(whole->size() == size_bytes && model::BatchView(whole->bytes()).crc_matches());
        course.whole_bytes += size_bytes;
    }
    CHECK(course.failed || position == input.part.end);
    course.done = true;
}

Course scanned(const Input& input, size_t piece_bytes, bool with_records) {
    Course course;
    io::TaskScope scope;
    scope.spawn(scan_all(input, piece_bytes, with_records, course));
    CHECK(course.done);
    return course;
}

void judge(const Input& input, size_t piece_bytes) {
    const Course headers = scanned(input, piece_bytes, false);
    const Course wholes = scanned(input, piece_bytes, true);
    CHECK(wholes.positions.size() <= headers.positions.size());
    CHECK(wholes.whole_bytes <= input.file.size());
    constexpr size_t kPieceBytes = size_t{1} << 20;
    CHECK(scanned(input, kPieceBytes, false) == headers);
    CHECK(scanned(input, kPieceBytes, true) == wholes);
}

// The file with what guards each batch put right as far as the lengths lead: offset, version and
// checksum.
base::Buffer mended(base::Bytes file) {
    base::Buffer result = base::Buffer::copy_of(file);
    base::MutableBytes rest = result.writable();
    int64_t next = 0;
    while (rest.size() >= model::kBatchHeaderBytes) {
        base::store_be<int64_t>(rest.data(), next);
        rest[16] = std::byte{model::kBatchMagic};
        rest[23] &= std::byte{0x7f};  // the last offset's delta is not negative
        const model::BatchView header(rest);
        if (base::load_be<int32_t>(rest.data() + 8) < 0) break;
        const size_t size_bytes = header.size_bytes();
        if (size_bytes < model::kBatchHeaderBytes || size_bytes > rest.size()) break;
        base::store_be(rest.data() + 17, base::crc32c(rest.first(size_bytes).subspan(21)));
        next = header.next_offset().value;
        rest = rest.subspan(size_bytes);
    }
    return result;
}

void fuzz(base::Bytes bytes) {
    constexpr size_t kSettingsBytes = 4;
    if (bytes.size() < kSettingsBytes) return;
    const uint32_t short_bytes = base::load_be<uint16_t>(bytes.data());
    const size_t piece_bytes = base::load_be<uint16_t>(bytes.data() + 2);
    const base::Bytes file = bytes.subspan(kSettingsBytes);
    const auto end = static_cast<uint32_t>(file.size() + short_bytes);
    if (file.size() >= sizeof(int64_t)) {
        const model::Offset first{base::load_be<int64_t>(file.data())};
        judge({.file = file, .part = {.end = end, .next = first}}, piece_bytes);
    }
    const base::Buffer right = mended(file);
    judge({.file = right.bytes(), .part = {.end = end, .next = {0}}}, piece_bytes);
}

}  // namespace
}  // namespace polylog::log

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::log::fuzz({reinterpret_cast<const std::byte*>(data), size});
    return 0;
}
