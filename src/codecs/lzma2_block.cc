// Sources: LZMA SDK, DOC/lzma-specification.txt (public domain); XZ Utils 5.4, src/liblzma/lzma/lzma2_decoder.c (chunks). Bits of trees are
// decoded without branches, since most of them are no better than thrown coins.
#include "codecs/lzma2_block.h"

#include <array>

namespace fieldstrip::lzma2 {
namespace {

using Prob = u16;
constexpr u32 kTop = 1u << 24, kBits = 11;
constexpr Prob kHalf = 1 << (kBits - 1);
constexpr unsigned kStates = 12, kPosStates = 16;
constexpr u64 kLongestSymbol = 24;  // bytes that one symbol can take
constexpr u32 kMostLiterals = 0x300 << 4;

#define FIELDSTRIP_INLINE [[gnu::always_inline]]

struct Lengths {
    Prob choice, choice2, low[kPosStates][8], mid[kPosStates][8], high[256];
};
struct Model {
    Prob is_match[kStates][kPosStates], is_rep[kStates], is_rep0[kStates], is_rep1[kStates], is_rep2[kStates], is_long[kStates][kPosStates];
    Prob slot[4][64], special[128], align[16];
    Lengths match_length, rep_length;
    Prob literals[kMostLiterals];
};

/// The range decoder. It may read kLongestSymbol bytes beyond what it should: whoever calls sees to it that they are there, and that it did
/// not.
struct Range {
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
};

/// What goes on from chunk to chunk.
struct Decoder {
    Model model;
    std::array<u32, 4> rep;
    unsigned state;
    unsigned lc = 0, lp = 0, pb = 0;
    u32 dictionary = 0;

