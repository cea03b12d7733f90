// What the first bytes of a stream deny, for what is no stream: cheap, since two bytes promise one in each hundredth of code.
// Source: RFC 1951.
#include <array>

#include "codecs/deflate.h"
#include "codecs/deflate_tables.h"

namespace fieldstrip::deflate {
namespace {

/// What three lengths of codes, of three bits each, take of the 128 codes of seven bits.
constexpr auto kTaken = [] {
    std::array<u8, 512> out{};
    for (unsigned three = 0; three < 512; three++)
        for (unsigned rest = three; rest; rest >>= 3)
            if (rest & 7) out[three] = u8(out[three] + (128u >> (rest & 7)));
    return out;
}();

/// Whether a block may begin so that has codes of its own: the code in which they are written must be complete. Chance makes one of 200 so.
/// Nothing is foreseen of it, so nothing is asked before all is known.
bool may_have_codes(ByteView in) {
    const bool few = in[0] >> 3 <= 29 && (in[1] & 31) <= 29;  // to 286 and 30: no reader takes the two more that could be said
    if (in.size() < 10) return few;
    const unsigned codes = 4 + (in[1] >> 5 | (in[2] & 1) << 3);
    u64 lengths;
    std::memcpy(&lengths, in.data() + 2, 8);
    lengths = lengths >> 1 & ((u64{1} << 3 * codes) - 1);
    unsigned taken = 0;
    for (unsigned i = 0; i < 7; i++, lengths >>= 9) taken += kTaken[lengths & 511];  // of 19 at most
    return few & (taken == 128);
}

struct Symbol {
    u8 bits;    // of its code
    u8 extra;   // bits behind the code
    u16 what;   // a literal (below 256), the block's end, or above: a length
    u16 least;  // length
};

/// The fixed code's symbol by the next nine bits, as they come.
constexpr auto kFixed = [] {
    std::array<Symbol, 512> out{};
    for (unsigned next = 0; next < 512; next++) {
        unsigned code = 0;  // its first bit is the highest
        for (unsigned i = 0; i < 9; i++) code |= (next >> i & 1) << (8 - i);
        const unsigned seven = code >> 2, eight = code >> 1;
        auto& s = out[next];
        if (seven < 0x18)
            s = {7, 0, u16(kEnd + seven), 0};
        else if (eight < 0xC0)
            s = {8, 0, u16(eight - 0x30), 0};
        else if (eight < 0xC8)
            s = {8, 0, u16(280 + eight - 0xC0), 0};
        else
            s = {9, 0, u16(144 + code - 0x190), 0};
        if (s.what <= kEnd) continue;
        const unsigned n = s.what - kEnd - 1;
        s.extra = n < std::size(kLengthExtra) ? kLengthExtra[n] : u8{0};
        s.least = u16(n == 28 ? 258 : n < 8 ? 3 + n : 3 + ((4 + n % 4) << s.extra));
    }
    return out;
}();

struct Distance {
    u8 extra;
    u16 least;
};
constexpr auto kFar = [] {
    std::array<Distance, kDistances> out{};
    for (unsigned n = 0; n < kDistances; n++) {
        out[n].extra = u8(distance_extra(n));
        out[n].least = u16(n < 4 ? 1 + n : 1 + ((2 + n % 2) << out[n].extra));
    }
    return out;
}();

/// Whether a block of the fixed code may begin so: noise soon has a code that is none, or refers to what is not there.
bool may_be_fixed(ByteView in) {
    constexpr u64 kLooked = 64;
    in = in.first(std::min<u64>(in.size(), kLooked));
    u64 at = 3, made = 0;  // in bits; in bytes
    while (at / 8 + 8 <= in.size()) {
        u64 next;
        std::memcpy(&next, in.data() + at / 8, 8);
        next >>= at % 8;
        auto take = [&](unsigned bits) {
            const u64 v = next & ((u64{1} << bits) - 1);
            next >>= bits, at += bits;
            return v;
        };
        const auto& s = kFixed[next & 511];
        take(s.bits);
        if (s.what == kEnd) return true;
        if (s.what < kEnd) {
            made++;
            continue;
        }
        if (s.what >= kLiterals) return false;
        const u64 length = s.least + take(s.extra);
        unsigned code = 0;
        for (unsigned i = 0; i < 5; i++) code = code << 1 | unsigned(take(1));
        if (code >= kDistances) return false;
        if (kFar[code].least + take(kFar[code].extra) > made) return false;
        made += length;
    }
    return true;
}

}  // namespace

bool may_begin(ByteView in) {
    if (in.size() < 2) return false;
    const unsigned type = in[0] >> 1 & 3;
    const bool stored = in.size() >= 5 && !type & ((le16(in, 1) ^ le16(in, 3)) == 0xFFFF), own = (type == 2) & may_have_codes(in);
    return stored || own || (type == 1 && may_be_fixed(in));
}

}  // namespace fieldstrip::deflate
