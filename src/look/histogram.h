// How often each byte value occurs, and the two numbers that follow: Shannon's entropy and chi-square.
#pragma once
#include <array>

#include "base/base.h"

namespace fieldstrip {

struct Histogram {
    std::array<u32, 256> count{};
    u64 size = 0;
    /// Runs of less than 4 GiB, all together.
    void add(ByteView);
    void add(const Histogram&);
    double entropy() const;     // bits a byte
    double chi_square() const;  // against equal counts, 255 degrees of freedom
};

}  // namespace fieldstrip
