#include "look/isa.h"

#include <cmath>

#include "look/isa_table.h"

namespace fieldstrip {
namespace {

constexpr size_t kLeast = 512;
constexpr size_t kMostClasses = 32;

/// The table as numbers: rows of kMostClasses.
struct Weights {
    std::vector<float> of = std::vector<float>((kIsaFeatures + 1) * kMostClasses);
    IsaScale scale;
    Weights() {
        size_t at = 0;
        for (auto row : kIsaRows)
            for (char c : row) {
                const int value = c - 35 - (c > '?') - (c > '\\') - 45;
                const size_t feature = at / kIsaNames.size(), which = at % kIsaNames.size();
                of[feature * kMostClasses + which] = float(value) * (feature == kIsaFeatures ? kIsaBiasUnit : kIsaUnit);
                at++;
            }
    }
};

const Weights& weights() {
    static const Weights w;
    return w;
}

}  // namespace

IsaScale::IsaScale() {
    for (size_t i = 0; i < 256; i++) of[i] = std::log2(1 + float(i));
}

std::optional<Isa> isa_of(ByteView block) {
    if (block.size() < kLeast) return {};
    block = block.first(std::min<size_t>(block.size(), 4096));
    const auto& w = weights();
    u16 counts[kIsaFeatures] = {};
    count_isa_features(block, counts);
    u16 there[kIsaFeatures];
    size_t many = 0;
    for (size_t f = 0; f < kIsaFeatures; f++) there[many] = u16(f), many += counts[f] != 0;  // without a branch, which nobody could foresee
    float scores[kMostClasses] = {}, squares = 0;
    for (size_t i = 0; i < many; i++) {
        const float x = w.scale(counts[there[i]]);
        squares += x * x;
        const float* row = &w.of[there[i] * kMostClasses];
        for (size_t k = 0; k < kMostClasses; k++) scores[k] += x * row[k];
    }
    const float length = std::sqrt(squares);
    const size_t n = kIsaNames.size();
    size_t best = 0;
    for (size_t k = 0; k < n; k++) {
        scores[k] = scores[k] / length + w.of[kIsaFeatures * kMostClasses + k];
        if (scores[k] > scores[best]) best = k;
    }
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += std::exp(double(scores[k] - scores[best]));
    if (kIsaNames[best].starts_with('-')) return {};
    const double confidence = 1 / sum;
    constexpr double kClear = 0.6;
    if (confidence < kClear) return {};
    return Isa{kIsaNames[best], confidence};
}

}  // namespace fieldstrip
