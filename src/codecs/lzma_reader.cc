// Source: LZMA SDK, DOC/lzma-specification.txt (public domain). Why not liblzma: it does not tell where a stream without an end marker
// ends, takes no more than lc + lp = 4, stops at a match that reaches behind a dictionary that the header says too small, and counts no
// proof.
#include "codecs/lzma_reader.h"

#include <bit>
#include <cmath>

#include "codecs/lzma_range.h"

namespace fieldstrip::lzma_reader {
namespace {

using lzma_range::kFresh, lzma_range::kHalf, lzma_range::kLiteral, lzma_range::Lengths, lzma_range::Model, lzma_range::Prob;
constexpr unsigned kTop = 24, kModelBits = 11, kMove = 5;
constexpr unsigned kEndSlots = 14, kAlignBits = 4, kMinMatch = 2;
constexpr u64 kCounted = 4096;          // symbols whose proof is counted; later ones prove hardly anything
constexpr u64 kDeliver = 1 << 16;       // bytes that are handed on at once
constexpr u64 kFirst = 1 << 12;         // of the window
constexpr double kUnlikely = 0x1p-500;  // a chance whose logarithm is taken, before it becomes 0
constexpr unsigned kNone = ~0u;         // no slot

/// The range decoder. Behind the end of the input it reads zeros and says so.
struct Range {
    const u8 *at, *end;
    u32 range = 0xFFFFFFFF, code = 0;
    bool over = false;

    void normalize() {
        if (range >> kTop) return;
        range <<= 8;
        code = code << 8 | (at < end ? *at++ : (over = true, u8{0}));
    }
    unsigned bit(Prob& p) {
        normalize();
        u32 bound = (range >> kModelBits) * p;
        if (code < bound) {
            range = bound;
            p = Prob(p + (((1u << kModelBits) - p) >> kMove));
            return 0;
        }
        range -= bound;
        code -= bound;
        p = Prob(p - (p >> kMove));
        return 1;
    }
    u32 direct(unsigned n) {
        u32 v = 0;
        for (; n; n--) {
            normalize();
            range >>= 1;
            u32 one = code >= range;
            code -= range & (0 - one);
            v = v << 1 | one;
        }
        return v;
    }
    u32 tree(Prob* probs, unsigned bits) {
        u32 m = 1;
        for (unsigned i = 0; i < bits; i++) m = m << 1 | bit(probs[m]);
        return m - (1u << bits);
    }
    u32 reverse_tree(Prob* probs, unsigned bits) {
        u32 m = 1, v = 0;
        for (unsigned i = 0; i < bits; i++) {
            u32 b = bit(probs[m]);
            m = m << 1 | b;
            v |= b << i;
        }
        return v;
    }
    u32 length(Lengths& l, unsigned pos) {
        if (!bit(l.choice)) return tree(l.low[pos], 3);
        if (!bit(l.choice2)) return 8 + tree(l.mid[pos], 3);
        return 16 + tree(l.high, 8);
    }
};

/// How probable the tree of slots makes one of `first` and up.
double from_slot(const Prob* tree, unsigned first) {
    double here = 1, sum = 0;
    unsigned m = 1;
    for (unsigned i = 6; i-- > 0;) {
        double zero = tree[m] / double(1 << kModelBits);
        unsigned b = first >> i & 1;
        if (!b) sum += here * (1 - zero);
        here *= b ? 1 - zero : zero;
        m = m << 1 | b;
    }
    return sum + here;
}

/// The first slot all of whose distances (from 0) reach `made` or farther.
unsigned first_beyond(u64 made) {
    if (made <= 4) return unsigned(made);
    unsigned low = unsigned(std::bit_width(made - 1)) - 2;  // bits below the two that a slot says
    return std::min<unsigned>(63, unsigned(2 * low + ((made - 1) >> low)) + 1);
}

}  // namespace

bool may_begin(ByteView in) {
    constexpr u8 kNothing[] = {0x00, 0x83, 0xFF, 0xFB, 0xFF};  // an end marker, and no content
    if (in.size() < 5 || in[0]) return false;
    return in[1] < 0x80 ? one_value(in.first(5)) != 0 : equal(in.first(5), kNothing);
}

struct Reader::State {
    Model model;
    // Literals' probabilities by context, each reset when it is first met: of most candidates few are.
    std::unique_ptr<Prob[]> literals;
    size_t literals_room = 0;
    std::vector<bool> met;
    Bytes window;

