#include "look/near_random.h"

#include <cmath>

namespace fieldstrip {

bool is_near_random(const Histogram& h) {
    if (h.size < 64) return false;
    // (chi² − 255) / 2n is the distance to equal frequencies in nats, free of what the size alone brings.
    return (h.chi_square() - 255) / (2 * double(h.size)) < 0.2 + 2 * std::sqrt(2 * 255.0) / (2 * double(h.size));
}

Randomness tell_random(const Histogram& h, std::span<const ByteView>) {
    const double sigmas = (h.chi_square() - 255) / std::sqrt(2 * 255.0);
    return {sigmas < 5, h.size >= (64u << 10) ? 0.9 : 0.5};
}

}  // namespace fieldstrip
