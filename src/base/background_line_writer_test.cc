#include "base/background_line_writer.h"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <unistd.h>

namespace polylog::base {
namespace {

struct Pipe {
    Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
    ~Pipe() {
        ::close(ends[0]);
        if (ends[1] >= 0) ::close(ends[1]);
    }
    int write_end() const { return ends[1]; }
    // Everything that was written, once nobody writes any more.
    std::string read_all() {
        ::close(ends[1]);
        ends[1] = -1;
        std::string text;
        std::array<char, 4096> chunk;
        ssize_t size = 0;
        while ((size = ::read(ends[0], chunk.data(), chunk.size())) > 0) {
            text.append(chunk.data(), static_cast<size_t>(size));
        }
        return text;
    }

    std::array<int, 2> ends{-1, -1};
};

TEST(BackgroundLineWriter, WritesAllLinesInOrderBeforeItGoes) {
    Pipe pipe;
    std::string expected;
    {
        BackgroundLineWriter writer(pipe.write_end());
        for (int i = 0; i < 1000; ++i) {
            const std::string line = std::to_string(i) + "\n";
            EXPECT_TRUE(writer.write(line));
            expected += line;
        }
    }
    EXPECT_EQ(pipe.read_all(), expected);
}

TEST(BackgroundLineWriter, LetsNoLineOutWhileSomethingElseIsPrinted) {
    Pipe pipe;
    {
        BackgroundLineWriter writer(pipe.write_end());
        writer.write("before\n");
        writer.run_between_lines([&] {
            for (const std::string_view piece : {"in ", "one ", "piece\n"}) {
                writer.write("after\n");
                EXPECT_EQ(::write(pipe.write_end(), piece.data(), piece.size()),
                          static_cast<ssize_t>(piece.size()));
            }
        });
    }
    EXPECT_EQ(pipe.read_all(), "before\nin one piece\nafter\nafter\nafter\n");
}

TEST(BackgroundLineWriter, RefusesLinesAndGivesUpWhenNobodyReads) {
    Pipe pipe;
    size_t accepted_bytes = 0;
    {
        BackgroundLineWriter writer(pipe.write_end(), 0s);
        const std::string line(1023, 'x');
        while (accepted_bytes < 4 * BackgroundLineWriter::kMaxPendingBytes &&
               writer.write(line + "\n")) {
            accepted_bytes += line.size() + 1;
        }
    }
    // What is being written, what waits, and what fits into the pipe.
    EXPECT_LT(accepted_bytes, 3 * BackgroundLineWriter::kMaxPendingBytes);
    EXPECT_LT(pipe.read_all().size(), accepted_bytes);
}

}  // namespace
}  // namespace polylog::base
