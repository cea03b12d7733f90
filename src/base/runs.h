// Runs of one byte value, found and jumped over at the speed of memory.
#pragma once
#include "base/base.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

/// Whether one of the 32 pairs that the 64 bytes at p are is 00 00 or FF FF: each run of three of these has such a pair.
inline bool has_filler(const u8* p) {
#if defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128(), ones = _mm_set1_epi8(-1);
    __m128i any = zero;
#pragma GCC unroll 4
    for (u64 i = 0; i < kRunBlock; i += 16) {
        const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
        any = _mm_or_si128(any, _mm_or_si128(_mm_cmpeq_epi16(v, zero), _mm_cmpeq_epi16(v, ones)));
    }
    return _mm_movemask_epi8(any);
#else
    for (u64 i = 0; i < kRunBlock; i += 2)
        if (p[i] == p[i + 1] && u8(p[i] + 1) <= 1) return true;
    return false;
#endif
}

/// Which of the 64 bytes at p have that value: the first is the lowest bit.
inline u64 places_of(u8 value, const u8* p) {
    u64 out = 0;
#if defined(__SSE2__)
    const __m128i v = _mm_set1_epi8(char(value));
#pragma GCC unroll 4
    for (u64 i = 0; i < kRunBlock; i += 16) {
        const __m128i there = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
        out |= u64(u32(_mm_movemask_epi8(_mm_cmpeq_epi8(there, v)))) << i;
    }
#else
    for (u64 i = 0; i < kRunBlock; i++) out |= u64{p[i] == value} << i;
#endif
    return out;
}

/// Whether the 64 bytes at p all have that value.
inline bool is_all(u8 value, const u8* p) {
#if defined(__SSE2__)
    const __m128i v = _mm_set1_epi8(char(value));
    __m128i all = _mm_set1_epi8(-1);
#pragma GCC unroll 4
    for (u64 i = 0; i < kRunBlock; i += 16)
        all = _mm_and_si128(all, _mm_cmpeq_epi8(v, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i))));
    return _mm_movemask_epi8(all) == 0xFFFF;
#else
    return p[0] == value && is_run(p);
#endif
}

/// Where the run of the byte at `at` ends, at `end` at most, which is in the space.
inline u64 run_end(ByteView space, u64 at, u64 end) {
    const u8* p = space.data();
    const u8 value = p[at];
    while (at + kRunBlock <= end && is_all(value, p + at)) at += kRunBlock;
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
