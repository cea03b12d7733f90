// Source: LZMA SDK, DOC/lzma-specification.txt (public domain). Why not Reader: more places look like a header than of all other formats
// together, each is looked at for some dozens of bits that nobody foresees, and a range decoder that need not look where its bytes end
// takes two thirds of the time (docs/design.md).
#include "codecs/lzma_look.h"

#include "codecs/lzma_range.h"

namespace fieldstrip::lzma_reader {

using namespace lzma_range;

namespace {

constexpr u64 kWindow = 1 << 16;  // what makes so much of so few bytes is for who reads all
constexpr u64 kLongest = 273;     // match
constexpr size_t kContexts = size_t{1} << (8 + 4);
// The first literal of each context takes a byte, within a thousandth, since its eight bits are even chances.
constexpr size_t kMostMet = kLook + 8;

struct State {
    Model model;
    // Literals' chances of the contexts met, one behind the other: all there can be take 6 MiB, of which hardly any is used.
    Prob literals[kMostMet][kLiteral];
    u16 context_of[kMostMet];
    u16 met = 0;
    u16 place_of[kContexts];  // in literals, if it is the context's; else of another time
    u8 in[kLook + kLongestSymbol];
    u8 window[kWindow + kLongest + kSlack];

    /// Null: more than there is room for.
    Prob* literal(size_t context) {
        const size_t place = place_of[context];
        if (place < met && context_of[place] == context) return literals[place];
        if (met == kMostMet) return nullptr;
        place_of[context] = met;
        context_of[met] = u16(context);
        make_fresh(literals[met], kLiteral);
        return literals[met++];
    }
};

}  // namespace

bool may_go_on(ByteView in, const Shape& shape) {
    if (in.size() < 5) return true;
    if (in[0]) return false;
    static thread_local const auto state = [] {
        auto out = std::make_unique_for_overwrite<State>();
        std::ranges::fill(out->place_of, u16{0});
        return out;
    }();
    auto& s = *state;
    auto& m = s.model;
    m.reset();
    s.met = 0;
    const u64 size = std::min(in.size(), kLook);
    std::memset(std::copy_n(in.data(), size, s.in), 0, kLongestSymbol);

    RangeDecoder r{0xFFFFFFFF, be32(in, 1), s.in + 5};
    const u8* const end = s.in + size;
    const u32 pos_mask = (1u << shape.pb) - 1, literal_mask = (1u << shape.lp) - 1;
    u32 rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0;
    unsigned now = 0;
    for (u64 made = 0; made < kWindow;) {
        const bool full = made == shape.size;
        if (full) {
            r.normalize();
            if (r.at <= end && !r.code) return true;  // its end
        }
        const u64 left = shape.size ? *shape.size - made : kUnbounded;
        const unsigned pos = unsigned(made) & pos_mask;
        u8* const to = s.window + made;
        if (!r.bit(m.is_match[now][pos])) {
            Prob* chances = s.literal(((u32(made) & literal_mask) << shape.lc) + ((made ? to[-1] : 0u) >> (8 - shape.lc)));
            if (!chances) return true;
            if (now < 7)
                *to = u8(r.walk<8>(chances));
            else
                *to = u8(r.matched(chances, to[-i64(rep0) - 1]));
            if (r.at > end) return true;
            if (full) return false;
            made++;
            now = now < 4 ? 0 : now < 10 ? now - 3 : now - 6;
            continue;
        }
        u32 length;
        if (r.bit(m.is_rep[now])) {
            if (!made) return r.at > end;
            bool short_one = false;
            if (r.bit(m.is_rep0[now]))
                r.rep(m, now, rep0, rep1, rep2, rep3);
            else
                short_one = !r.bit(m.is_long[now][pos]);
            length = short_one ? 1 : r.length(m.rep_length, pos);
            now = now < 7 ? short_one ? 9 : 8 : 11;
        } else {
            rep3 = rep2, rep2 = rep1, rep1 = rep0;
            length = r.length(m.match_length, pos);
            now = now < 7 ? 7 : 10;
            rep0 = r.distance(m, length);
            if (rep0 == 0xFFFFFFFF) {  // the end marker
                r.normalize();
                return r.at > end || (!r.code && (!shape.size || full));
            }
        }
        if (r.at > end) return true;
        if (rep0 >= made || length > left) return false;
        copy(to, u64{rep0} + 1, length);
        made += length;
    }
    return true;
}

}  // namespace fieldstrip::lzma_reader
