#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "io/sim/run_task.h"
#include "io/sim/world.h"
#include "log/wal_format.h"
#include "log/write_ahead_log.h"

// Any files are replayed as a write-ahead log, to a torn tail or to an error that says they are
// damaged. The work is bounded by the bytes there are, and a second replay says what the first did.
//     input := settings u8 (bit 0: `os`), after u8, at least u8, file*
//     file  := first sequence u8, lap u8, flags u8 (1 no header, 2 shorter than made), count u8,
//              group*
//     group := sequence u8, durable u8, lap u8, flags u8 (1 torn payload, 2 torn header, 4 of
//              another data directory, 8 claims 4 GiB), entries u8, bytes u16 (little-endian),
//              bytes
// Sequence 255 is that of the mark which ends a file. What follows the last file is one more file,
// as it is.
namespace polylog::log {
namespace {

constexpr size_t kFilesMax = 4;
constexpr uint8_t kGroupsMax = 8;
constexpr uint8_t kFinished = 255;

base::Uuid data_directory_id() {
    base::Uuid id;
    id.bytes.fill(0x11);
    return id;
}

WalSequence sequence_of(uint8_t number) {
    return number == kFinished ? kWalFinished : WalSequence{number};
}

void add_group(base::ByteReader& in, std::vector<std::byte>& file) {
    WalGroupHeader header{.sequence = sequence_of(in.le<uint8_t>()),
                          .durable_upto = {in.le<uint8_t>()},
                          .data_directory_id = data_directory_id(),
                          .lap = in.le<uint8_t>()};
    const auto flags = in.le<uint8_t>();
    header.entry_count = in.le<uint8_t>();
    const base::Bytes payload = in.take(in.le<uint16_t>());
    header.payload_bytes = static_cast<uint32_t>(payload.size());
    header.payload_crc = base::crc32c(payload) ^ (flags & 1u);
    const size_t begin = file.size();
    file.resize(begin + header.padded_bytes());
    std::ranges::copy(payload, file.data() + begin + kWalGroupHeaderBytes);
    if (flags & 4) header.data_directory_id = {};
    if (flags & 8) header.payload_bytes = UINT32_MAX;
    encode_group_header(header, base::MutableBytes(file).subspan(begin));
    if (flags & 2) file[begin + kWalGroupHeaderBytes - 1] ^= std::byte{1};
}

std::vector<std::byte> take_file(base::ByteReader& in) {
    WalFileHeader header{.data_directory_id = data_directory_id(),
                         .first_sequence = {in.le<uint8_t>()},
                         .lap = in.le<uint8_t>()};
    const auto flags = in.le<uint8_t>();
    std::vector<std::byte> file(kWalBlockBytes);
    for (uint8_t left = std::min(in.le<uint8_t>(), kGroupsMax); left > 0 && in.ok(); --left) {
        add_group(in, file);
    }
    header.file_bytes = file.size() + ((flags & 2) ? kWalBlockBytes : 0);
    if (!(flags & 1)) encode_file_header(header, file);
    return file;
}

struct Course {
    bool done = false;
    base::Result<WalSequence> last = WalSequence{0};
    std::vector<std::pair<WalEntryHeader, size_t>> entries;
};

io::Task<base::Result<void>> note(Course& course, WalEntryHeader header, size_t payload_bytes) {
    course.entries.emplace_back(header, payload_bytes);
    co_return {};
}

io::Task<bool> replay(io::Shard& shard, WalOptions options, WalReplay range, Course& course) {
    auto apply = [&course](WalEntryHeader header, base::Slice payload) {
        return note(course, header, payload.size());
    };
    course.last = co_await replay_wal(shard, std::move(options), range, std::move(apply));
    co_return true;
}

io::Task<base::Result<void>> put(io::Disk& disk, std::string path, std::vector<std::byte> bytes) {
    CO_TRY(auto file, co_await disk.open(path, {.write = true, .create = true}));
    std::vector<base::Slice> pieces;
    pieces.push_back(base::Slice::copy_of(bytes));
    co_return co_await file->write(0, std::move(pieces));
}

// A machine that runs nothing of its own.
class Machine {
public:
    Machine() {
        node_.boot([](sim::Node&) { return std::make_shared<int>(); });
        const auto made = sim::run_task(node_, disk().create_directories("wal"));
        CHECK(made && *made);
    }
    io::Disk& disk() { return node_.shard(0).env().disk; }
    void put_file(size_t number, std::vector<std::byte> bytes) {
        std::string path = "wal/" + std::to_string(number) + ".wal";
        const auto written = sim::run_task(node_, put(disk(), std::move(path), std::move(bytes)));
        CHECK(written && *written);
    }
    Course replayed(const WalOptions& options, WalReplay range) {
        Course course;
        CHECK(sim::run_task(node_, replay(node_.shard(0), options, range, course)));
        return course;
    }

private:
    sim::World world_{1};
    sim::Node& node_ = world_.add_node();
};

bool same(const Course& a, const Course& b) {
    return std::ranges::equal(a.entries, b.entries, [](const auto& x, const auto& y) {
        return x.first.kind == y.first.kind && x.first.log == y.first.log &&
               x.first.offset == y.first.offset && x.second == y.second;
    });
}

void fuzz(base::Bytes bytes) {
    base::ByteReader in(bytes);
    const bool buffered = (in.le<uint8_t>() & 1) != 0;
    const WalReplay range{.after = {in.le<uint8_t>()}, .at_least = {in.le<uint8_t>()}};
    if (!in.ok()) return;
    const WalOptions options{.directory = "wal",
                             .data_directory_id = data_directory_id(),
                             .mode = buffered ? WalMode::buffered : WalMode::durable,
                             .slab_bytes = 4 * kWalBlockBytes};
    Machine machine;
    size_t total_bytes = 0;
    for (size_t number = 0; number < kFilesMax && in.remaining() > 0; ++number) {
        const base::Bytes rest = in.rest();
        std::vector<std::byte> file = take_file(in);
        if (!in.ok()) file.assign(rest.begin(), rest.end());
        total_bytes += file.size();
        machine.put_file(number, std::move(file));
    }
    const Course first = machine.replayed(options, range);
    CHECK(first.entries.size() <= total_bytes / kWalEntryHeaderBytes);
    if (first.last) {
        CHECK(*first.last >= std::max(range.after, range.at_least));
    } else {
        CHECK(first.last.error() == base::ErrorCode::damaged ||
              first.last.error() == base::ErrorCode::corrupt);
    }
    const Course second = machine.replayed(options, range);
    CHECK(same(first, second) && second.last.has_value() == first.last.has_value());
    CHECK(!first.last || *second.last == *first.last);
}

}  // namespace
}  // namespace polylog::log

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::log::fuzz({reinterpret_cast<const std::byte*>(data), size});
    return 0;
}
