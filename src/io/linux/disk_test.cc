#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "io/linux/loop_fixture.h"
#include "io/signal.h"

namespace polylog::io {
namespace {

using base::Buffer;
using base::ErrorCode;
using base::Slice;

// A buffer of the alignment that direct files want, filled with a pattern that depends on `seed`.
Slice block(size_t size_bytes, int seed) {
    Buffer buffer = Buffer::allocate(size_bytes, kDirectAlignment);
    std::byte* bytes = buffer.writable_data();
    for (size_t i = 0; i < size_bytes; ++i)
        bytes[i] = static_cast<std::byte>(i * 7 + i / 256 + size_t(seed));
    return Slice(std::move(buffer));
}

Buffer room_for(size_t size_bytes) {
    return Buffer::allocate(size_bytes, kDirectAlignment);
}

template <class... Slices>
std::vector<Slice> pieces(Slices... each) {
    return {std::move(each)...};
}

Task<std::string> content(File& file, uint64_t position, size_t size_bytes) {
    const Slice filled = must(co_await file.read(position, room_for(size_bytes)));
    co_return std::string(filled.text());
}

constexpr OpenOptions kNewFile{.write = true, .create = true};

// The same behaviour whichever way the operations reach the kernel.
class LinuxDisk : public ::testing::TestWithParam<DiskEngineChoice> {
protected:
    void SetUp() override {
        TemporaryDirectory directory;
        const auto probe = LinuxShard::create(ShardId{0},
                                              must(DataDirectory::open(directory.path())),
                                              GetParam());
        if (!probe) GTEST_SKIP() << probe.error().message();
    }
};

INSTANTIATE_TEST_SUITE_P(Engines, LinuxDisk,
                         ::testing::Values(DiskEngineChoice::io_uring, DiskEngineChoice::threads),
                         [](const auto& param) {
                             return param.param == DiskEngineChoice::io_uring ? "Uring" : "Threads";
                         });

Task<void> write_and_read_back(Disk& disk) {
    const auto file = must(co_await disk.open("data", kNewFile));
    must(co_await file->write(0, pieces(Slice::copy_of("one "), Slice(), Slice::copy_of("two "),
                                        Slice::copy_of("three"))));
    must(co_await file->write(4, pieces(Slice::copy_of("TWO"))));
    must(co_await file->sync());
    EXPECT_EQ(must(co_await file->size()), 13U);
    EXPECT_EQ(co_await content(*file, 0, 13), "one TWO three");
    EXPECT_EQ(co_await content(*file, 4, 3), "TWO");
}

TEST_P(LinuxDisk, ReadsBackTheGatheredPiecesOfAWrite) {
    Loop loop(GetParam());
    loop.run(write_and_read_back(loop.disk()));
}

Task<void> read_around_the_end(Disk& disk) {
    const auto file = must(co_await disk.open("data", kNewFile));
    must(co_await file->write(0, pieces(Slice::copy_of("12345"))));
    EXPECT_EQ(co_await content(*file, 3, 100), "45");
    EXPECT_EQ(co_await content(*file, 5, 100), "");
    EXPECT_EQ(co_await content(*file, 500, 100), "");
    EXPECT_EQ(co_await content(*file, 0, 0), "");
    must(co_await file->write(8, {}));
    EXPECT_EQ(must(co_await file->size()), 5U);
}

TEST_P(LinuxDisk, ReadIsShortOnlyWhereTheFileEnds) {
    Loop loop(GetParam());
    loop.run(read_around_the_end(loop.disk()));
}

Task<void> write_directly(Disk& disk) {
    OpenOptions options = kNewFile;
    options.direct = true;
    options.data_sync = true;
    const auto file = must(co_await disk.open("wal", options));
    const Slice first = block(8192, 1), second = block(65536, 2);
    must(co_await file->write(4096, pieces(first, second)));
    EXPECT_EQ(must(co_await file->size()), 4096U + 8192 + 65536);
    EXPECT_EQ(co_await content(*file, 4096, 8192), first.text());
    EXPECT_EQ(co_await content(*file, 12288, 65536), second.text());
    must(co_await file->truncate(5000));
    EXPECT_EQ((co_await content(*file, 0, 16384)).size(), 5000U);
    EXPECT_EQ((co_await content(*file, 4096, 4096)).size(), 904U);
    EXPECT_EQ((co_await content(*file, 8192, 4096)).size(), 0U);
}

TEST_P(LinuxDisk, MovesAlignedBlocksDirectlyAndStopsAtAnUnalignedEnd) {
    Loop loop(GetParam());
    loop.run(write_directly(loop.disk()));
}

TEST_P(LinuxDisk, DirectFilesBehaveTheSameOnTmpfs) {
    if (!std::filesystem::exists("/dev/shm")) GTEST_SKIP() << "no tmpfs at /dev/shm";
    Loop loop(GetParam(), "/dev/shm");
    loop.run(write_directly(loop.disk()));
}

Task<void> read_own_name(Disk& disk) {
    const auto file = must(co_await disk.open("comm", {.write = true, .direct = true}));
    EXPECT_EQ(co_await content(*file, 0, 4096),
              std::string(program_invocation_short_name).substr(0, 15) + "\n");
}

// procfs refuses O_DIRECT on opening, as some file systems do for data.
TEST_P(LinuxDisk, FallsBackToThePageCacheWhereOpeningDirectlyIsRefused) {
    Loop loop(GetParam());
    std::filesystem::create_symlink("/proc/self/comm", loop.path() + "/comm");
    ASSERT_EQ(::open((loop.path() + "/comm").c_str(), O_RDWR | O_DIRECT), -1);
    loop.run(read_own_name(loop.disk()));
}

Task<void> gather_many(Disk& disk) {
    const auto file = must(co_await disk.open("data", kNewFile));
    std::vector<Slice> many;
    std::string expected;
    for (int i = 0; i < 3000; ++i) {
        expected += std::to_string(i) + ",";
        many.push_back(Slice::copy_of(std::to_string(i) + ","));
    }
    must(co_await file->write(0, std::move(many)));
    EXPECT_EQ(co_await content(*file, 0, expected.size() + 1), expected);
}

TEST_P(LinuxDisk, WritesMorePiecesThanOneSystemCallTakes) {
    Loop loop(GetParam());
    loop.run(gather_many(loop.disk()));
}

Task<void> change_size(Disk& disk) {
    const auto file = must(co_await disk.open("data", kNewFile));
    must(co_await file->allocate(1 << 20));
    EXPECT_EQ(must(co_await file->size()), 0U);
    must(co_await file->allocate(0));
    must(co_await file->truncate(10));
    EXPECT_EQ(must(co_await file->size()), 10U);
    EXPECT_EQ(co_await content(*file, 0, 20), std::string(10, '\0'));
}

TEST_P(LinuxDisk, AllocateReservesBlocksWithoutChangingTheSize) {
    Loop loop(GetParam());
    loop.run(change_size(loop.disk()));
    struct stat status;
    ASSERT_EQ(::stat((loop.path() + "/data").c_str(), &status), 0);
    EXPECT_EQ(status.st_size, 10);
    EXPECT_GE(status.st_blocks * 512, 1 << 20);
}

std::string names(const std::vector<DirectoryEntry>& entries) {
    std::string all;
    for (const auto& each : entries) all += each.name + (each.is_directory ? "/ " : " ");
    return all;
}

Task<void> use_directories(Disk& disk) {
    must(co_await disk.create_directories("topics/orders.1/0"));
    must(co_await disk.create_directories("topics/orders.1/0"));
    for (const char* name : {"topics/b", "topics/a", "topics/orders.1/0/c"}) {
        must(co_await disk.open(name, kNewFile));
    }
    EXPECT_EQ(names(must(co_await disk.list("topics"))), "a b orders.1/ ");
    EXPECT_EQ(names(must(co_await disk.list("."))), "lock topics/ ");

    const auto b = must(co_await disk.open("topics/b", {.write = true}));
    must(co_await b->write(0, pieces(Slice::copy_of("new"))));
    must(co_await disk.rename("topics/b", "topics/a"));
    const auto a = must(co_await disk.open("topics/a", {}));
    EXPECT_EQ(co_await content(*a, 0, 10), "new");
    must(co_await disk.sync_directory("topics"));
    must(co_await disk.sync_directory("."));

    EXPECT_EQ((co_await disk.remove("topics/orders.1/0")).error().code(), ErrorCode::io_failed);
    must(co_await disk.remove("topics/orders.1/0/c"));
    must(co_await disk.remove("topics/orders.1/0"));
    EXPECT_EQ(names(must(co_await disk.list("topics/orders.1"))), "");
    EXPECT_EQ((co_await disk.create_directories("topics/a")).error().code(), ErrorCode::io_failed);
    const DiskSpace space = must(co_await disk.space());
    EXPECT_GT(space.total_bytes, space.available_bytes);
    EXPECT_GT(space.available_bytes, 0U);
}

TEST_P(LinuxDisk, KeepsNamesInDirectories) {
    Loop loop(GetParam());
    loop.run(use_directories(loop.disk()));
}

Task<void> open_in_ways(Disk& disk) {
    const auto file = must(co_await disk.open("data", kNewFile));
    must(co_await file->write(0, pieces(Slice::copy_of("12345"))));
    const auto again = must(co_await disk.open("data", kNewFile));
    EXPECT_EQ(must(co_await again->size()), 5U);
    OpenOptions truncating = kNewFile;
    truncating.truncate = true;
    must(co_await disk.open("data", truncating));
    EXPECT_EQ(must(co_await again->size()), 0U);
}

TEST_P(LinuxDisk, OpeningKeepsTheContentUnlessAskedToTruncate) {
    Loop loop(GetParam());
    loop.run(open_in_ways(loop.disk()));
}

Task<void> miss_files(Disk& disk) {
    EXPECT_EQ((co_await disk.open("absent", {.write = true})).error().code(), ErrorCode::not_found);
    EXPECT_EQ((co_await disk.open("absent/file", kNewFile)).error().code(), ErrorCode::not_found);
    EXPECT_EQ((co_await disk.list("absent")).error().code(), ErrorCode::not_found);
    EXPECT_EQ((co_await disk.remove("absent")).error().code(), ErrorCode::not_found);
    EXPECT_EQ((co_await disk.rename("absent", "b")).error().code(), ErrorCode::not_found);
    EXPECT_EQ((co_await disk.sync_directory("absent")).error().code(), ErrorCode::not_found);
}

TEST_P(LinuxDisk, SaysWhatDoesNotExist) {
    Loop loop(GetParam());
    loop.run(miss_files(loop.disk()));
}

Task<void> leave_directory(Disk& disk) {
    for (std::string path : {"/etc/passwd", "..", "../x", "a/../../x", "a//b", "a/", "./a"}) {
        EXPECT_EQ((co_await disk.open(path, kNewFile)).error().code(), ErrorCode::invalid_request);
        EXPECT_EQ((co_await disk.list(path)).error().code(), ErrorCode::invalid_request);
        EXPECT_EQ((co_await disk.remove(path)).error().code(), ErrorCode::invalid_request);
        EXPECT_EQ((co_await disk.rename("a", path)).error().code(), ErrorCode::invalid_request);
        EXPECT_EQ((co_await disk.create_directories(path)).error().code(),
                  ErrorCode::invalid_request);
    }
    // The directory itself can be listed and synced, and nothing else.
    EXPECT_EQ((co_await disk.open(".", kNewFile)).error().code(), ErrorCode::invalid_request);
    EXPECT_EQ((co_await disk.remove(".")).error().code(), ErrorCode::invalid_request);
    const std::string with_nul("a\0b", 3);
    EXPECT_EQ((co_await disk.open(with_nul, kNewFile)).error().code(), ErrorCode::invalid_request);
}

TEST_P(LinuxDisk, RefusesPathsThatLeaveTheDataDirectory) {
    Loop loop(GetParam());
    loop.run(leave_directory(loop.disk()));
}

Task<void> write_to_full_device(Disk& disk) {
    const auto full = must(co_await disk.open("full", {.write = true}));
    const auto written = co_await full->write(0, pieces(Slice::copy_of("x")));
    EXPECT_EQ(written.error().message(), "disk_full: write full: No space left on device");
}

TEST_P(LinuxDisk, SaysWhenTheDiskIsFull) {
    Loop loop(GetParam());
    std::filesystem::create_symlink("/dev/full", loop.path() + "/full");
    loop.run(write_to_full_device(loop.disk()));
}

Task<void> fail_with_reasons(Disk& disk) {
    must(co_await disk.create_directories("directory"));
    const auto directory = must(co_await disk.open("directory", {}));
    EXPECT_EQ((co_await directory->read(0, room_for(10))).error().message(),
              "io_failed: read directory: Is a directory");
    must(co_await disk.open("data", kNewFile));
    const auto file = must(co_await disk.open("data", {}));
    EXPECT_EQ((co_await file->write(0, pieces(Slice::copy_of("x")))).error().message(),
              "io_failed: write data: Bad file descriptor");
    EXPECT_EQ((co_await file->truncate(1)).error().message(),
              "io_failed: truncate data: Invalid argument");
}

TEST_P(LinuxDisk, FailuresNameTheOperationTheFileAndTheReason) {
    Loop loop(GetParam());
    loop.run(fail_with_reasons(loop.disk()));
}

constexpr int kOverlapping = 300;  // more than the kernel is given at once

Task<void> write_block(File& file, int index) {
    must(co_await file.write(static_cast<uint64_t>(index) * 4096, pieces(block(4096, index))));
}

Task<void> read_block(File& file, int index) {
    EXPECT_EQ(co_await content(file, static_cast<uint64_t>(index) * 4096, 4096),
              block(4096, index).text());
}

Task<void> overlap(Disk& disk, OpenOptions options) {
    const auto file = must(co_await disk.open("data", options));
    TaskScope scope;
    for (int i = 0; i < kOverlapping; ++i) scope.spawn(write_block(*file, i));
    co_await scope.join();
    must(co_await file->sync());
    for (int i = 0; i < kOverlapping; ++i) scope.spawn(read_block(*file, i));
    co_await scope.join();
}

TEST_P(LinuxDisk, CarriesOutHundredsOfOverlappingOperations) {
    Loop loop(GetParam());
    OpenOptions options = kNewFile;
    loop.run(overlap(loop.disk(), options));
    options.direct = true;
    loop.run(overlap(loop.disk(), options));
}

Task<void> drop_in_flight(Disk& disk) {
    const auto file = must(co_await disk.open("data", kNewFile));
    {
        TaskScope dropped;
        for (int i = 0; i < kOverlapping; ++i) dropped.spawn(write_block(*file, i));
        co_await sleep_for({});  // a turn later the first of them are with the kernel
        for (int i = 0; i < kOverlapping; ++i) dropped.spawn(read_block(*file, i));
    }
    must(co_await disk.rename("data", "still here"));
    co_await file->sync();
}

TEST_P(LinuxDisk, DroppingTheTaskOfAnOperationInFlightIsSafe) {
    Loop loop(GetParam());
    loop.run(drop_in_flight(loop.disk()));
}

Task<void> start_and_stop(LinuxShard& shard, File& file) {
    for (int i = 0; i < kOverlapping; ++i) shard.scope().spawn(write_block(file, i));
    shard.stop();
    co_return;
}

Task<void> keep_open(Disk& disk, std::unique_ptr<File>& file) {
    file = must(co_await disk.open("data", kNewFile));
}

TEST_P(LinuxDisk, DestroyingTheShardWaitsForWhatIsInFlight) {
    TemporaryDirectory directory;
    {
        auto shard = must(LinuxShard::create(ShardId{0},
                                             must(DataDirectory::open(directory.path())),
                                             GetParam()));
        std::unique_ptr<File> file;
        run(*shard, keep_open(shard->env().disk, file));
        run(*shard, start_and_stop(*shard, *file));
        file.reset();
    }
    std::ifstream written(directory.path() + "/data", std::ios::binary);
    for (int i = 0; i < kOverlapping; ++i) {
        std::string bytes(4096, '\0');
        written.read(bytes.data(), 4096);
        EXPECT_EQ(bytes, block(4096, i).text()) << i;
    }
}

// Lets the process open at most `spare` more descriptors.
class DescriptorLimit {
public:
    explicit DescriptorLimit(int spare) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(next);
        rlimit lowered = before_;
        lowered.rlim_cur = static_cast<rlim_t>(next + spare);
        ::setrlimit(RLIMIT_NOFILE, &lowered);
    }
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_;
};

Task<void> run_out_of_descriptors(Disk& disk) {
    const auto file = must(co_await disk.open("first", kNewFile));
    {
        const DescriptorLimit limit(3);
        std::vector<std::unique_ptr<File>> files;
        while (true) {
            auto opened = co_await disk.open("more", kNewFile);
            if (!opened) {
                EXPECT_EQ(opened.error().message(), "throttled: open more: Too many open files");
                break;
            }
            files.push_back(std::move(*opened));
        }
        EXPECT_LE(files.size(), 3U);
        must(co_await file->write(0, pieces(Slice::copy_of("still works"))));
        must(co_await file->sync());
    }
    must(co_await disk.open("again", kNewFile));
}

TEST_P(LinuxDisk, RunningOutOfDescriptorsFailsOpeningAndNothingElse) {
    Loop loop(GetParam());
    loop.run(run_out_of_descriptors(loop.disk()));
}

TEST(DataDirectory, IsLockedAgainstASecondBroker) {
    TemporaryDirectory temporary;
    const std::string path = temporary.path() + "/new/data";
    {
        const auto directory = must(DataDirectory::open(path));
        const auto second = DataDirectory::open(path);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().message(),
                  "io_failed: " + path + " is in use by process " + std::to_string(::getpid()));
    }
    EXPECT_TRUE(DataDirectory::open(path));
}

TEST(DataDirectory, IsNotAFile) {
    TemporaryDirectory temporary;
    std::ofstream(temporary.path() + "/file") << "x";
    EXPECT_EQ(DataDirectory::open(temporary.path() + "/file").error().code(), ErrorCode::io_failed);
}

}  // namespace
}  // namespace polylog::io
