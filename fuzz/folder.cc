// What extract wrote, changed in any way, put together: the manifest, an mtree, a .toml, a file. The first byte of an input picks the file,
// the rest is its bytes. Folders of a few samples are made once; whatever is in them, repack and --rebuild-all answer or refuse.
// FIELDSTRIP_SEEDS=DIR: writes what extract wrote there as seeds, and ends.
#include "engine/folder.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/extractor.h"
#include "engine/rebuild.h"
#include "engine/store.h"

using namespace fieldstrip;
namespace fs = std::filesystem;

namespace {

struct One {
    std::string folder, file;  // an extracted folder, and the path of a file in it
    std::string text;
};
std::vector<One> files;
std::string top;

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary | std::ios::trunc) << text; }

void take_apart(const fs::path& sample, const std::string& folder) {
    Context cx;
    auto image = open_file(sample.string());
    if (!image) return;
    auto root = open_image(*image);
    if (!extract(*root, *root, {.folder = folder, .image_name = "image"}, cx)) return;
    for (auto& e : fs::recursive_directory_iterator(folder))
        if (e.is_regular_file() && e.path().filename() != "original" && e.file_size() < 20'000)
            files.push_back({folder, e.path().string(), read(e.path().string())});
    // A folder lists its files in any order; an input's first byte shall mean the same file everywhere.
    std::sort(files.begin(), files.end(), [](auto& a, auto& b) {
        return a.folder != b.folder ? a.folder.size() != b.folder.size() ? a.folder.size() < b.folder.size() : a.folder < b.folder
                                    : a.file < b.file;
    });
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    auto* samples = std::getenv("FIELDSTRIP_SAMPLES");
    if (!samples) std::fprintf(stderr, "FIELDSTRIP_SAMPLES: the files to begin with, separated by colons\n"), std::exit(2);
    top = (access("/dev/shm", W_OK) ? fs::temp_directory_path() : fs::path("/dev/shm")) / "fieldstrip-fuzz-XXXXXX";  // mkdtemp's
    if (!mkdtemp(top.data())) std::perror(top.c_str()), std::exit(2);
    std::atexit([] { fs::remove_all(top); });
    std::string_view rest = samples;
    for (unsigned i = 0; !rest.empty(); i++) {
        auto one = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        take_apart(one, top + "/" + std::to_string(i));
    }
    if (auto* seeds = std::getenv("FIELDSTRIP_SEEDS")) {
        for (size_t i = 0; i < files.size() && i < 256; i++)
            write(std::string(seeds) + "/seed" + std::to_string(i), char(i) + files[i].text);
        std::exit(0);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    if (!size || data[0] >= files.size()) return 0;
    auto& one = files[data[0]];
    write(one.file, {reinterpret_cast<const char*>(data) + 1, size - 1});
    {
        Limits limits;
        limits.decoded = u64{16} << 20;
        limits.nodes = 20'000;
        limits.memory = u64{64} << 20;
        Context cx(limits);
        auto folder = Folder::open(one.folder, cx);
        if (folder) {
            std::vector<std::string> warnings;
            (void)remake(*folder, true, warnings, cx);
            if (auto original = folder->original("")) {
                auto root = open_image(*original);
                Plan plan;
                if (auto changes = folder->as_changes(*root, cx)) (void)rebuild(*root, *changes, {.resize = true}, plan, cx);
            }
        }
    }
    write(one.file, one.text);
    return 0;
}
