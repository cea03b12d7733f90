// What decoders of LZMA share: all that adapts, and a range decoder that is fast, since it does not look where its bytes end. Bits of
// trees are decoded without branches, since most of them are no better than thrown coins.
// Source: LZMA SDK, DOC/lzma-specification.txt (public domain).
#pragma once
#include <algorithm>
#include <array>
#include <cstring>

#include "base/base.h"

namespace fieldstrip::lzma_range {

using Prob = u16;
constexpr u32 kTop = 1u << 24, kBits = 11;
constexpr Prob kHalf = 1 << (kBits - 1);
constexpr unsigned kStates = 12, kPosStates = 16;
constexpr u64 kLongestSymbol = 24;  // bytes that one symbol can take
constexpr u32 kLiteral = 0x300;     // chances of one context of literals

#define FIELDSTRIP_INLINE [[gnu::always_inline]]

struct Lengths {
    Prob choice, choice2, low[kPosStates][8], mid[kPosStates][8], high[256];
};
struct Model {
    Prob is_match[kStates][kPosStates], is_rep[kStates], is_rep0[kStates], is_rep1[kStates], is_rep2[kStates], is_long[kStates][kPosStates];
    Prob slot[4][64], special[128], align[16];
    Lengths match_length, rep_length;
    FIELDSTRIP_INLINE void reset();
};
static_assert(sizeof(Model) % sizeof(Prob) == 0);

/// What all is set to at the beginning; copied, since most streams that are looked at end before a loop would have set it.
inline constexpr auto kFresh = [] {
    std::array<Prob, std::max<size_t>(sizeof(Model) / sizeof(Prob), kLiteral)> out{};
    out.fill(kHalf);
    return out;
}();
inline void make_fresh(Prob* to, size_t n) { std::memcpy(to, kFresh.data(), n * sizeof(Prob)); }
inline void Model::reset() { make_fresh(reinterpret_cast<Prob*>(this), sizeof *this / sizeof(Prob)); }

/// The range decoder. It may read kLongestSymbol bytes beyond what it should: whoever calls sees to it that they are there, and that it did
/// not.
struct RangeDecoder {
    u32 range, code;
    const u8* at;

    FIELDSTRIP_INLINE void normalize() {
        if (range < kTop) range <<= 8, code = code << 8 | *at++;
    }
    /// A bit that is mostly foreseen.
    FIELDSTRIP_INLINE bool bit(Prob& p) {
        normalize();
        const u32 bound = (range >> kBits) * p;
        if (code < bound) {
            range = bound;
            p = Prob(p + (((1u << kBits) - p) >> 5));
            return false;
        }
        range -= bound, code -= bound;
        p = Prob(p - (p >> 5));
        return true;
    }
    // Bits that nobody foresees, in a tree whose node n leads to 2n and 2n + 1. Compilers make jumps of a choice whatever one writes, and
    // processors do no more at a time here than they must: each instruction less of some 25 is felt.

