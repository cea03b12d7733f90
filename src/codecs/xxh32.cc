// Source: xxHash, doc/xxhash_spec.md.
#include "codecs/xxh32.h"

#include <bit>

namespace fieldstrip {
namespace {

constexpr u32 kPrime[] = {2654435761u, 2246822519u, 3266489917u, 668265263u, 374761393u};

u32 round(u32 lane, u32 word) { return std::rotl(lane + word * kPrime[1], 13) * kPrime[0]; }

u32 word(const u8* p) {
    u32 v;
    std::memcpy(&v, p, 4);
    if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap32(v);
    return v;
}

}  // namespace

Xxh32::Xxh32(u32 seed) : lanes_{seed + kPrime[0] + kPrime[1], seed + kPrime[1], seed, seed - kPrime[0]}, seed_(seed) {}

void Xxh32::eat(ByteView v) {
    size_t held = size_ % 16;
    size_ += v.size();
    if (held) {
        size_t n = std::min(v.size(), 16 - held);
        std::copy_n(v.begin(), n, rest_ + held);
        v = v.subspan(n);
        if (held + n < 16) return;
        for (int i = 0; i < 4; i++) lanes_[i] = round(lanes_[i], word(rest_ + 4 * i));
    }
    auto [a, b, c, d] = lanes_;
    const u8* p = v.data();
    for (size_t n = v.size() / 16; n; n--, p += 16) {
        a = round(a, word(p)), b = round(b, word(p + 4));
        c = round(c, word(p + 8)), d = round(d, word(p + 12));
    }
    lanes_[0] = a, lanes_[1] = b, lanes_[2] = c, lanes_[3] = d;
    std::copy_n(p, v.size() % 16, rest_);
}

u32 Xxh32::value() const {
    u32 h = seed_ + kPrime[4];
    if (size_ >= 16) h = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
    h += u32(size_);
    size_t i = 0, n = size_ % 16;
    for (; i + 4 <= n; i += 4) h = std::rotl(h + word(rest_ + i) * kPrime[2], 17) * kPrime[3];
    for (; i < n; i++) h = std::rotl(h + rest_[i] * kPrime[4], 11) * kPrime[0];
    h ^= h >> 15, h *= kPrime[1];
    h ^= h >> 13, h *= kPrime[2];
    return h ^ h >> 16;
}

}  // namespace fieldstrip
