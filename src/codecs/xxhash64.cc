// Source: xxHash, doc/xxhash_spec.md (XXH64), seed 0.
#include "codecs/xxhash64.h"

#include <bit>

namespace fieldstrip {
namespace {

constexpr u64 k1 = 0x9E3779B185EBCA87, k2 = 0xC2B2AE3D27D4EB4F, k3 = 0x165667B19E3779F9, k4 = 0x85EBCA77C2B2AE63, k5 = 0x27D4EB2F165667C5;

u64 word(const u8* p) {
    u64 v;
    std::memcpy(&v, p, 8);
    return std::endian::native == std::endian::little ? v : __builtin_bswap64(v);
}
u64 round(u64 lane, u64 input) { return std::rotl(lane + input * k2, 31) * k1; }

}  // namespace

void Xxhash64::stripe(const u8* p) {
    for (int i = 0; i < 4; i++) lanes_[i] = round(lanes_[i], word(p + 8 * i));
}

void Xxhash64::eat(ByteView v) {
    u64 kept = size_ % 32;
    size_ += v.size();
    if (kept) {
        auto n = std::min<u64>(32 - kept, v.size());
        if (n) std::memcpy(kept_ + kept, v.data(), n);
        v = v.subspan(n);
        if (kept + n < 32) return;
        stripe(kept_);
    }
    for (; v.size() >= 32; v = v.subspan(32)) stripe(v.data());
    if (!v.empty()) std::memcpy(kept_, v.data(), v.size());
}

u64 Xxhash64::value() const {
    u64 h = k5;
    if (size_ >= 32) {
        h = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
        for (u64 lane : lanes_) h = (h ^ round(0, lane)) * k1 + k4;
    }
    h += size_;
    ByteView rest(kept_, size_ % 32);
    for (; rest.size() >= 8; rest = rest.subspan(8)) h = std::rotl(h ^ round(0, word(rest.data())), 27) * k1 + k4;
    if (rest.size() >= 4) {
        h = std::rotl(h ^ le32(rest) * k1, 23) * k2 + k3;
        rest = rest.subspan(4);
    }
    for (u8 c : rest) h = std::rotl(h ^ c * k5, 11) * k1;
    h = (h ^ h >> 33) * k2;
    h = (h ^ h >> 29) * k3;
    return h ^ h >> 32;
}

}  // namespace fieldstrip
