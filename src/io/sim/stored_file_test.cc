#include "io/sim/stored_file.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace polylog::sim {
namespace {

using base::Slice;

// Runs `use` with many seeds and returns how often each answer came.
std::map<std::string, int> over_seeds(const std::function<std::string(RandomStream&)>& use,
                                      int seeds = 400) {
    std::map<std::string, int> answers;
    for (int seed = 0; seed < seeds; ++seed) {
        RandomStream stream(static_cast<uint64_t>(seed));
        ++answers[use(stream)];
    }
    return answers;
}

void write(StoredFile& file, uint64_t position, const std::string& text) {
    const Slice piece = Slice::copy_of(text);
    file.write(position, {&piece, 1});
}

std::string blocks(std::string_view letters) {
    std::string text;
    for (const char letter : letters) text.append(kBlockBytes, letter);
    return text;
}

// The first letter of each block, '?' where a block is not of one letter.
std::string letters_of(const StoredFile& file) {
    const std::string text = file.cached().text();
    std::string letters;
    for (size_t at = 0; at < text.size(); at += kBlockBytes) {
        const std::string block = text.substr(at, kBlockBytes);
        const char letter = block[0] == '\0' ? '0' : block[0];
        letters += block.find_first_not_of(block[0]) == std::string::npos ? letter : '?';
    }
    return letters;
}

TEST(FileImage, ReadsHolesAndTheRestOfABlockAsZeros) {
    FileImage image;
    image.write(kBlockBytes + 1, base::as_bytes("x"));
    image.resize(3 * kBlockBytes);
    const std::string text = image.text();
    EXPECT_EQ(text.size(), 3 * kBlockBytes);
    EXPECT_EQ(text.find_first_not_of('\0'), kBlockBytes + 1);
    EXPECT_EQ(text.find_last_not_of('\0'), kBlockBytes + 1);
}

TEST(FileImage, CutsBytesThatDoNotComeBackWhenItGrows) {
    FileImage image;
    image.write(0, base::as_bytes("abcdef"));
    image.resize(3);
    image.resize(6);
    EXPECT_EQ(image.text(), std::string("abc\0\0\0", 6));
}

TEST(FileImage, CopiesShareBlocksUntilOneWrites) {
    FileImage image;
    image.write(0, base::as_bytes("before"));
    FileImage copy = image;
    EXPECT_EQ(copy.block(0).data(), image.block(0).data());
    copy.write(0, base::as_bytes("after!"));
    EXPECT_EQ(image.text(), "before");
    EXPECT_EQ(copy.text(), "after!");
}

TEST(StoredFile, KeepsSyncedBytesThroughAPowerCut) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("ab"));
        write(file, 10, "c");
        file.sync(file.last_change());
        file.power_cut(stream);
        return file.cached().text();
    });
    std::string expected = blocks("ab");
    expected[10] = 'c';
    EXPECT_EQ(answers.size(), 1u);
    EXPECT_TRUE(answers.contains(expected));
}

TEST(StoredFile, KeepsAnySubsetOfUnsyncedBlocks) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("abc"));
        file.sync(file.last_change());
        write(file, 0, blocks("ABC"));
        file.power_cut(stream);
        return letters_of(file);
    });
    for (const char* subset : {"abc", "ABC", "Abc", "aBc", "abC", "ABc", "aBC", "AbC"}) {
        EXPECT_TRUE(answers.contains(subset)) << subset;
    }
}

TEST(StoredFile, TearsBlocksAtSectorsAndNowhereElse) {
    int torn = 0;
    over_seeds([&](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("a"));
        file.sync(file.last_change());
        write(file, 0, blocks("A"));
        file.power_cut(stream);
        const std::string text = file.cached().text();
        for (size_t at = 0; at < text.size(); at += kSectorBytes) {
            EXPECT_EQ(text.substr(at, kSectorBytes).find_first_not_of(text[at]), std::string::npos);
        }
        torn += text.find_first_not_of(text[0]) != std::string::npos;
        return "";
    });
    EXPECT_GT(torn, 10);
}

TEST(StoredFile, DoesNotKeepUnsyncedWritesInOrder) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("00"));
        file.sync(file.last_change());
        write(file, 0, blocks("1"));
        write(file, kBlockBytes, blocks("2"));
        file.power_cut(stream);
        return letters_of(file);
    });
    EXPECT_TRUE(answers.contains("02"));  // the second without the first
    EXPECT_TRUE(answers.contains("10"));
}

TEST(StoredFile, LosesOrCutsAnUnsyncedAppend) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("a"));
        file.sync(file.last_change());
        write(file, kBlockBytes, blocks("b"));
        write(file, 2 * kBlockBytes, blocks("c"));
        file.power_cut(stream);
        return letters_of(file);
    });
    for (const char* expected : {"a", "ab", "abc", "a0", "a0c"})
        EXPECT_TRUE(answers.contains(expected)) << expected;
}

