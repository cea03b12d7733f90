#include "engine/teddy.h"

#include <bit>

#include "base/runs.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fieldstrip::teddy {
namespace {

/// Appends the places of the bits, from `at` on; of those behind `n` none. Three are written in any case, since how many there are is what
/// no processor foresees.
[[gnu::always_inline]] inline u32* put(u64 bits, size_t at, size_t n, u32* to) {
    if (n - at < 64) bits &= (u64{1} << (n - at)) - 1;
    u32* const end = to + std::popcount(bits);
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) to[i] = u32(at) + u32(std::countr_zero(bits)), bits &= bits - 1;
    for (to += 3; bits; bits &= bits - 1) *to++ = u32(at) + u32(std::countr_zero(bits));
    return end;
}

Swept plain(const Windows& w, const u8* p, size_t n, u32* places) {
    u32* to = places;
    u64 filled = 0;
    size_t i = 0;
    for (; i < n && !is_run(p + i); i += kRunBlock) {
        filled |= u64{has_filler(p + i)} << i / kRunBlock;
        for (size_t at = i, end = std::min(i + kRunBlock, n); at < end; at++)
            if (w.bytes[0][p[at]] & w.bytes[1][p[at + 1]] & w.bytes[2][p[at + 2]]) *to++ = u32(at);
    }
    return {std::min(i, n), size_t(to - places), filled};
}

#if defined(__x86_64__)
[[gnu::target("ssse3")]] __m128i of_place(const std::array<std::array<u8, 16>, 2>& tables, __m128i v) {
    const __m128i nibble = _mm_set1_epi8(15);
    auto table = [&](size_t k) { return reinterpret_cast<const __m128i*>(tables[k].data()); };
    return _mm_and_si128(_mm_shuffle_epi8(_mm_loadu_si128(table(0)), _mm_and_si128(v, nibble)),
                         _mm_shuffle_epi8(_mm_loadu_si128(table(1)), _mm_and_si128(_mm_srli_epi16(v, 4), nibble)));
}

[[gnu::target("ssse3")]] u32 of_block(const Windows& w, const u8* p) {
    __m128i first = _mm_set1_epi8(-1), second = first;
    for (size_t place = 0; place < Windows::kWidth; place++) {
        const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + place));
        first = _mm_and_si128(first, of_place(w.halves[place][0], v));
        second = _mm_and_si128(second, of_place(w.halves[place][1], v));
    }
    return u32(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(first, second), _mm_setzero_si128()))) ^ 0xFFFFu;
}

[[gnu::target("ssse3")]] Swept ssse3(const Windows& w, const u8* p, size_t n, u32* places) {
    u32* to = places;
    u64 filled = 0;
    size_t i = 0;
    for (; i < n && !is_run(p + i); i += kRunBlock) {
        filled |= u64{has_filler(p + i)} << i / kRunBlock;
        u64 bits = 0;
        for (unsigned k = 0; k < kRunBlock; k += 16) bits |= u64{of_block(w, p + i + k)} << k;
        to = put(bits, i, n, to);
    }
    return {std::min(i, n), size_t(to - places), filled};
}

#define AVX2 [[gnu::target("avx2,bmi,popcnt")]]

AVX2 __m256i load(const u8* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
AVX2 __m256i low(__m256i v) { return _mm256_and_si256(v, _mm256_set1_epi8(15)); }
AVX2 __m256i high(__m256i v) { return low(_mm256_srli_epi16(v, 4)); }

/// A place in half of the buckets: which of these go on.
struct Tables {
    AVX2 Tables(const Windows& w, size_t place, size_t half) {
        auto table = [&](size_t k) { return reinterpret_cast<const __m128i*>(w.halves[place][half][k].data()); };
        low = _mm256_broadcastsi128_si256(_mm_loadu_si128(table(0))), high = _mm256_broadcastsi128_si256(_mm_loadu_si128(table(1)));
    }
    AVX2 __m256i of(__m256i lows, __m256i highs) const {
        return _mm256_and_si256(_mm256_shuffle_epi8(low, lows), _mm256_shuffle_epi8(high, highs));
    }
    __m256i low, high;
};

struct Block {
    u32 none;        // places where no window begins
    __m256i filler;  // not 0: has one
};

AVX2 Swept avx2(const Windows& w, const u8* p, size_t n, u32* places) {
    // The first half of the buckets takes any third byte.
    const Tables a1(w, 0, 0), b1(w, 1, 0), a2(w, 0, 1), b2(w, 1, 1), c2(w, 2, 1);
    auto look = [&](const u8* at) __attribute__((always_inline, target("avx2,bmi,popcnt"))) {
        const __m256i a = load(at), b = load(at + 1), c = load(at + 2);
        const __m256i a_low = low(a), a_high = high(a), b_low = low(b), b_high = high(b);
        const __m256i first = _mm256_and_si256(a1.of(a_low, a_high), b1.of(b_low, b_high));
        const __m256i second = _mm256_and_si256(_mm256_and_si256(a2.of(a_low, a_high), b2.of(b_low, b_high)), c2.of(low(c), high(c)));
        const __m256i none = _mm256_cmpeq_epi8(_mm256_or_si256(first, second), _mm256_setzero_si256());
        // 0 and -1 are the numbers that are all sign.
        return Block{u32(_mm256_movemask_epi8(none)), _mm256_cmpeq_epi16(a, _mm256_srai_epi16(a, 15))};
    };
    u32* to = places;
    u64 filled = 0;
    size_t i = 0;
    for (; i < n && !is_run(p + i); i += kRunBlock) {
        const Block x = look(p + i), y = look(p + i + 32);
        const __m256i filler = _mm256_or_si256(x.filler, y.filler);
        filled |= u64{!_mm256_testz_si256(filler, filler)} << i / kRunBlock;
        to = put(~(x.none | u64{y.none} << 32), i, n, to);
    }
    return {std::min(i, n), size_t(to - places), filled};
}
#undef AVX2
#endif

}  // namespace

Isa best() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt")) return Isa::Avx2;
    if (__builtin_cpu_supports("ssse3")) return Isa::Ssse3;
#endif
    return Isa::Plain;
}

Swept sweep(const Windows& w, const u8* p, size_t n, u32* places, Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::Avx2) return avx2(w, p, n, places);
    if (isa == Isa::Ssse3) return ssse3(w, p, n, places);
#endif
    return plain(w, p, n, places);
}

}  // namespace fieldstrip::teddy
