#include "io/linux/file_operation.h"

#include <fcntl.h>

#include <cerrno>
#include <climits>

#include "io/disk.h"
#include "io/linux/loop_fixture.h"

namespace polylog::io {
namespace {

using base::Buffer;
using base::Slice;

// A file of its own, opened past all fallbacks.
class FileOperationTest : public ::testing::Test {
protected:
    OpenFile::Ref open(int flags) {
        const std::string path = loop_.path() + "/data";
        FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600));
        return OpenFile::Ref(new OpenFile(std::move(fd), path, (flags & O_DIRECT) != 0,
                                          (flags & O_DSYNC) != 0, pool_));
    }
    static std::string text(const FileOperation::Step& step) {
        std::string all;
        for (const iovec& piece : step.pieces) {
            all.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        }
        return all;
    }

    Loop loop_;
    BlockingPool pool_{loop_.shard(), 1};
};

TEST_F(FileOperationTest, GoesOnWhereAShortWriteStopped) {
    const auto operation = FileOperation::write(open(0), 100,
                                                {Slice::copy_of("abc"), Slice(),
                                                 Slice::copy_of("def"), Slice::copy_of("gh")});
    EXPECT_EQ(text(operation->next_step()), "abcdefgh");
    EXPECT_FALSE(operation->advance(4));
    const auto step = operation->next_step();
    EXPECT_EQ(text(step), "efgh");
    EXPECT_EQ(step.position, 104U);
    EXPECT_FALSE(operation->advance(2));
    EXPECT_EQ(text(operation->next_step()), "gh");
    EXPECT_TRUE(operation->advance(2));
    EXPECT_EQ(operation->transferred_bytes(), 8U);
}

TEST_F(FileOperationTest, GivesTheKernelNoMorePiecesThanItTakes) {
    const std::vector<Slice> pieces(IOV_MAX + 1, Slice::copy_of("x"));
    const auto operation = FileOperation::write(open(0), 0, pieces);
    EXPECT_EQ(operation->next_step().pieces.size(), static_cast<size_t>(IOV_MAX));
    EXPECT_FALSE(operation->advance(IOV_MAX));
    EXPECT_EQ(operation->next_step().pieces.size(), 1U);
    EXPECT_TRUE(operation->advance(1));
}

TEST_F(FileOperationTest, FailsAWriteThatDoesNotGetOn) {
    const auto operation = FileOperation::write(open(0), 0, {Slice::copy_of("abc")});
    operation->next_step();
    EXPECT_TRUE(operation->advance(0));
    operation->complete();
    EXPECT_TRUE(operation->outcome().done());
    EXPECT_EQ(operation->transferred_bytes(), 0U);
}

TEST_F(FileOperationTest, DirectReadThatEndsInsideABlockIsAtTheEndOfTheFile) {
    const auto direct = FileOperation::read(open(O_DIRECT), 0, Buffer::allocate(16384, 4096));
    direct->next_step();
    EXPECT_FALSE(direct->advance(4096));
    direct->next_step();
    EXPECT_TRUE(direct->advance(100));
    EXPECT_EQ(direct->transferred_bytes(), 4196U);

    const auto buffered = FileOperation::read(open(0), 0, Buffer::allocate(16384));
    buffered->next_step();
    EXPECT_FALSE(buffered->advance(100));
}

TEST_F(FileOperationTest, TriesOnceMoreThroughThePageCacheWhenDirectUseIsRefused) {
    const OpenFile::Ref file = open(O_DIRECT);
    const auto operation = FileOperation::write(file, 0, {Slice::copy_of("abc")});
    operation->next_step();
    EXPECT_FALSE(operation->advance(-EINVAL));
    EXPECT_FALSE(file->direct());
    EXPECT_EQ(::fcntl(file->fd(), F_GETFL) & O_DIRECT, 0);
    operation->next_step();
    EXPECT_TRUE(operation->advance(-EINVAL));
}

TEST_F(FileOperationTest, CarriesOnWithBlockingCallsFromWhereItStands) {
    const OpenFile::Ref file = open(0);
    const auto write = FileOperation::write(file, 0,
                                            {Slice::copy_of("abc"), Slice::copy_of("def")});
    write->next_step();
    EXPECT_FALSE(write->advance(2));
    write->perform();
    EXPECT_EQ(write->transferred_bytes(), 6U);

    Buffer into = Buffer::allocate(10);
    const auto read = FileOperation::read(file, 0, into);
    read->perform();
    EXPECT_EQ(Slice(into).part(0, read->transferred_bytes()).text(), std::string("\0\0cdef", 6));
}

// What a file system that cannot do it answers to the first direct write, provoked with a piece
// that no device takes: one byte off any alignment.
TEST_F(FileOperationTest, DirectWriteThatTheKernelRefusesStillArrives) {
    const OpenFile::Ref file = open(O_DIRECT | O_DSYNC);
    Buffer buffer = Buffer::allocate(4097, 4096);
    std::memset(buffer.writable_data(), 'x', buffer.size());
    const Slice unaligned = Slice(buffer).part(1, 4096);
    FileOperation::write(file, 0, {unaligned})->perform();
    EXPECT_FALSE(file->direct());
    EXPECT_EQ(::fcntl(file->fd(), F_GETFL) & O_DSYNC, O_DSYNC);

    const auto back = FileOperation::read(file, 0, Buffer::allocate(8192));
    back->perform();
    EXPECT_EQ(back->transferred_bytes(), 4096U);
}

}  // namespace
}  // namespace polylog::io
