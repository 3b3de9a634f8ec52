#include "cmd/program.h"

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    return static_cast<int>(polylog::cmd::run_program(words));
}
