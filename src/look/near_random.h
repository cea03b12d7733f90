// What is near to random: random and encrypted bytes, what compressors make, and how far statistics tell them apart.
#pragma once
#include "look/histogram.h"

namespace fieldstrip {

/// Whether some block's byte values are nearly equally frequent, as far as its size tells.
bool is_near_random(const Histogram&);

struct Randomness {
    bool is_random;     // no test tells it from random bytes
    double confidence;  // 0.5 where it might as well be the other
};
/// Of blocks that are near random, with the histogram of all of them. The longer, the more it tells.
Randomness tell_random(const Histogram&, std::span<const ByteView>);

}  // namespace fieldstrip
