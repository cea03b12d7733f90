#include "engine/teddy.h"

#include <bit>

#include "base/runs.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fieldstrip::teddy {
namespace {

constexpr size_t kBlocks = kMost / kRunBlock;
constexpr size_t kAhead = 8192;  // bytes: processors foresee what is read next, but not beyond a page

/// What is seen of the blocks, one after another. Where windows begin is told of all at once, since no processor foresees where there are
/// some.
class Seen {
  public:
    /// Of the next block: where a window may begin, and whether it has filler.
    [[gnu::always_inline]] void add(u64 begins, bool filler) {
        begins_[count_] = begins;
        some_ |= u64{begins != 0} << count_, filled_ |= u64{filler} << count_;
        count_++;
    }
    /// Of n bytes.
    Swept told(size_t n, u32* places) {
        const size_t end = std::min(count_ * kRunBlock, n);
        if (count_ * kRunBlock > n) begins_[count_ - 1] &= (u64{1} << n % kRunBlock) - 1;
        u32* to = places;
        for (; some_; some_ &= some_ - 1) {
            const auto block = unsigned(std::countr_zero(some_));
            to = put(begins_[block], block * unsigned{kRunBlock}, to);
        }
        return {end, size_t(to - places), filled_};
    }

  private:
    /// Appends the places of the bits, from `at` on. Three are written in any case: there are seldom more.
    static u32* put(u64 bits, u32 at, u32* to) {
        u32* const end = to + std::popcount(bits);
#pragma GCC unroll 3
        for (int i = 0; i < 3; i++) to[i] = at + u32(std::countr_zero(bits)), bits &= bits - 1;
        for (to += 3; bits; bits &= bits - 1) *to++ = at + u32(std::countr_zero(bits));
        return end;
    }
    u64 begins_[kBlocks];
    u64 some_ = 0, filled_ = 0;
    size_t count_ = 0;
};

void foresee(const u8* p) { __builtin_prefetch(p + kAhead, 0, 2); }

Swept plain(const Windows& w, const u8* p, size_t n, u32* places) {
    Seen seen;
    for (size_t i = 0; i < n && !is_run(p + i); i += kRunBlock) {
        u64 begins = 0;
        for (size_t at = 0; at < kRunBlock; at++) {
            const u8* v = p + i + at;
            begins |= u64{(w.bytes[0][v[0]] & w.bytes[1][v[1]] & w.bytes[2][v[2]]) != 0} << at;
        }
        seen.add(begins, has_filler(p + i));
    }
    return seen.told(n, places);
}

#if defined(__x86_64__)
[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i of_place(const std::array<std::array<u8, 16>, 2>& tables, __m128i v) {
    const __m128i nibble = _mm_set1_epi8(15);
    auto table = [&](size_t k) { return reinterpret_cast<const __m128i*>(tables[k].data()); };
    return _mm_and_si128(_mm_shuffle_epi8(_mm_loadu_si128(table(0)), _mm_and_si128(v, nibble)),
                         _mm_shuffle_epi8(_mm_loadu_si128(table(1)), _mm_and_si128(_mm_srli_epi16(v, 4), nibble)));
}

[[gnu::target("ssse3"), gnu::always_inline]] inline u32 of_block(const Windows& w, const u8* p) {
    __m128i first = _mm_set1_epi8(-1), second = first;
    for (size_t place = 0; place < Windows::kWidth; place++) {
        const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + place));
        first = _mm_and_si128(first, of_place(w.halves[place][0], v));
        second = _mm_and_si128(second, of_place(w.halves[place][1], v));
    }
    return u32(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(first, second), _mm_setzero_si128()))) ^ 0xFFFFu;
}

[[gnu::target("ssse3")]] Swept ssse3(const Windows& w, const u8* p, size_t n, u32* places) {
    Seen seen;
    for (size_t i = 0; i < n && !is_run(p + i); i += kRunBlock) {
        foresee(p + i);
        u64 begins = 0;
        for (unsigned k = 0; k < kRunBlock; k += 16) begins |= u64{of_block(w, p + i + k)} << k;
        seen.add(begins, has_filler(p + i));
    }
    return seen.told(n, places);
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
    Seen seen;
    for (size_t i = 0; i < n && !is_run(p + i); i += kRunBlock) {
        foresee(p + i);
        const Block x = look(p + i), y = look(p + i + 32);
        const __m256i filler = _mm256_or_si256(x.filler, y.filler);
        seen.add(~(x.none | u64{y.none} << 32), !_mm256_testz_si256(filler, filler));
    }
    return seen.told(n, places);
}
#undef AVX2

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // of GCC's own header: its bug 105593
#endif
#define AVX512 [[gnu::target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,popcnt")]]

AVX512 __m512i load512(const u8* p) { return _mm512_loadu_si512(p); }

/// A place in the windows of two bytes, by a byte's lower and upper six bits.
struct Sixes {
    AVX512 Sixes(const Windows& w, size_t place) : low(load512(w.sixes[place][0].data())), high(load512(w.sixes[place][1].data())) {}
    AVX512 __m512i lows(__m512i v) const { return _mm512_permutexvar_epi8(v, low); }
    AVX512 __m512i highs(__m512i v) const { return _mm512_permutexvar_epi8(_mm512_srli_epi16(v, 2), high); }
    __m512i low, high;
};
/// A place in those of three, by its lower seven bits.
struct Sevens {
    AVX512 Sevens(const Windows& w, size_t place) : low(load512(w.sevens[place].data())), high(load512(w.sevens[place].data() + 64)) {}
    AVX512 __m512i of(__m512i v) const { return _mm512_permutex2var_epi8(low, v, high); }
    __m512i low, high;
};

AVX512 Swept avx512(const Windows& w, const u8* p, size_t n, u32* places) {
    constexpr int kAll = 0x80;  // what has a bit in all three
    const Sixes a2(w, 0), b2(w, 1);
    const Sevens a3(w, 0), b3(w, 1), c3(w, 2);
    Seen seen;
    for (size_t i = 0; i < n && !is_run(p + i); i += kRunBlock) {
        foresee(p + i);
        const __m512i a = load512(p + i), b = load512(p + i + 1), c = load512(p + i + 2);
        const __m512i two = _mm512_ternarylogic_epi64(_mm512_and_si512(a2.lows(a), b2.lows(b)), a2.highs(a), b2.highs(b), kAll);
        const __m512i three = _mm512_ternarylogic_epi64(a3.of(a), b3.of(b), c3.of(c), kAll), either = _mm512_or_si512(two, three);
        seen.add(_mm512_test_epi8_mask(either, either), _mm512_cmpeq_epi16_mask(a, _mm512_srai_epi16(a, 15)) != 0);
    }
    return seen.told(n, places);
}
#undef AVX512
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#endif

}  // namespace

Isa best() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt"))
        return Isa::Avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt")) return Isa::Avx2;
    if (__builtin_cpu_supports("ssse3")) return Isa::Ssse3;
#endif
    return Isa::Plain;
}

Swept sweep(const Windows& w, const u8* p, size_t n, u32* places, Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::Avx512) return avx512(w, p, n, places);
    if (isa == Isa::Avx2) return avx2(w, p, n, places);
    if (isa == Isa::Ssse3) return ssse3(w, p, n, places);
#endif
    return plain(w, p, n, places);
}

}  // namespace fieldstrip::teddy