    Result<Read> read(ByteView in, const Shape&, const Take&, Context&);
};

Result<Read> Reader::State::read(ByteView in, const Shape& shape, const Take& take, Context& cx) {
    Read out{Read::End::Wrong, 0, 0, false, 0, 0, "the range coder's first byte is not 0"};
    if (in.size() < 5) return out.end = Read::End::Cut, out;
    if (in[0]) return out;
    model.reset();
    if (const auto wanted = size_t{kLiteral} << (shape.lc + shape.lp); wanted > literals_room)
        literals = std::make_unique_for_overwrite<Prob[]>(literals_room = wanted);
    met.assign(size_t{1} << (shape.lc + shape.lp), false);
    // Matches reach over all of what is kept: a header may say a dictionary that is smaller than what was used.
    const u64 most =
        std::max<u64>(kDeliver, std::min({cx.limits.memory / 2, std::max(shape.window, u64{64} << 20), shape.size.value_or(kUnbounded)}));
    u64 room = std::min<u64>(most, kFirst);  // of the window; grows as long as it may, then it is a ring
    if (window.size() < room) window.resize(room);

    Range rc{in.data() + 5, in.data() + in.size()};
    rc.code = be32(in, 1);
    u32 reps[4] = {0, 0, 0, 0};
    unsigned state = 0;
    unsigned beyond = kNone;  // the slot from which on distances reach behind the beginning
    double slot = 1;          // how probable the trees make these; known of `beyond` until a tree is learnt from
    u64 made = 0, delivered = 0, symbols = 0;
    const u32 pos_mask = (1u << shape.pb) - 1, lit_mask = (1u << shape.lp) - 1;
    double chance = 1;  // that what is no stream comes so far: 2^-proof of it
    double proof = 0;
    u64 at = 0;  // made, in the window
    bool stopped = false;

    auto hand_on = [&]() -> Result<void> {
        TRY_VOID(cx.spend(&Limits::decoded, made - delivered));
        while (delivered < made && !stopped) {
            u64 from = delivered % room, n = std::min(made - delivered, room - from);
            stopped = !take(ByteView(window).subspan(from, n));
            delivered += n;
        }
        return {};
    };
    auto put = [&](u8 c) {
        window[at++] = c;
        made++;
    };
    // Room for one more byte; what was not handed on is never written over.
    auto make_room = [&]() -> Result<void> {
        if (made - delivered >= kDeliver || at == room) TRY_VOID(hand_on());
        if (at < room) return {};
        if (room < most) {
            u64 more = std::min(most, room * 4);
            if (window.size() < more) window.resize(more);
            room = more;
        } else {
            at = 0;
        }
        return {};
    };
    auto ended = [&](Read::End how, std::string_view why = {}) -> Result<Read> {
        TRY_VOID(hand_on());
        out.end = stopped ? Read::End::Stopped : how;
        out.used = u64(rc.at - in.data());
        out.made = delivered;
        out.bits = unsigned(proof - std::log2(chance));
        out.why = why;
        return out;
    };

    for (;;) {
        if (rc.over) return ended(Read::End::Cut);
        TRY_VOID(make_room());
        if (stopped) return ended(Read::End::Stopped);
        const bool full = shape.size && made == *shape.size;
        // With a size, the last symbols may all be in the range coder when the input ends.
        if (full || (!shape.size && shape.ends_with_input && rc.at == rc.end)) {
            rc.normalize();
            if (rc.over) return ended(Read::End::Cut);
            if (!rc.code && (full || rc.at == rc.end)) return ended(Read::End::Whole);
        }
        const unsigned pos = unsigned(made) & pos_mask;
        if (symbols++ < kCounted) {
            double match = 1 - model.is_match[state][pos] / 2048.0, invalid = match;
            if (made) {
                if (const unsigned now = first_beyond(made); now != beyond) {
                    beyond = now;
                    slot = 1;
                    for (auto& tree : model.slot) slot = std::min(slot, from_slot(tree, beyond));
                }
                invalid = match * (model.is_rep[state] / 2048.0) * slot;
            }
            chance *= 1 - invalid;
            if (chance < kUnlikely) proof -= std::log2(std::exchange(chance, 1));
        }
        if (!rc.bit(model.is_match[state][pos])) {
            if (full) return ended(Read::End::Wrong, "more content than the header says");
            auto back = [&](u64 n) { return window[at >= n ? at - n : at + room - n]; };
            u8 before = made ? back(1) : u8{0};
            size_t context = ((u32(made) & lit_mask) << shape.lc) + (before >> (8 - shape.lc));
            Prob* probs = &literals[kLiteral * context];
            if (!met[context]) {
                met[context] = true;
                std::memcpy(probs, kFresh.data(), kLiteral * sizeof(Prob));
            }
            u32 m = 1;
            if (state >= 7) {
                u32 byte = back(u64{reps[0]} + 1), same = 0x100;
                do {
                    byte <<= 1;
                    u32 b = byte & same;
                    u32 bit = rc.bit(probs[same + b + m]);
                    m = m << 1 | bit;
                    same &= bit ? b : ~b;
                } while (m < 0x100);
            } else {
                do m = m << 1 | rc.bit(probs[m]);
                while (m < 0x100);
            }
            if (rc.over) return ended(Read::End::Cut);
            put(u8(m));
            state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
            continue;
        }
        u32 length;
        if (rc.bit(model.is_rep[state])) {
            if (!made) return ended(Read::End::Wrong, "a match before there is anything");
            if (!rc.bit(model.is_rep0[state])) {
                if (!rc.bit(model.is_long[state][pos])) {
                    state = state < 7 ? 9 : 11;
                    length = 1;
                } else {
                    length = 0;
                }
            } else {
                u32 distance;
                if (!rc.bit(model.is_rep1[state])) {
                    distance = reps[1];
                } else {
                    if (!rc.bit(model.is_rep2[state])) {
                        distance = reps[2];
                    } else {
                        distance = reps[3];
                        reps[3] = reps[2];
                    }
                    reps[2] = reps[1];
                }
                reps[1] = reps[0];
                reps[0] = distance;
                length = 0;
            }
            if (!length) {
                length = rc.length(model.rep_length, pos) + kMinMatch;
                state = state < 7 ? 8 : 11;
            }
        } else {
            reps[3] = reps[2], reps[2] = reps[1], reps[1] = reps[0];
            length = rc.length(model.match_length, pos) + kMinMatch;
            state = state < 7 ? 7 : 10;
            const u32 coded = rc.tree(model.slot[std::min<u32>(length - kMinMatch, 3)], 6);
            beyond = kNone;
            u32 distance = coded;
            if (coded >= 4) {
                unsigned low = coded / 2 - 1;
                distance = (2 | (coded & 1)) << low;
                if (coded < kEndSlots)
                    distance += rc.reverse_tree(model.special + distance - coded, low);
                else {
                    distance += rc.direct(low - kAlignBits) << kAlignBits;
                    distance += rc.reverse_tree(model.align, kAlignBits);
                }
            }
            reps[0] = distance;
            if (distance == 0xFFFFFFFF) {
                rc.normalize();
                if (rc.over) return ended(Read::End::Cut);
                out.marker = true;
                bool whole = !rc.code && (!shape.size || full);
                return ended(whole ? Read::End::Whole : Read::End::Wrong, whole ? "" : "an end marker where none can be");
            }
        }
        if (rc.over) return ended(Read::End::Cut);
        u64 distance = u64{reps[0]} + 1;
        if (distance > made) return ended(Read::End::Wrong, "a match reaches back behind the beginning");
        if (distance > room) {
            if (distance <= shape.window) return cx.limit("memory");
            return ended(Read::End::Wrong, "a match reaches back farther than the dictionary");
        }
        out.farthest = std::max(out.farthest, distance);
        if (shape.size && length > *shape.size - made) return ended(Read::End::Wrong, "more content than the header says");
        while (length) {
            TRY_VOID(make_room());
            const u64 from = at >= distance ? at - distance : at + room - distance;
            const u64 n = std::min({u64{length}, room - at, room - from, std::max<u64>(kDeliver - (made - delivered), 1)});
            u8 *to = window.data() + at, *source = window.data() + from;
            if (distance >= n)
                std::memmove(to, source, n);  // across the ring's end it may lie shortly behind
            else if (distance == 1)
                std::memset(to, *source, n);
            else
                for (u64 i = 0; i < n; i++) to[i] = source[i];
            at += n, made += n, length -= u32(n);
        }
    }
}

Reader::Reader() : state_(std::make_unique_for_overwrite<State>()) {}
Reader::~Reader() = default;
Result<Read> Reader::read(ByteView in, const Shape& shape, const Take& take, Context& cx) { return state_->read(in, shape, take, cx); }

}  // namespace fieldstrip::lzma_reader
