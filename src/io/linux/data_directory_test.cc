#include "io/linux/data_directory.h"

#include <unistd.h>

#include <fstream>

#include "io/linux/loop_fixture.h"

namespace polylog::io {
namespace {

using std::filesystem::exists;

void write_file(const std::string& path) {
    std::ofstream(path) << "data";
}

TEST(DataDirectory, TellsWhoHasItWithoutMakingIt) {
    TemporaryDirectory folder;
    const std::string path = folder.path() + "/data";
    EXPECT_EQ(DataDirectory::holder(path), std::nullopt);
    EXPECT_FALSE(exists(path));
    {
        const auto directory = must(DataDirectory::open(path));
        EXPECT_EQ(DataDirectory::holder(path), ::getpid());
        EXPECT_FALSE(DataDirectory::open(path));
    }
    EXPECT_EQ(DataDirectory::holder(path), std::nullopt);
}

TEST(DataDirectory, TakesBackWhatItMade) {
    TemporaryDirectory folder;
    const std::string path = folder.path() + "/data";
    const auto directory = must(DataDirectory::open(path));
    std::filesystem::create_directories(path + "/wal/0");
    write_file(path + "/wal/0/0000.wal");
    directory->discard_if_new();
    EXPECT_FALSE(exists(path));
}

TEST(DataDirectory, EmptiesADirectoryThatWasEmptyAndKeepsItsLock) {
    TemporaryDirectory folder;
    const auto directory = must(DataDirectory::open(folder.path()));
    write_file(folder.path() + "/data-directory");
    directory->discard_if_new();
    EXPECT_FALSE(exists(folder.path() + "/data-directory"));
    EXPECT_TRUE(exists(folder.path() + "/lock"));
}

TEST(DataDirectory, NeverTakesBackOneThatWasUsed) {
    TemporaryDirectory folder;
    write_file(folder.path() + "/somebody's");
    const auto directory = must(DataDirectory::open(folder.path()));
    write_file(folder.path() + "/more");
    directory->discard_if_new();
    EXPECT_TRUE(exists(folder.path() + "/somebody's"));
    EXPECT_TRUE(exists(folder.path() + "/more"));
}

}  // namespace
}  // namespace polylog::io
