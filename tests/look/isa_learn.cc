// Learns the weights of src/look/isa_table.cc: isa_learn FOLDER/learn > src/look/isa_table.cc. Of what blocks.py cut: CLASS.bin, blocks of
// 4 KiB. A linear softmax, by AdaGrad over the features of look/isa_features.h.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "look/isa_features.h"

using namespace fieldstrip;

namespace {

constexpr size_t kBlock = 4096, kEpochs = 10, kPerEpoch = 1500, kMost = 3500;  // blocks of one class in one epoch, in all
constexpr float kRate = 0.25f, kDecay = 2e-6f;

struct Sample {
    std::vector<u16> feature;
    std::vector<float> value;
};

Sample sample_of(ByteView block) {
    static const auto scale = [] {
        std::vector<float> s(256);
        for (size_t i = 0; i < 256; i++) s[i] = std::log2(1 + float(i));
        return s;
    }();
    std::vector<u16> counts(kIsaFeatures);
    count_isa_features(block, counts.data());
    Sample out;
    float squares = 0;
    for (size_t f = 0; f < kIsaFeatures; f++) {
        if (!counts[f]) continue;
        out.feature.push_back(u16(f));
        out.value.push_back(scale[std::min<size_t>(counts[f], 255)]);
        squares += out.value.back() * out.value.back();
    }
    for (auto& v : out.value) v /= std::sqrt(squares);
    return out;
}

/// Which class of the table a file's blocks belong to; "" for none. What is no code goes by a few names.
std::string class_of(const std::string& file) {
    if (file == "text") return "-text";
    if (file.starts_with("deflate") || file == "xz" || file == "lzma" || file == "bzip2" || file.starts_with("zstd") ||
        file == "AES-256-CTR" || file == "random")
        return "-random";
    if (file == "lz4") return "-lz4";
    if (file == "tables of ELF files") return "-tables";
    if (file == "fonts" || file == "translations" || file == "other tables" || file == "sound" || file == "byte code" ||
        file == "device trees")
        return "-data";
    return file.starts_with("Xtensa,") ? "" : file;
}

/// What no package has: the same code in another order of bytes, and what is neither then.
std::vector<std::pair<std::string, size_t>> other_orders(const std::string& name) {
    if (name == "ARM") return {{"ARM big-endian", 4}};
    if (name == "SuperH little-endian") return {{"SuperH big-endian", 2}};
    if (name == "x86" || name == "x86-64") return {{"-swapped", 2}, {"-swapped", 4}};
    if (name == "Thumb" || name == "m68k") return {{"-swapped", 2}};
    if (name == "s390x" || name == "RISC-V") return {{"-swapped", 4}};
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::map<std::string, std::vector<Sample>> by_class;
    std::vector<std::filesystem::path> files;
    for (auto& f : std::filesystem::directory_iterator(argv[1])) files.push_back(f.path());
    std::sort(files.begin(), files.end());
    std::mt19937 random(1);
    for (auto& path : files) {
        if (path.extension() != ".bin") continue;
        auto name = class_of(path.stem());
        if (name.empty()) continue;
        std::ifstream in(path, std::ios::binary);
        Bytes block(kBlock);
        const size_t blocks = std::filesystem::file_size(path) / kBlock, step = blocks / kMost + 1;
        auto take = [&](const std::string& as, ByteView what) {
            auto& samples = by_class[as];
            samples.push_back(sample_of(what));
            // Ends and small parts are shorter.
            if (random() % 4 == 0) samples.push_back(sample_of(what.first(512u << random() % 3)));
        };
        for (size_t i = 0; i < blocks; i++) {
            in.read(reinterpret_cast<char*>(block.data()), kBlock);
            if (i % step) continue;
            take(name, block);
            for (auto& [as, width] : other_orders(name)) {
                Bytes other = block;
                for (size_t at = 0; at < kBlock; at += width) std::reverse(other.begin() + i64(at), other.begin() + i64(at + width));
                take(as, other);
            }
        }
    }
    std::vector<std::string> names;
    for (auto& [name, s] : by_class) {
        std::fprintf(stderr, "%s: %zu samples\n", name.c_str(), s.size());
        names.push_back(name);
    }
    const size_t n = names.size(), rows = kIsaFeatures + 1;
    std::vector<float> w(rows * n), g(rows * n, 1e-6f);
    std::vector<float> p(n);
    for (size_t epoch = 0; epoch < kEpochs; epoch++) {
        std::vector<std::pair<u32, u32>> order;
        for (u32 k = 0; k < n; k++)
            for (size_t i = 0; i < kPerEpoch; i++) order.emplace_back(k, u32(random() % by_class[names[k]].size()));
        std::shuffle(order.begin(), order.end(), random);
        size_t right = 0;
        const float rate = kRate / (1 + float(epoch) / 3);
        for (auto [k, i] : order) {
            auto& s = by_class[names[k]][i];
            std::copy(w.end() - std::ptrdiff_t(n), w.end(), p.begin());
            for (size_t f = 0; f < s.feature.size(); f++)
                for (size_t c = 0; c < n; c++) p[c] += s.value[f] * w[s.feature[f] * n + c];
            const float top = *std::max_element(p.begin(), p.end());
            right += p[k] == top;
            float sum = 0;
            for (auto& x : p) sum += x = std::exp(x - top);
            for (auto& x : p) x /= sum;
            p[k] -= 1;
            if (std::abs(p[k]) < 1e-4f) continue;
            auto step = [&](size_t feature, float value) {
                for (size_t c = 0; c < n; c++) {
                    float& at = w[feature * n + c];
                    const float d = p[c] * value + kDecay * at;
                    float& seen = g[feature * n + c];
                    seen += d * d;
                    at -= rate * d / std::sqrt(seen);
                }
            };
            for (size_t f = 0; f < s.feature.size(); f++) step(s.feature[f], s.value[f]);
            step(kIsaFeatures, 1);
        }
        std::fprintf(stderr, "epoch %zu: %.4f\n", epoch, double(right) / double(order.size()));
    }
    // What all classes of a row have in common changes nothing.
    for (size_t r = 0; r < rows; r++) {
        float mean = 0;
        for (size_t c = 0; c < n; c++) mean += w[r * n + c] / float(n);
        for (size_t c = 0; c < n; c++) w[r * n + c] -= mean;
    }
    auto most = [&](size_t from, size_t to) {
        std::vector<float> a;
        for (size_t i = from; i < to; i++) a.push_back(std::abs(w[i]));
        std::sort(a.begin(), a.end());
        return a[size_t(double(a.size() - 1) * 0.9995)];  // the few beyond are cut off
    };
    const float unit = most(0, kIsaFeatures * n) / 44, bias_unit = most(kIsaFeatures * n, rows * n) / 44;
    std::printf("// Made by tests/look/isa_learn.cc from Debian packages (docs/likeness.md says which): not to be edited.\n");
    std::printf(
        "#include \"look/isa_table.h\"\n\nnamespace fieldstrip {\n\n// clang-format off\nstatic constexpr std::string_view kNames[] = {\n");
    for (auto& name : names) std::printf("    \"%s\",\n", name.c_str());
    std::printf("};\nstatic constexpr std::string_view kRows[] = {\n");
    std::string line;
    for (size_t i = 0; i < rows * n; i++) {
        const int v = std::clamp(int(std::lround(w[i] / (i < kIsaFeatures * n ? unit : bias_unit))), -45, 44) + 45 + 35;
        const int c = v + (v >= '?');
        line += char(c + (c >= '\\'));
        if (line.size() == 256 || i + 1 == rows * n) std::printf("\"%s\",\n", line.c_str()), line.clear();
    }
    std::printf("};\n// clang-format on\nconst std::span<const std::string_view> kIsaNames = kNames, kIsaRows = kRows;\n");
    std::printf("const float kIsaUnit = %.9gf, kIsaBiasUnit = %.9gf;\n\n}  // namespace fieldstrip\n", double(unit), double(bias_unit));
}