    /// `chance` is that of the node, and becomes the child's.
    FIELDSTRIP_INLINE void step(Prob* tree, u64& node, u32& chance, u32 if_zero, u32 if_one) {
        normalize();
        const u32 bound = (range >> kBits) * chance;
        u64 child = 2 * node + 1;
        u32 rest = range - bound, less = code, next = if_one, moving = chance + kRound;
#if defined(__x86_64__)
        asm("subl %[bound], %[less]\n\t"
            "cmovbl %[bound], %[rest]\n\t"
            "cmovbl %[code], %[less]\n\t"
            "cmovbl %[if_zero], %[next]\n\t"
            "cmovael %[chance], %[moving]\n\t"
            "sbbq $0, %[child]"
            : [less] "+&r"(less), [rest] "+&r"(rest), [next] "+&r"(next), [child] "+&r"(child), [moving] "+&r"(moving)
            : [bound] "r"(bound), [code] "r"(code), [if_zero] "r"(if_zero), [chance] "r"(chance)
            : "cc");
#else
        const u32 zero = 0 - u32(code < bound);
        rest += zero & (2 * bound - range);
        less -= bound & ~zero;
        next ^= zero & (next ^ if_zero);
        moving -= kRound & ~zero;
        child -= zero & 1;
#endif
        tree[node] = Prob(chance - u32(static_cast<int>(moving) >> 5));
        range = rest, code = less, node = child, chance = next;
    }
    static constexpr u32 kRound = u32(31 - (1 << kBits));
    /// Chances of both children are loaded before it is known which is next.
    template <unsigned n>
    FIELDSTRIP_INLINE u32 walk(Prob* tree, u64 node = 1) {
        if constexpr (n > 0) {
            u32 chance = tree[node];
#pragma GCC unroll 8
            for (unsigned i = 0; i + 1 < n; i++) step(tree, node, chance, at_byte(tree, 4 * node), at_byte(tree, 4 * node + 2));
            step(tree, node, chance, 0, 0);
        }
        return u32(node);
    }
    /// Of so many bytes behind the tree's begin: processors add that themselves, and compilers do not see that they do.
    FIELDSTRIP_INLINE static u32 at_byte(const Prob* tree, u64 bytes) {
        Prob p;
        std::memcpy(&p, reinterpret_cast<const u8*>(tree) + bytes, sizeof p);
        return p;
    }
    template <unsigned n>
    FIELDSTRIP_INLINE u32 tree(Prob* probs) {
        return walk<n>(probs) - (1u << n);
    }
    /// The last n bits of a literal behind a match: as long as they are those of the byte that would have followed, they have chances of
    /// their own.
    template <unsigned n = 8>
    FIELDSTRIP_INLINE u32 matched(Prob* probs, u32 byte) {
        if constexpr (n == 0) {
            return byte;
        } else {
            const u32 so_far = (0x100 | byte) >> n, foreseen = byte >> (n - 1) & 1;
            const u32 one = walk<1>(probs + 0x100 + 0x100 * foreseen, so_far) & 1;
            if (one == foreseen) return matched<n - 1>(probs, byte);
            return walk<n - 1>(probs, 2 * so_far + one);
        }
    }
    /// The lowest bit comes first.
    FIELDSTRIP_INLINE u32 reverse_tree(Prob* probs, unsigned n) {
        u32 node = 1, v = 0;
        for (unsigned i = 0; i < n; i++) {
            node = walk<1>(probs, node);
            v |= (node & 1) << i;
        }
        return v;
    }
    FIELDSTRIP_INLINE u32 reverse_tree_of_4(Prob* probs) {
        const u32 v = walk<4>(probs);
        return (v >> 3 & 1) | (v >> 1 & 2) | (v << 1 & 4) | (v << 3 & 8);
    }
    FIELDSTRIP_INLINE u32 direct(unsigned n) {
        u32 v = 0;
        for (; n; n--) {
            normalize();
            range >>= 1;
            const u32 zero = 0 - u32(code < range);
            code -= range & ~zero;
            v = v * 2 + 1 + zero;
        }
        return v;
    }
    FIELDSTRIP_INLINE u32 length(Lengths& l, unsigned pos) {
        if (!bit(l.choice)) return 2 + tree<3>(l.low[pos]);
        if (!bit(l.choice2)) return 10 + tree<3>(l.mid[pos]);
        return 18 + tree<8>(l.high);
    }
    /// Of a match of that length; from 0. All ones: the end marker.
    FIELDSTRIP_INLINE u32 distance(Model& m, u32 length) {
        const u32 slot = tree<6>(m.slot[std::min(length - 2, 3u)]);
        if (slot < 4) return slot;
        const unsigned bits = slot / 2 - 1;
        const u32 base = (2 | (slot & 1)) << bits;
        if (slot < 14) return base + reverse_tree(m.special + base - slot, bits);
        return base + (direct(bits - 4) << 4) + reverse_tree_of_4(m.align);
    }
    /// Which of the last distances but the first is used again: it becomes the first.
    FIELDSTRIP_INLINE void rep(Model& m, unsigned state, u32& rep0, u32& rep1, u32& rep2, u32& rep3) {
        u32 distance;
        if (!bit(m.is_rep1[state])) {
            distance = rep1;
        } else {
            if (!bit(m.is_rep2[state]))
                distance = rep2;
            else
                distance = rep3, rep3 = rep2;
            rep2 = rep1;
        }
        rep1 = rep0, rep0 = distance;
    }
};

constexpr u64 kSlack = 64;  // bytes behind the end that copy() may write to
/// Copies inside of what was made.
FIELDSTRIP_INLINE inline void copy(u8* to, u64 distance, u64 size) {
    const u8* from = to - distance;
    if (distance >= 16) {
        std::memcpy(to, from, 16);
        std::memcpy(to + 16, from + 16, 16);
        for (u64 i = 32; i < size; i += 16) std::memcpy(to + i, from + i, 16);
    } else if (distance == 1) {
        std::memset(to, *from, size);
    } else {
        for (u64 i = 0; i < size; i++) to[i] = from[i];
    }
}

}  // namespace fieldstrip::lzma_range
