#include "engine/teddy.h"

#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fieldstrip::teddy {
namespace {

size_t plain(const Windows& w, const u8* p, size_t n, u32* out) {
    u32* to = out;
    for (size_t i = 0; i < n; i++)
        if (w.bytes[0][p[i]] & w.bytes[1][p[i + 1]] & w.bytes[2][p[i + 2]]) *to++ = u32(i);
    return size_t(to - out);
}

#if defined(__x86_64__)
/// The places of the bits, from `at` on; of those behind `n` none.
u32* put(u32 bits, size_t at, size_t n, u32* to) {
    if (n - at < 32) bits &= (u32{1} << (n - at)) - 1;
    for (; bits; bits &= bits - 1) *to++ = u32(at) + u32(std::countr_zero(bits));
    return to;
}

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

[[gnu::target("ssse3")]] size_t ssse3(const Windows& w, const u8* p, size_t n, u32* out) {
    u32* to = out;
    for (size_t i = 0; i < n; i += 32)
        if (u32 bits = of_block(w, p + i) | of_block(w, p + i + 16) << 16) to = put(bits, i, n, to);
    return size_t(to - out);
}

[[gnu::target("avx2"), gnu::always_inline]] inline __m256i of_halves(const __m256i (&tables)[2], __m256i low, __m256i high) {
    return _mm256_and_si256(_mm256_shuffle_epi8(tables[0], low), _mm256_shuffle_epi8(tables[1], high));
}

[[gnu::target("avx2")]] size_t avx2(const Windows& w, const u8* p, size_t n, u32* out) {
    __m256i tables[Windows::kWidth][2][2];
    for (size_t place = 0; place < Windows::kWidth; place++)
        for (size_t half = 0; half < 2; half++)
            for (size_t k = 0; k < 2; k++)
                tables[place][half][k] =
                    _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w.halves[place][half][k].data())));
    const __m256i nibble = _mm256_set1_epi8(15), zero = _mm256_setzero_si256();
    u32* to = out;
    for (size_t i = 0; i < n; i += 32) {
        const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i)),
                      b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i + 1)),
                      c = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i + 2));
        const __m256i a_low = _mm256_and_si256(a, nibble), a_high = _mm256_and_si256(_mm256_srli_epi16(a, 4), nibble);
        const __m256i b_low = _mm256_and_si256(b, nibble), b_high = _mm256_and_si256(_mm256_srli_epi16(b, 4), nibble);
        const __m256i c_low = _mm256_and_si256(c, nibble), c_high = _mm256_and_si256(_mm256_srli_epi16(c, 4), nibble);
        // The first half of the buckets takes any third byte.
        const __m256i first = _mm256_and_si256(of_halves(tables[0][0], a_low, a_high), of_halves(tables[1][0], b_low, b_high));
        const __m256i second =
            _mm256_and_si256(_mm256_and_si256(of_halves(tables[0][1], a_low, a_high), of_halves(tables[1][1], b_low, b_high)),
                             of_halves(tables[2][1], c_low, c_high));
        const u32 none = u32(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_or_si256(first, second), zero)));
        if (~none) to = put(~none, i, n, to);
    }
    return size_t(to - out);
}
#endif

}  // namespace

Isa best() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return Isa::Avx2;
    if (__builtin_cpu_supports("ssse3")) return Isa::Ssse3;
#endif
    return Isa::Plain;
}

size_t candidates(const Windows& w, const u8* p, size_t n, u32* out, Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::Avx2) return avx2(w, p, n, out);
    if (isa == Isa::Ssse3) return ssse3(w, p, n, out);
#endif
    return plain(w, p, n, out);
}

}  // namespace fieldstrip::teddy