    void reset() {
        rep = {};
        state = 0;
        auto* probs = reinterpret_cast<Prob*>(&model);
        std::fill_n(probs, (sizeof(Model) - sizeof model.literals) / sizeof(Prob) + (size_t{0x300} << (lc + lp)), kHalf);
    }
    bool properties(u8 byte) {
        if (byte > (4 * 5 + 4) * 9 + 8) return false;
        lc = byte % 9, lp = byte / 9 % 5, pb = byte / 45;
        return lc + lp <= 4;
    }
    bool chunk(const u8* in, u64 packed, u8* begin, u8* to, u8* end);
};

/// Copies inside of what was made; may write kSlack bytes too many.
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

/// One chunk of LZMA whose bytes and kLongestSymbol more are at `in`, into [to, end); [begin, to) was made before.
bool Decoder::chunk(const u8* in, u64 packed, u8* begin, u8* to, u8* end) {
    if (packed < 5 || in[0]) return false;
    Range r{0xFFFFFFFF, u32(load({in + 1, 4}, 4, Endian::Big)), in + 5};
    const u8* const stop = in + packed;
    Model& m = model;
    const u32 pos_mask = (1u << pb) - 1, literal_mask = (1u << lp) - 1;
    const unsigned literal_shift = 8 - lc, literal_bits = lc;
    u32 rep0 = rep[0], rep1 = rep[1], rep2 = rep[2], rep3 = rep[3];
    unsigned now = state;
    u32 before = to > begin ? to[-1] : 0;
    while (to < end) {
        if (r.at > stop) return false;
        const u32 made = u32(to - begin), pos = made & pos_mask;
        if (!r.bit(m.is_match[now][pos])) {
            Prob* probs = m.literals + 0x300 * (((made & literal_mask) << literal_bits) + (before >> literal_shift));
            u32 symbol;
            if (now < 7) {
                symbol = r.walk<8>(probs);
                now = now < 4 ? 0 : now - 3;
            } else {
                symbol = r.matched(probs, to[-i64(rep0) - 1]);
                now = now < 10 ? now - 3 : now - 6;
            }
            before = *to++ = u8(symbol);
            continue;
        }
        u32 length;
        if (r.bit(m.is_rep[now])) {
            if (!made) return false;
            if (!r.bit(m.is_rep0[now])) {
                if (!r.bit(m.is_long[now][pos])) {
                    now = now < 7 ? 9 : 11;
                    if (rep0 >= made || rep0 >= dictionary) return false;
                    before = *to = to[-i64(rep0) - 1];
                    to++;
                    continue;
                }
            } else {
                u32 distance;
                if (!r.bit(m.is_rep1[now])) {
                    distance = rep1;
                } else {
                    if (!r.bit(m.is_rep2[now]))
                        distance = rep2;
                    else
                        distance = rep3, rep3 = rep2;
                    rep2 = rep1;
                }
                rep1 = rep0, rep0 = distance;
            }
            length = r.length(m.rep_length, pos);
            now = now < 7 ? 8 : 11;
        } else {
            rep3 = rep2, rep2 = rep1, rep1 = rep0;
            length = r.length(m.match_length, pos);
            now = now < 7 ? 7 : 10;
            const u32 slot = r.tree<6>(m.slot[std::min(length - 2, 3u)]);
            if (slot < 4) {
                rep0 = slot;
            } else {
                const unsigned bits = slot / 2 - 1;
                rep0 = (2 | (slot & 1)) << bits;
                if (slot < 14)
                    rep0 += r.reverse_tree(m.special + rep0 - slot, bits);
                else
                    rep0 += (r.direct(bits - 4) << 4) + r.reverse_tree_of_4(m.align);
            }
        }
        if (rep0 >= made || rep0 >= dictionary || length > u64(end - to)) return false;
        copy(to, u64{rep0} + 1, length);
        to += length;
        before = to[-1];
    }
    r.normalize();
    rep = {rep0, rep1, rep2, rep3};
    state = now;
    return r.at == stop && !r.code;
}

}  // namespace

std::optional<Decoded> decode_block(ByteView in, std::span<u8> out, u32 dictionary) {
    if (out.size() < kSlack || out.size() > u64{1} << 31) return {};
    static thread_local const auto decoder = std::make_unique<Decoder>();
    // Symbols are read without looking whether bytes are there: a chunk at the end of all is read where zeros follow it.
    static thread_local Bytes last((1 << 16) + kLongestSymbol);
    const u8* p = in.data();
    u8 *const begin = out.data(), *to = begin, *const room = begin + out.size() - kSlack;
    decoder->dictionary = dictionary;
    bool fresh = true, need_properties = true, need_state = true;
    for (u64 at = 0; at < in.size();) {
        const u8 control = p[at];
        if (!control) return Decoded{at + 1, u64(to - begin)};
        const bool packed = control >= 0x80;
        if (fresh != (control >= 0xE0 || control == 1) || (!packed && control > 2)) return {};
        fresh = false;
        const u64 header = !packed ? 3 : control >= 0xC0 ? 6 : 5;
        if (in.size() - at < header) return {};
        const u64 content = (packed ? u64{control & 31u} << 16 : 0) + load({p + at + 1, 2}, 2, Endian::Big) + 1;
        const u64 size = packed ? load({p + at + 3, 2}, 2, Endian::Big) + 1 : content;
        if (content > u64(room - to) || size > in.size() - at - header) return {};
        if (!packed) {
            std::memcpy(to, p + at + header, content);
            need_state = true;  // what follows has to begin with a new state
        } else {
            if (control >= 0xC0) {
                if (!decoder->properties(p[at + 5])) return {};
                need_properties = false;
            }
            if (need_properties || (need_state && control < 0xA0)) return {};
            if (control >= 0xA0) decoder->reset(), need_state = false;
            const u8* packed_at = p + at + header;
            if (in.size() - at - header < size + kLongestSymbol) {
                std::fill_n(std::copy_n(packed_at, size, last.begin()), kLongestSymbol, u8{0});
                packed_at = last.data();
            }
            if (!decoder->chunk(packed_at, size, begin, to, to + content)) return {};
        }
        to += content;
        at += header + size;
    }
    return {};
}

}  // namespace fieldstrip::lzma2
