#include "look/near_random.h"

#include <cmath>

namespace fieldstrip {
namespace {

constexpr size_t kTold = size_t{64} << 10;      // from so many bytes on tests tell nearly all that they ever will
constexpr double kByteSigmas = 5, kSigmas = 9;  // windows overlap: their sums vary about twice as much as independent ones

constexpr unsigned kWide = 12, kNarrow = 8;

double sigmas(std::span<const u32> counts) {
    double n = 0, squares = 0;
    for (u32 c : counts) n += c, squares += double(c) * c;
    const double cells = double(counts.size());
    return n == 0 ? 0 : (squares * cells / n - n - (cells - 1)) / std::sqrt(2 * (cells - 1));
}

/// How often each window of 12 bits occurs, at every bit; bits of a byte from the lowest or from the highest on, as coders write them.
void count_windows(ByteView b, bool lowest_first, std::span<u32> counts) {
    for (size_t i = 0; i + 4 <= b.size(); i++) {
        const u64 v = load_as<u32>(b.subspan(i, 4), lowest_first ? Endian::Little : Endian::Big);
        for (unsigned k = 0; k < 8; k++) counts[(lowest_first ? v >> k : v >> (32 - kWide - k)) & ((1u << kWide) - 1)]++;
    }
}

}  // namespace

bool is_near_random(const Histogram& h) {
    if (h.size < 64) return false;
    // (chi² − 255) / 2n is the distance to equal frequencies in nats, free of what the size alone brings.
    const double two = 2 * double(h.size);
    return (h.chi_square() - 255) / two < 0.3 + 2 * std::sqrt(2 * 255.0) / two;
}

Randomness tell_random(const Histogram& h, std::span<const ByteView> blocks) {
    if ((h.chi_square() - 255) / std::sqrt(2 * 255.0) > kByteSigmas) return {false, 0.99};
    for (bool lowest_first : {true, false}) {
        std::vector<u32> wide(1u << kWide), narrow(1u << kNarrow);
        size_t counted = 0;
        const size_t step = std::max<size_t>(1, blocks.size() * 4096 / kTold);
        for (size_t i = 0; i < blocks.size(); i += step) count_windows(blocks[i], lowest_first, wide), counted += blocks[i].size();
        for (size_t i = 0; i < wide.size(); i++) narrow[i & (narrow.size() - 1)] += wide[i];
        if (std::max(sigmas(wide), sigmas(narrow)) > kSigmas && counted >= 1024) return {false, 0.99};
    }
    return {true, h.size >= kTold ? 0.99 : 0.5};
}

}  // namespace fieldstrip
