// Runs of one byte value, found and jumped over at the speed of memory.
#pragma once
#include "base/base.h"

namespace fieldstrip {

constexpr u64 kRunBlock = 64;

/// Whether the 64 bytes at p are all the same.
inline bool is_run(const u8* p) {
    u64 first, other = 0;
    std::memcpy(&first, p, 8);
    if (first != std::rotl(first, 8)) return false;  // so it is nearly always in what is no run
    for (u64 i = 8; i < kRunBlock; i += 8) {
        u64 v;
        std::memcpy(&v, p + i, 8);
        other |= v ^ first;
    }
    return !other;
}

/// Whether one of the 32 pairs that the 64 bytes at p are is 00 00 or FF FF: each run of three bytes of these has such a pair.
inline bool has_filler(const u8* p) {
    using Pairs [[gnu::vector_size(16)]] = u16;
    u64 any[2] = {};
    Pairs found = {};
    for (u64 i = 0; i < kRunBlock; i += sizeof(Pairs)) {
        Pairs v;
        std::memcpy(&v, p + i, sizeof v);
        found |= Pairs(v == 0) | Pairs(v == 0xFFFF);
    }
    std::memcpy(any, &found, sizeof found);
    return any[0] | any[1];
}

/// Where the run of the byte at `at` ends, at `end` at most, which is in the space.
inline u64 run_end(ByteView space, u64 at, u64 end) {
    const u8* p = space.data();
    const u8 value = p[at];
    while (at + kRunBlock <= end && p[at] == value && is_run(p + at)) at += kRunBlock;
    while (at < end && p[at] == value) at++;
    return at;
}
/// Where the run of the byte before `at` begins, at `begin` at least.
inline u64 run_begin(ByteView space, u64 at, u64 begin) {
    const u8 value = space[at - 1];
    while (at > begin && space[at - 1] == value) at--;
    return at;
}

}  // namespace fieldstrip