TEST(StoredFile, SyncCoversOnlyWhatWasWrittenBeforeIt) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("a"));
        const uint64_t synced = file.last_change();
        write(file, 0, blocks("b"));
        file.sync(synced);
        file.power_cut(stream);
        return letters_of(file);
    });
    EXPECT_TRUE(answers.contains("a"));
    EXPECT_TRUE(answers.contains("b"));
    EXPECT_FALSE(answers.contains(""));
}

TEST(StoredFile, WriteThroughMakesItsRangeDurableAndNothingElse) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("aa"));
        file.sync(file.last_change());
        write(file, kBlockBytes, blocks("b"));
        write(file, 0, blocks("c"));
        write(file, 0, blocks("d"));
        file.write_through(0, kBlockBytes);
        file.power_cut(stream);
        return letters_of(file);
    });
    EXPECT_TRUE(answers.contains("da"));
    EXPECT_TRUE(answers.contains("db"));
    for (const auto& [answer, count] : answers) EXPECT_EQ(answer[0], 'd') << answer;
}

TEST(StoredFile, WriteThroughKeepsTheSizeThatItNeeds) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("ab"));
        file.truncate(0);
        write(file, 0, blocks("c"));
        file.write_through(0, kBlockBytes);
        file.power_cut(stream);
        return letters_of(file);
    });
    EXPECT_EQ(answers.size(), 1u);
    EXPECT_TRUE(answers.contains("c"));
}

TEST(StoredFile, FailedSyncLosesDirtyPagesThoughTheNextSyncSucceeds) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("a"));
        file.sync(file.last_change());
        write(file, 0, blocks("b"));
        file.fail_sync(stream);
        EXPECT_EQ(letters_of(file), "b");  // the cache shows what is lost
        file.sync(file.last_change());
        file.power_cut(stream);
        return letters_of(file);
    });
    EXPECT_TRUE(answers.contains("a"));
}

TEST(StoredFile, AnUnsyncedTruncateMayComeBackButNotMixWithLaterWrites) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("aaa"));
        file.sync(file.last_change());
        file.truncate(0);
        write(file, 0, blocks("bb"));
        file.power_cut(stream);
        return letters_of(file);
    });
    EXPECT_TRUE(answers.contains("aaa"));
    EXPECT_TRUE(answers.contains(""));
    EXPECT_TRUE(answers.contains("bb"));
    for (const auto& [answer, count] : answers) {
        EXPECT_FALSE(answer.contains('a') && (answer.contains('b') || answer.contains('?')))
            << answer;
    }
}

TEST(StoredFile, WritesBeforeAnUnsyncedTruncateSurviveWithoutIt) {
    const auto answers = over_seeds([](RandomStream& stream) {
        StoredFile file;
        write(file, 0, blocks("aaa"));
        file.sync(file.last_change());
        write(file, 0, blocks("B"));
        write(file, kBlockBytes, blocks("C"));
        file.truncate(0);
        file.power_cut(stream);
        return letters_of(file);
    });
    for (const char* expected : {"", "aaa", "Baa", "aCa", "BCa"}) {
        EXPECT_TRUE(answers.contains(expected)) << expected;
    }
}

TEST(StoredFile, StaleReadShowsWhatABlockHeldBefore) {
    RandomStream stream(1);
    StoredFile file;
    write(file, 0, blocks("ab"));
    write(file, 0, blocks("AB"));
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i) {
        std::string text(2 * kBlockBytes, '-');
        EXPECT_EQ(file.read_stale(0, std::as_writable_bytes(std::span(text)), stream), text.size());
        seen.insert({text[0], text[kBlockBytes]});
    }
    EXPECT_EQ(seen, (std::set<std::string>{"aB", "Ab"}));
}

TEST(StoredFile, CountsTheBlocksThatItHolds) {
    StoredFile file;
    write(file, 0, "x");
    EXPECT_EQ(file.allocated_blocks(), 1u);
    write(file, 5 * kBlockBytes, "x");
    EXPECT_EQ(file.allocated_blocks(), 2u);  // holes take no space
    file.allocate(4 * kBlockBytes);
    EXPECT_EQ(file.allocated_blocks(), 5u);
    write(file, 2 * kBlockBytes, "x");
    EXPECT_EQ(file.allocated_blocks(), 5u);
    file.truncate(kBlockBytes);
    EXPECT_EQ(file.allocated_blocks(), 1u);
}

TEST(StoredFile, DamageStaysThroughAPowerCut) {
    RandomStream stream(1);
    StoredFile file;
    write(file, 0, "abc");
    file.sync(file.last_change());
    file.damage([](FileImage& image) { image.flip_bits(1, std::byte{1}); });
    file.power_cut(stream);
    EXPECT_EQ(file.cached().text(), "acc");
    file.damage([](FileImage& image) { image.resize(2); });
    EXPECT_EQ(file.cached().text(), "ac");
}

TEST(StoredFile, HoldsABoundedNumberOfUnsyncedChanges) {
    StoredFile file;
    for (uint64_t i = 0; i < 9'000; ++i) write(file, i % kBlockBytes, "x");
    EXPECT_GT(file.durable().size(), 0u);  // the kernel has written some back on its own
}

}  // namespace
}  // namespace polylog::sim
