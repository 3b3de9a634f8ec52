#include "io/sim/sim_disk.h"

#include <gtest/gtest.h>

#include <set>

#include "io/sim/run_task.h"

namespace polylog::sim {
namespace {

using base::Buffer;
using base::ErrorCode;
using base::Result;
using base::Slice;
using base::operator""ms;
using base::operator""s;
using io::Task;

constexpr io::OpenOptions kBuffered{.write = true, .create = true};
constexpr io::OpenOptions kDataSync{.write = true, .create = true, .data_sync = true};
constexpr io::OpenOptions kDirect{.write = true, .create = true, .direct = true};

struct Step {
    std::string text;
    uint64_t position = 0;
    bool sync = false;
};

// Opens, writes step by step, and says how many steps it was told had succeeded.
Task<Result<void>> write_steps(io::OpenOptions options, std::vector<Step> steps, int& told) {
    CO_TRY(auto file, co_await io::Shard::current().env().disk.open("file", options));
    CO_TRY_VOID(co_await io::Shard::current().env().disk.sync_directory("."));
    for (Step& step : steps) {
        std::vector<Slice> pieces{Slice::copy_of(step.text)};
        CO_TRY_VOID(co_await file->write(step.position, std::move(pieces)));
        if (step.sync) CO_TRY_VOID(co_await file->sync());
        ++told;
    }
    co_return {};
}

Task<Result<std::string>> read_text(std::string path, size_t at_most = 100) {
    CO_TRY(auto file, co_await io::Shard::current().env().disk.open(std::move(path), {}));
    CO_TRY(const Slice slice, co_await file->read(0, Buffer::allocate(at_most)));
    co_return std::string(slice.text());
}

Task<Result<void>> make_directory_and_rename() {
    auto& disk = io::Shard::current().env().disk;
    CO_TRY_VOID(co_await disk.create_directories("a/b"));
    CO_TRY_VOID(co_await disk.open("a/b/file", kBuffered));
    CO_TRY_VOID(co_await disk.rename("a/b/file", "a/file"));
    CO_TRY(const auto entries, co_await disk.list("a"));
    EXPECT_EQ(entries.size(), 2u);
    CO_TRY_VOID(co_await disk.remove("a/b"));
    CO_TRY_VOID(co_await disk.sync_directory("a"));
    CO_TRY_VOID(co_await disk.sync_directory("."));
    co_return {};
}

Slice aligned(size_t size_bytes, char fill) {
    Buffer buffer = Buffer::allocate(size_bytes, io::kDirectAlignment);
    std::memset(buffer.writable_data(), fill, size_bytes);
    return Slice(std::move(buffer));
}

Task<Result<void>> write_direct(uint64_t position, Slice piece) {
    CO_TRY(auto file, co_await io::Shard::current().env().disk.open("file", kDirect));
    std::vector<Slice> pieces{std::move(piece)};
    co_return co_await file->write(position, std::move(pieces));
}

Task<Result<void>> start_write_and_drop_it() {
    CO_TRY(auto file, co_await io::Shard::current().env().disk.open("file", kBuffered));
    io::TaskScope scope;
    std::vector<Slice> pieces{Slice::copy_of("dropped but done")};
    scope.spawn([](io::File& to, std::vector<Slice> from) -> Task<void> {
        EXPECT_TRUE(co_await to.write(0, std::move(from)));
        ADD_FAILURE() << "the task was dropped";
    }(*file, std::move(pieces)));
    co_return {};
}

class SimDiskTest : public ::testing::Test {
protected:
    explicit SimDiskTest(uint64_t seed = 1) : world(seed), node(world.add_node()) { node.boot({}); }

    Result<void> write(io::OpenOptions options, std::vector<Step> steps) {
        const auto result = run_task(node, write_steps(options, std::move(steps), told));
        return result ? *result : base::fail(ErrorCode::timed_out);
    }
    std::string cached() { return cached_contents(node.disk().files(), "file").value_or("none"); }
    std::string durable() { return durable_contents(node.disk().files(), "file").value_or("none"); }

