#include "io/sim/name_tree.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace polylog::sim {
namespace {

using base::ErrorCode;

std::string paths_of(const NameTree& tree) {
    std::string paths;
    tree.for_each_file([&](const std::string& path, Inode&) { paths += path + " "; });
    return paths;
}

// What may be left after a power cut, over many seeds.
std::set<std::string> after_power_cut(const std::function<void(NameTree&)>& use) {
    std::set<std::string> answers;
    for (uint64_t seed = 0; seed < 300; ++seed) {
        RandomStream stream(seed);
        NameTree tree;
        use(tree);
        tree.power_cut(stream);
        answers.insert(paths_of(tree));
    }
    return answers;
}

void create(NameTree& tree, std::string_view path) {
    ASSERT_TRUE(tree.create_file(path));
}

void sync(NameTree& tree, std::string_view path) {
    ASSERT_TRUE(tree.sync_directory(path, tree.last_change()));
}

TEST(NameTree, FindsListsRenamesAndRemoves) {
    NameTree tree;
    ASSERT_TRUE(tree.create_directories("a/b"));
    create(tree, "a/b/two");
    create(tree, "a/b/one");
    EXPECT_EQ(paths_of(tree), "a/b/one a/b/two ");
    const auto entries = tree.list("a/b");
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 2u);
    EXPECT_EQ((*entries)[0].name, "one");
    EXPECT_FALSE((*entries)[0].is_directory);
    EXPECT_TRUE((*tree.list("a"))[0].is_directory);
    ASSERT_TRUE(tree.rename("a/b/one", "a/three"));
    ASSERT_TRUE(tree.remove("a/b/two"));
    EXPECT_EQ(paths_of(tree), "a/three ");
    ASSERT_TRUE(tree.rename("a", "z"));
    EXPECT_EQ(paths_of(tree), "z/three ");
}

TEST(NameTree, RefusesWhatAFileSystemRefuses) {
    NameTree tree;
    ASSERT_TRUE(tree.create_directories("dir/inner"));
    create(tree, "file");
    EXPECT_EQ(tree.find("none").error(), ErrorCode::not_found);
    EXPECT_EQ(tree.create_file("none/file").error(), ErrorCode::not_found);
    EXPECT_EQ(tree.create_file("dir").error(), ErrorCode::io_failed);
    EXPECT_EQ(tree.create_directories("file/dir").error(), ErrorCode::io_failed);
    EXPECT_EQ(tree.rename("none", "x").error(), ErrorCode::not_found);
    EXPECT_EQ(tree.rename("file", "dir").error(), ErrorCode::io_failed);
    EXPECT_EQ(tree.rename("dir", "file").error(), ErrorCode::io_failed);
    EXPECT_EQ(tree.rename("dir", "dir/inner/dir").error(), ErrorCode::io_failed);
    EXPECT_EQ(tree.remove("dir").error(), ErrorCode::io_failed);
    EXPECT_EQ(tree.remove("none").error(), ErrorCode::not_found);
    EXPECT_EQ(tree.list("none").error(), ErrorCode::not_found);
    EXPECT_EQ(tree.list("file").error(), ErrorCode::io_failed);
    EXPECT_EQ(tree.list("").error(), ErrorCode::not_found);
    EXPECT_TRUE(tree.list("."));
    EXPECT_TRUE(tree.create_directories("dir/inner"));
}

TEST(NameTree, LosesANameThatNoSyncedDirectoryHolds) {
    const auto answers = after_power_cut([](NameTree& tree) { create(tree, "file"); });
    EXPECT_EQ(answers, (std::set<std::string>{"", "file "}));
}

TEST(NameTree, KeepsTheNamesOfASyncedDirectory) {
    const auto answers = after_power_cut([](NameTree& tree) {
        create(tree, "file");
        sync(tree, ".");
    });
    EXPECT_EQ(answers, std::set<std::string>{"file "});
}

TEST(NameTree, SyncingADirectoryDoesNotKeepItsOwnName) {
    const auto answers = after_power_cut([](NameTree& tree) {
        ASSERT_TRUE(tree.create_directories("dir"));
        create(tree, "dir/file");
        sync(tree, "dir");
    });
    EXPECT_EQ(answers, (std::set<std::string>{"", "dir/file "}));
}

TEST(NameTree, AnUnsyncedRenameHappensWhollyOrNotAtAll) {
    const auto answers = after_power_cut([](NameTree& tree) {
        ASSERT_TRUE(tree.create_directories("dir"));
        create(tree, "new");
        create(tree, "dir/old");
        sync(tree, ".");
        sync(tree, "dir");
        ASSERT_TRUE(tree.rename("new", "dir/old"));
    });
    EXPECT_EQ(answers, (std::set<std::string>{"dir/old new ", "dir/old "}));
}

