// What is counted in a block to tell its instruction set: byte values by their place in a word of four, and pairs of neighbours.
#pragma once
#include "base/base.h"

namespace fieldstrip {

constexpr size_t kIsaBytes = 4 * 256, kIsaPairs = 2048, kIsaFeatures = kIsaBytes + kIsaPairs;

/// Counts in `out`, which has room for kIsaFeatures and is zeros. The block is at most 64 KiB long.
inline void count_isa_features(ByteView block, u16* out) {
    const u8* p = block.data();
    const size_t n = block.size();
    for (size_t i = 0; i < n; i++) out[(i & 3) << 8 | p[i]]++;
    // 65536 pairs fall into few cells: which ones share a cell is as good as chance, and learnt with it.
    for (size_t i = 0; i + 1 < n; i++) out[kIsaBytes + ((u32(p[i] | p[i + 1] << 8) * 40503u >> 5) & (kIsaPairs - 1))]++;
}

/// How much a count weighs: the hundredth occurrence says less than the first.
struct IsaScale {
    float of[256];
    IsaScale();
    float operator()(u16 count) const { return of[count < 255 ? count : 255]; }
};

}  // namespace fieldstrip
