// What is near to random: random and encrypted bytes, what compressors make, and how far statistics tell them apart.
#pragma once
#include "look/histogram.h"

namespace fieldstrip {

/// Whether some block's byte values are nearly equally frequent, as far as its size tells.
bool is_near_random(const Histogram&);

struct Randomness {
    bool is_random;     // no test tells it from random bytes
    double confidence;  // 0.5 where the bytes are too few to say that
};
/// Of blocks that are near random, with the histogram of all of them. Prefix codes of deflate, bzip2 and zstd show in windows of bits at
/// every place, less in bytes; what an arithmetic coder makes (LZMA) is random by all that is counted here.
Randomness tell_random(const Histogram&, std::span<const ByteView>);

}  // namespace fieldstrip