TEST(NameTree, ARenameSurvivesOnlyWithTheCreateThatItRestsOn) {
    const auto answers = after_power_cut([](NameTree& tree) {
        create(tree, "tmp");
        ASSERT_TRUE(tree.rename("tmp", "file"));
    });
    EXPECT_EQ(answers, (std::set<std::string>{"", "tmp ", "file "}));
}

TEST(NameTree, ChangesToOneNameSurviveInOrder) {
    const auto answers = after_power_cut([](NameTree& tree) {
        create(tree, "file");
        create(tree, "tmp");
        sync(tree, ".");
        ASSERT_TRUE(tree.rename("tmp", "file"));
        ASSERT_TRUE(tree.remove("file"));
    });
    EXPECT_EQ(answers, (std::set<std::string>{"file tmp ", "file ", ""}));  // never "tmp " alone
}

TEST(NameTree, RemovedFilesMayComeBackUntilTheDirectoryIsSynced) {
    const auto unsynced = after_power_cut([](NameTree& tree) {
        create(tree, "file");
        sync(tree, ".");
        ASSERT_TRUE(tree.remove("file"));
    });
    EXPECT_EQ(unsynced, (std::set<std::string>{"", "file "}));
    const auto synced = after_power_cut([](NameTree& tree) {
        create(tree, "file");
        sync(tree, ".");
        ASSERT_TRUE(tree.remove("file"));
        sync(tree, ".");
    });
    EXPECT_EQ(synced, std::set<std::string>{""});
}

TEST(NameTree, IndependentNamesSurviveInAnyMixture) {
    const auto answers = after_power_cut([](NameTree& tree) {
        create(tree, "a");
        create(tree, "b");
    });
    EXPECT_EQ(answers, (std::set<std::string>{"", "a ", "b ", "a b "}));
}

TEST(NameTree, SyncOfOneDirectoryTakesAMoveFromAnotherWithWhatItRestsOn) {
    const auto answers = after_power_cut([](NameTree& tree) {
        ASSERT_TRUE(tree.create_directories("from"));
        ASSERT_TRUE(tree.create_directories("to"));
        sync(tree, ".");
        create(tree, "from/file");
        create(tree, "from/other");
        ASSERT_TRUE(tree.rename("from/file", "to/file"));
        sync(tree, "to");
    });
    EXPECT_EQ(answers, (std::set<std::string>{"to/file ", "from/other to/file "}));
}

TEST(NameTree, AMovedDirectoryKeepsItsFilesOnEitherSideOfAPowerCut) {
    const auto answers = after_power_cut([](NameTree& tree) {
        ASSERT_TRUE(tree.create_directories("dir"));
        create(tree, "dir/file");
        sync(tree, ".");
        sync(tree, "dir");
        ASSERT_TRUE(tree.rename("dir", "moved"));
    });
    EXPECT_EQ(answers, (std::set<std::string>{"dir/file ", "moved/file "}));
}

TEST(NameTree, AMovedDirectoryRestsOnAllEarlierChanges) {
    // Were the second move kept without the first, each directory would lie inside the other.
    const auto answers = after_power_cut([](NameTree& tree) {
        ASSERT_TRUE(tree.create_directories("outer/inner"));
        create(tree, "outer/inner/file");
        for (const char* directory : {".", "outer", "outer/inner"}) sync(tree, directory);
        ASSERT_TRUE(tree.rename("outer/inner", "freed"));
        ASSERT_TRUE(tree.rename("outer", "freed/outer"));
    });
    EXPECT_EQ(answers, (std::set<std::string>{"outer/inner/file ", "freed/file "}));
}

TEST(NameTree, SyncCoversOnlyChangesMadeBeforeIt) {
    const auto answers = after_power_cut([](NameTree& tree) {
        create(tree, "early");
        const uint64_t before = tree.last_change();
        create(tree, "late");
        ASSERT_TRUE(tree.sync_directory(".", before));
    });
    EXPECT_EQ(answers, (std::set<std::string>{"early ", "early late "}));
}

TEST(NameTree, ReplacedAndRemovedFilesAreReported) {
    int unnamed = 0;
    NameTree tree([&](Inode&) { ++unnamed; });
    create(tree, "a");
    create(tree, "b");
    ASSERT_TRUE(tree.rename("a", "b"));
    EXPECT_EQ(unnamed, 1);
    ASSERT_TRUE(tree.rename("b", "b"));
    ASSERT_TRUE(tree.rename("b", "c"));
    EXPECT_EQ(unnamed, 1);
    ASSERT_TRUE(tree.remove("c"));
    EXPECT_EQ(unnamed, 2);
}

}  // namespace
}  // namespace polylog::sim
