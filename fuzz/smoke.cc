// Runs a fuzz target without a fuzzer: over the corpus that is kept in the repository, and over so many changed copies of each of its
// files. The same every time: what CI runs. smoke COPIES FILE-OR-FOLDER…
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size);
extern "C" [[gnu::weak]] int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

using Bytes = std::vector<unsigned char>;
namespace fs = std::filesystem;

Bytes read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A few bits, a number at its extremes, a cut, a piece put elsewhere.
Bytes changed(Bytes b, std::mt19937& random) {
    auto below = [&](size_t n) { return n ? random() % n : 0; };
    for (size_t i = 1 + below(4); i && !b.empty(); i--) {
        size_t at = below(b.size());
        switch (below(5)) {
            case 0: b[at] ^= static_cast<unsigned char>(1u << below(8)); break;
            case 1: std::fill_n(b.begin() + long(at), std::min<size_t>(b.size() - at, 1 + below(4)), below(2) ? 0xFF : 0); break;
            case 2: b.resize(1 + at); break;
            case 3: {
                size_t n = std::min(b.size() - at, 1 + below(64));
                std::copy_n(Bytes(b).begin() + long(at), n, b.begin() + long(below(b.size() - n + 1)));
                break;
            }
            default: b[at] = static_cast<unsigned char>(random());
        }
    }
    return b;
}

}  // namespace

int main(int argc, char** argv) {
    if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&argc, &argv);
    if (argc < 3) return std::fputs("smoke COPIES FILE-OR-FOLDER…\n", stderr), 2;
    std::vector<fs::path> files;
    for (int i = 2; i < argc; i++) {
        if (!fs::is_directory(argv[i])) files.emplace_back(argv[i]);
        if (fs::is_directory(argv[i]))
            for (auto& e : fs::recursive_directory_iterator(argv[i]))
                if (e.is_regular_file()) files.push_back(e.path());
    }
    std::sort(files.begin(), files.end());
    size_t runs = 0;
    for (auto& file : files) {
        auto bytes = read(file);
        std::mt19937 random(7);
        for (long copies = std::atol(argv[1]); copies >= 0; copies--, runs++) {
            LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
            bytes = changed(read(file), random);
        }
    }
    std::printf("%zu inputs of %zu files\n", runs, files.size());
    return files.empty();
}
