#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

// Runs a fuzz target over the inputs it is given, so that a corpus is a regression test in builds
// that have no fuzzer. A broken input ends the program where the decoder fails, after its name was
// printed.
//
//     fuzz_<name> <file or folder>...
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes);

namespace {

namespace fs = std::filesystem;

// The files below a path, sorted, or the path itself when it is a file.
std::vector<fs::path> inputs_below(const fs::path& path) {
    if (fs::is_regular_file(path)) return {path};
    std::vector<fs::path> inputs;
    if (!fs::is_directory(path)) return inputs;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) inputs.push_back(entry.path());
    }
    std::ranges::sort(inputs);
    return inputs;
}

bool replay(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (file.bad() || bytes.size() != fs::file_size(path)) {
        std::cerr << path.string() << " cannot be read\n";
        return false;
    }
    std::cout << path.filename().string() << " (" << bytes.size() << " bytes)" << std::endl;
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    LLVMFuzzerTestOneInput(nullptr,
                           0);  // every decoder meets the empty input, as the fuzzer gives it
    for (int i = 1; i < argc; ++i) {
        const auto inputs = inputs_below(argv[i]);
        if (inputs.empty()) {
            std::cerr << argv[i] << " holds no input: a fuzz target has a seed corpus\n";
            return 1;
        }
        if (!std::ranges::all_of(inputs, replay)) return 1;
    }
    return 0;
}