    World world;
    Node& node;
    int told = 0;
};

TEST_F(SimDiskTest, ReadsBackWhatWasWritten) {
    ASSERT_TRUE(write(kBuffered, {{"hello", 0}, {"world", 3}}));
    EXPECT_EQ(run_task(node, read_text("file")).value().value(), "helworld");
    EXPECT_EQ(run_task(node, read_text("file", 4)).value().value(), "helw");
    EXPECT_EQ(run_task(node, read_text("none")).value().error(), ErrorCode::not_found);
}

TEST_F(SimDiskTest, MakesMovesListsAndRemovesNames) {
    const auto result = run_task(node, make_directory_and_rename());
    ASSERT_TRUE(result && *result);
    EXPECT_EQ(list_files(node.disk().files()), std::vector<std::string>{"a/file"});
}

TEST_F(SimDiskTest, SyncMakesDurableAndAWriteAloneDoesNot) {
    ASSERT_TRUE(write(kBuffered, {{"hello", 0}}));
    EXPECT_EQ(cached(), "hello");
    EXPECT_EQ(durable(), "");
    ASSERT_TRUE(write(kBuffered, {{"hello", 0, true}}));
    EXPECT_EQ(durable(), "hello");
}

TEST_F(SimDiskTest, DataSyncWritesAreDurableWhenTheyComplete) {
    ASSERT_TRUE(write(kDataSync, {{"hello", 0}, {"world", 5}}));
    EXPECT_EQ(durable(), "helloworld");
}

TEST_F(SimDiskTest, AnEmptyDataSyncWriteMakesNothingDurable) {
    ASSERT_TRUE(write(kBuffered, {{"hello", 0}}));
    ASSERT_TRUE(write(kDataSync, {{"", 1}}));
    EXPECT_EQ(durable(), "");
}

TEST_F(SimDiskTest, KillKeepsThePageCacheAndAPowerCutMayNot) {
    std::set<std::string> after_power_cut;
    for (uint64_t seed = 0; seed < 40; ++seed) {
        World other_world(seed);
        Node& other = other_world.add_node();
        other.boot({});
        int steps_told = 0;
        run_task(other, write_steps(kBuffered, {{"hello", 0}}, steps_told));
        other.crash(Crash::kill);
        EXPECT_EQ(cached_contents(other.disk().files(), "file"), "hello");
        other.crash(Crash::power_cut);
        after_power_cut.insert(cached_contents(other.disk().files(), "file").value_or("none"));
    }
    EXPECT_TRUE(after_power_cut.contains("hello"));
    EXPECT_TRUE(after_power_cut.contains(""));
}

TEST(SimDisk, AcknowledgedIsDurableAtEveryBoundaryOfAnyCrash) {
    // Stops the program at each operation in turn, before and after it takes effect, and cuts the
    // power: every step it was told of must be there.
    const std::vector<Step> steps{{"aaaa", 0, true}, {"bbbb", 4, true}, {"cccc", 8, true}};
    int crashes = 0;
    std::set<std::string> survivors;
    for (uint64_t k = 1; k < 12; ++k) {
        for (const Boundary side : {Boundary::before, Boundary::after}) {
            World world(k);
            Node& node = world.add_node();
            node.boot({});
            int told = 0;
            node.disk().at_boundary(k, side, [&] { node.crash(Crash::power_cut); });
            run_task(node, write_steps(kBuffered, steps, told), 5s);
            crashes += !node.is_running();
            const std::string left = cached_contents(node.disk().files(), "file").value_or("");
            EXPECT_TRUE(left.starts_with(
                std::string("aaaabbbbcccc").substr(0, static_cast<size_t>(4 * told))));
            survivors.insert(left);
        }
    }
    EXPECT_EQ(crashes, 16);  // open, sync of the directory, then a write and a sync for each step
    EXPECT_GT(survivors.size(), 3u);
}

TEST(SimDisk, ADataSyncWriteUnderWayAtThePowerCutMayBeKeptInAnyPart) {
    std::set<std::string> survivors;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        World world(seed);
        Node& node = world.add_node();
        node.boot({});
        int told = 0;
        const std::string block(kBlockBytes, 'x');
        node.disk().at_boundary(3, Boundary::before, [&] { node.crash(Crash::power_cut); });
        run_task(node, write_steps(kDataSync, {{block + block + block, 0}}, told), 5s);
        EXPECT_EQ(told, 0);
        std::string left = cached_contents(node.disk().files(), "file").value_or("none");
        std::string pattern;
        for (size_t at = 0; at < left.size(); at += kBlockBytes) {
            pattern += left.substr(at, kBlockBytes) == block ? 'x' : left[at] == '\0' ? '0' : '?';
        }
        survivors.insert(pattern);
    }
    for (const char* expected : {"", "x", "xxx", "0x", "x0x"})
        EXPECT_TRUE(survivors.contains(expected)) << expected;
}

TEST(SimDisk, AnOpenUnderWayAtTheCrashMayHaveMadeTheFile) {
    std::set<std::vector<std::string>> left;
    for (uint64_t seed = 0; seed < 20; ++seed) {
        World world(seed);
        Node& node = world.add_node();
        node.boot({});
        int told = 0;
        node.disk().at_boundary(1, Boundary::before, [&] { node.crash(Crash::kill); });
        run_task(node, write_steps(kBuffered, {}, told), 1s);
        left.insert(list_files(node.disk().files()));
    }
    EXPECT_EQ(left, (std::set<std::vector<std::string>>{{}, {"file"}}));
}

TEST_F(SimDiskTest, InjectedErrorsHitTheExactOperationOnceOrForEver) {
    node.disk().inject({.operation = DiskOperation::write, .skip = 1});
    EXPECT_EQ(write(kBuffered, {{"a"}, {"b"}, {"c"}}).error(), ErrorCode::io_failed);
    EXPECT_EQ(told, 1);
    EXPECT_TRUE(write(kBuffered, {{"d"}}));

    node.disk().inject({.operation = DiskOperation::sync, .forever = true, .path = "file"});
    EXPECT_EQ(write(kBuffered, {{"e", 0, true}}).error(), ErrorCode::io_failed);
    EXPECT_EQ(write(kBuffered, {{"e", 0, true}}).error(), ErrorCode::io_failed);
    node.disk().clear_injected();
    EXPECT_TRUE(write(kBuffered, {{"e", 0, true}}));

    node.disk().inject({.operation = DiskOperation::read, .path = "other"});
    EXPECT_TRUE(run_task(node, read_text("file")).value());
    node.disk().inject({.operation = DiskOperation::read});
    EXPECT_EQ(run_task(node, read_text("file")).value().error(), ErrorCode::io_failed);
    node.disk().inject({.operation = DiskOperation::open});
    EXPECT_EQ(run_task(node, read_text("file")).value().error(), ErrorCode::io_failed);
}

TEST_F(SimDiskTest, FaultsStrikeWithTheProbabilityThatIsSet) {
    node.disk().settings().write_error = 0.5;
    int failures = 0;
    for (int i = 0; i < 100; ++i) failures += !write(kBuffered, {{"x"}});
    EXPECT_NEAR(failures, 50, 20);
}

TEST(SimDisk, AFailedSyncLosesDirtyPagesThoughTheNextOneSucceeds) {
    int lost = 0;
    for (uint64_t seed = 0; seed < 40; ++seed) {
        World world(seed);
        Node& node = world.add_node();
        node.boot({});
        int told = 0;
        node.disk().inject({.operation = DiskOperation::sync});
        const auto first = run_task(node, write_steps(kBuffered, {{"hello", 0, true}}, told));
        EXPECT_EQ(first->error(), ErrorCode::io_failed);
        EXPECT_EQ(run_task(node, read_text("file")).value().value(), "hello");
        const auto again = run_task(node, write_steps(kBuffered, {{"", 0, true}}, told));
        EXPECT_TRUE(*again);
        lost += durable_contents(node.disk().files(), "file") != "hello";
    }
    EXPECT_GT(lost, 10);
}

TEST_F(SimDiskTest, AShortWriteLeavesAPrefixAndAnError) {
    std::set<size_t> sizes;
    for (int i = 0; i < 30; ++i) {
        node.disk().inject({.operation = DiskOperation::write, .outcome = Outcome::short_write});
        io::OpenOptions fresh = kBuffered;
        fresh.truncate = true;
        EXPECT_EQ(write(fresh, {{std::string(2048, 'x')}}).error(), ErrorCode::io_failed);
        EXPECT_EQ(cached().find_first_not_of('x'), std::string::npos);
        sizes.insert(cached().size());
    }
    EXPECT_GT(sizes.size(), 3u);
}

TEST_F(SimDiskTest, ALostWriteReportsSuccess) {
    node.disk().inject({.operation = DiskOperation::write, .outcome = Outcome::lost});
    ASSERT_TRUE(write(kDataSync, {{"hello"}}));
    EXPECT_EQ(cached(), "hello");  // from the page cache
    EXPECT_EQ(durable(), "");
    node.disk().inject({.operation = DiskOperation::write, .outcome = Outcome::lost});
    ASSERT_TRUE(*run_task(node, write_direct(0, aligned(4096, 'x'))));
    EXPECT_EQ(cached(), "hello");  // there is no cache to show it
}

TEST_F(SimDiskTest, AMisdirectedWriteLandsInAnotherBlock) {
    std::set<size_t> places;
    for (int i = 0; i < 20; ++i) {
        io::OpenOptions fresh = kBuffered;
        fresh.truncate = true;
        ASSERT_TRUE(write(fresh, {{std::string(4 * kBlockBytes, '-')}}));
        node.disk().inject({.operation = DiskOperation::write, .outcome = Outcome::misdirected});
        ASSERT_TRUE(write(kBuffered, {{"x", 0}}));
        places.insert(cached().find('x'));
    }
    EXPECT_GT(places.size(), 2u);
    for (const size_t place : places) EXPECT_EQ(place % kBlockBytes, 0u);
}

TEST_F(SimDiskTest, AStaleReadShowsTheBlockBeforeItsLastWrite) {
    ASSERT_TRUE(write(kDataSync, {{"old"}, {"new"}}));
    node.disk().inject({.operation = DiskOperation::read, .outcome = Outcome::stale});
    EXPECT_EQ(run_task(node, read_text("file")).value().value(), "old");
    EXPECT_EQ(run_task(node, read_text("file")).value().value(), "new");
}

TEST_F(SimDiskTest, AFlippedBitAtRestIsRead) {
    ASSERT_TRUE(write(kBuffered, {{"hello", 0, true}}));
    node.disk().files().damage("file", [](FileImage& image) { image.flip_bits(1, std::byte{4}); });
    EXPECT_EQ(run_task(node, read_text("file")).value().value(), "hallo");
}

TEST_F(SimDiskTest, AFullDiskRefusesAndRecoversWhenSpaceIsFreedOrAdded) {
    node.disk().files().set_capacity(4 * kBlockBytes);
    const std::string block(kBlockBytes, 'x');
    EXPECT_EQ(
        write(kBuffered, {{block + block + block, 0}, {block + block, 3 * kBlockBytes}}).error(),
        ErrorCode::disk_full);
    EXPECT_EQ(cached().size(), 4 * kBlockBytes);  // as far as there was room
    EXPECT_EQ(node.disk().files().space().available_bytes, 0u);
    EXPECT_TRUE(write(kBuffered, {{block, 0}}));  // in place

    node.disk().files().set_capacity(5 * kBlockBytes);
    EXPECT_TRUE(write(kBuffered, {{block, 4 * kBlockBytes}}));
    ASSERT_TRUE(node.disk().files().names().remove("file"));
    EXPECT_EQ(node.disk().files().space().available_bytes, 5 * kBlockBytes);
    EXPECT_TRUE(write(kBuffered, {{block, 0}}));
}

Task<Result<void>> hold_removed_file(uint64_t& available_while_open) {
    auto& disk = io::Shard::current().env().disk;
    CO_TRY(auto file, co_await disk.open("file", kBuffered));
    std::vector<Slice> pieces{aligned(kBlockBytes, 'x')};
    CO_TRY_VOID(co_await file->write(0, std::move(pieces)));
    CO_TRY_VOID(co_await disk.remove("file"));
    CO_TRY(const io::DiskSpace space, co_await disk.space());
    available_while_open = space.available_bytes;
    co_return {};
}

TEST_F(SimDiskTest, ARemovedFileKeepsItsSpaceWhileItIsOpen) {
    node.disk().files().set_capacity(4 * kBlockBytes);
    uint64_t available_while_open = 0;
    ASSERT_TRUE(*run_task(node, hold_removed_file(available_while_open)));
    EXPECT_EQ(available_while_open, 3 * kBlockBytes);
    EXPECT_EQ(node.disk().files().space().available_bytes, 4 * kBlockBytes);
}

Task<Result<void>> allocate_bytes(uint64_t size_bytes) {
    CO_TRY(auto file, co_await io::Shard::current().env().disk.open("file", kBuffered));
    CO_TRY_VOID(co_await file->allocate(size_bytes));
    CO_TRY(const uint64_t size, co_await file->size());
    EXPECT_EQ(size, 0u);
    co_return {};
}

TEST_F(SimDiskTest, AllocateReservesCapacityOrNothing) {
    node.disk().files().set_capacity(4 * kBlockBytes);
    EXPECT_EQ(run_task(node, allocate_bytes(5 * kBlockBytes))->error(), ErrorCode::disk_full);
    EXPECT_EQ(node.disk().files().space().available_bytes, 4 * kBlockBytes);
    EXPECT_TRUE(*run_task(node, allocate_bytes(3 * kBlockBytes)));
    EXPECT_EQ(node.disk().files().space().available_bytes, kBlockBytes);
    const std::string block(kBlockBytes, 'x');
    EXPECT_TRUE(write(kBuffered, {{block + block + block, 0}}));
    EXPECT_EQ(node.disk().files().space().available_bytes, kBlockBytes);
}

TEST_F(SimDiskTest, ADroppedOperationStillTakesEffect) {
    ASSERT_TRUE(*run_task(node, start_write_and_drop_it()));
    world.run_for(1s);
    EXPECT_EQ(cached(), "dropped but done");
}

TEST_F(SimDiskTest, SpikesAndSlownessStretchOperations) {
    const auto time_of_write = [&] {
        const Instant before = world.now();
        EXPECT_TRUE(write(kBuffered, {{"x"}}));
        return world.now() - before;
    };
    EXPECT_LT(time_of_write(), 10ms);
    node.disk().settings().write = {.floor = 1s};
    EXPECT_GT(time_of_write(), 1s);
    node.set_slowness(10);
    EXPECT_GT(time_of_write(), 10s);
}

TEST_F(SimDiskTest, CountsOperations) {
    ASSERT_TRUE(write(kBuffered, {{"a", 0, true}, {"b", 0, true}}));
    EXPECT_EQ(node.disk().completed(DiskOperation::write), 2u);
    EXPECT_EQ(node.disk().completed(DiskOperation::sync), 2u);
    EXPECT_EQ(node.disk().boundaries_passed(), 6u);
}

using SimDiskDeathTest = SimDiskTest;

TEST_F(SimDiskDeathTest, DirectFilesCheckAlignment) {
    EXPECT_TRUE(*run_task(node, write_direct(4096, aligned(8192, 'x'))));
    EXPECT_DEATH(run_task(node, write_direct(512, aligned(4096, 'x'))), "is_aligned");
    EXPECT_DEATH(run_task(node, write_direct(0, aligned(100, 'x'))), "is_aligned");
    const Slice odd = aligned(8192, 'x').part(512, 4096);
    EXPECT_DEATH(run_task(node, write_direct(0, odd)), "is_aligned");
}

}  // namespace
}  // namespace polylog::sim
