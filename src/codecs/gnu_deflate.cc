// Source: GNU gzip 1.12, deflate.c and trees.c (what it does, byte for byte; no code of it was used). That its window keeps old bytes
// behind the end of the input and that it reads as much as fits matters: a match is sought over them, and of several the one that is
// longest there wins.
//
// What takes the time is to walk the chain of all that begins with the same three bytes, thousands of places long at level 9. Who looks for
// a match longer than one it has may walk the shorter chain of those that begin with the same four or six instead: each place knows how
// many steps of gzip's own chain it is away, so what gzip would have given up before is not taken.
#include "codecs/gnu_deflate.h"

#include <array>
#include <bit>

namespace fieldstrip::deflate {
namespace {

constexpr unsigned kWindow = 1 << 15, kMask = kWindow - 1, kMinMatch = 3, kMaxMatch = 258;
constexpr unsigned kMinAhead = kMaxMatch + kMinMatch + 1, kFarthest = kWindow - kMinAhead, kTooFar = 4096;
constexpr unsigned kHashShift = 5;
constexpr unsigned kWorthIndex = 128;  // steps of a chain, from which on shorter ones are worth keeping
constexpr unsigned kSymbols = 1 << 15, kGuessEach = 1 << 12;
constexpr unsigned kRsyncWindow = 4096;
constexpr unsigned kNone = ~0u;

struct Effort {
    unsigned good, lazy, nice, chain;
};
constexpr Effort kEfforts[10] = {{},
                                 {4, 4, 8, 4},
                                 {4, 5, 16, 8},
                                 {4, 6, 32, 32},
                                 {4, 4, 16, 16},
                                 {8, 16, 32, 32},
                                 {8, 16, 128, 128},
                                 {8, 32, 128, 256},
                                 {32, 128, 258, 1024},
                                 {32, 258, 258, 4096}};

u64 eight(const u8* at) {
    u64 v = 0;
    std::memcpy(&v, at, 8);
    return std::endian::native == std::endian::big ? __builtin_bswap64(v) : v;
}

u32 four_of(const u8* at) {
    u32 v = 0;
    std::memcpy(&v, at, 4);
    return v;
}

/// Bytes that are alike, the first `known` of which are known to be.
unsigned alike(const u8* one, const u8* other, unsigned known) {
    for (unsigned n = known; n < kMaxMatch; n += 8) {
        if (const u64 differs = eight(one + n) ^ eight(other + n)) return std::min(n + unsigned(std::countr_zero(differs)) / 8, kMaxMatch);
    }
    return kMaxMatch;
}

/// Places of the window, of each hash the newest or of each place one before it; 0 is none.
using Places = std::array<u16, kWindow>;

/// As the window is moved.
void move(Places& all) {
    for (auto& p : all) p = u16(std::max<u16>(p, kWindow) - kWindow);
}

/// The places, newest first, that begin with the same bytes (and some others: a hash decides).
struct Chains {
    Places head{}, before{};
    unsigned insert(unsigned hash, unsigned at) {
        const u16 was = std::exchange(head[hash], u16(at));
        before[at & kMask] = was;
        return was;
    }
    void slide() { move(head), move(before); }
};

/// Of N bytes, 15 bits.
template <unsigned N>
unsigned hash_of(const u8* at) {
    return unsigned((eight(at) << (64 - 8 * N)) * 0x9E3779B97F4A7C15 >> 49);
}

/// What finds long matches without walking gzip's chains: those of 4 and of 6 bytes, and which of its own chain each place is.
struct Index {
    Chains four, six;
    Places step{};
};

}  // namespace

struct GnuDeflate::State {
    State(int l, bool r) : effort(kEfforts[l]), level(l), rsyncable(r) {
        if (effort.chain >= kWorthIndex) index = std::make_unique<Index>();
    }

    const Effort effort;
    const int level;
    const bool rsyncable;
    BlockWriter out;
    Bytes waiting;  // input that is not in the window yet, from `taken` on
    size_t taken = 0;
    bool no_more = false;  // will come

    std::array<u8, 2 * kWindow + 16> window{};
    Chains chains;
    std::unique_ptr<Index> index;  // null: chains are short
    unsigned hash = 0, at = 0, ahead = 0, match_at = 0;
    i64 block = 0;  // where it begins, in the window or before
    bool begun = false, ended = false;

    unsigned length = 0, previous = kMinMatch - 1;  // of the match here and of that one byte before
    bool available = false;                         // the byte before is not written yet
    unsigned sync = kNone, sum = 0;                 // where rsync's sum says to cut; the sum

    void run();
    bool fill();
    bool fast_step();
    bool lazy_step();

    void hash_in(u8 c) { hash = (hash << kHashShift ^ c) & kMask; }
    unsigned insert(unsigned s) {
        hash_in(window[s + kMinMatch - 1]);
        const unsigned before = chains.insert(hash, s);
        if (index) {
            const u8* bytes = window.data() + s;
            index->step[s & kMask] = u16(index->step[before & kMask] + 1);
            index->four.insert(hash_of<4>(bytes), s);
            index->six.insert(hash_of<6>(bytes), s);
        }
        return before;
    }
    unsigned longest(unsigned candidate);
    void longer(const Chains&, unsigned steps, unsigned enough, unsigned& best);
    unsigned farthest() const { return at > kFarthest ? at - kFarthest : 0; }
    bool reachable(unsigned candidate) const { return candidate && at - candidate <= kFarthest && at <= 2 * kWindow - kMinAhead; }
    bool full() const;
    void roll(unsigned start, unsigned n);
    bool cut() { return rsyncable && sync != kNone && at > sync ? (sync = kNone, true) : false; }
    void end_block(bool last, bool align) {
        std::optional<ByteView> plain;
        if (block >= 0) plain = ByteView(window).subspan(u64(block), u64(i64(at) - block));
        out.end(plain, last, align);
        block = at;
    }
};

/// More input into the window; false where the caller has to bring it first.
bool GnuDeflate::State::fill() {
    unsigned more = 2 * kWindow - ahead - at;
    bool slides = at >= kWindow + kFarthest;
    if (slides) more += kWindow;
    if (!no_more && waiting.size() - taken < more) return false;
    if (slides) {
        std::memcpy(window.data(), window.data() + kWindow, kWindow);
        match_at -= kWindow;
        at -= kWindow;
        block -= kWindow;
        if (sync != kNone) sync -= kWindow;
        chains.slide();
        if (index) index->four.slide(), index->six.slide();
    }
    if (ended) return true;
    unsigned n = unsigned(std::min<size_t>(more, waiting.size() - taken));
    if (n == 0) {
        ended = true;
        std::memset(window.data() + at + ahead, 0, kMinMatch - 1);
        return true;
    }
    std::memcpy(window.data() + at + ahead, waiting.data() + taken, n);
    taken += n;
    ahead += n;
    return true;
}

/// Goes on for a match longer than `best`, at least as many bytes as that chain is of, until `best` is `enough`.
inline void GnuDeflate::State::longer(const Chains& of, unsigned steps, unsigned enough, unsigned& best) {
    constexpr unsigned kOften = 64;
    const unsigned limit = farthest();
    const u8* scan = window.data() + at;
    const u16 step = index->step[at & kMask];
    unsigned passed = 0;
    for (unsigned candidate = of.before[at & kMask]; candidate > limit && best < enough; candidate = of.before[candidate & kMask]) {
        const u8* match = window.data() + candidate;
        // How many steps it is away need not be known of one that is no longer; but there may be very many of these.
        if (four_of(match + best - 3) != four_of(scan + best - 3) && ++passed % kOften != 0) continue;
        const unsigned n = alike(scan, match, 0);
        if (n < kMinMatch) continue;  // it only has the same hash, and is of another chain
        if (u16(step - index->step[candidate & kMask]) > steps) return;
        if (n > best) match_at = candidate, best = n;
    }
}

unsigned GnuDeflate::State::longest(unsigned candidate) {
    const unsigned steps = previous >= effort.good ? effort.chain >> 2 : effort.chain, limit = farthest();
    unsigned chain = steps, best = previous;
    const u8* scan = window.data() + at;
    // The first one may be as far away as no other may.
    if (!index || best < kMinMatch || candidate <= limit) do {
            const u8* match = window.data() + candidate;
            if (match[best] != scan[best] || match[best - 1] != scan[best - 1] || match[0] != scan[0] || match[1] != scan[1]) continue;
            if (unsigned n = alike(scan, match, kMinMatch); n > best) {
                match_at = candidate;
                best = n;
                if (n >= effort.nice) return best;
                if (index) break;
            }
        } while ((candidate = chains.before[candidate & kMask]) > limit && --chain);
    if (index && best >= kMinMatch) {
        longer(index->four, steps, 5, best);
        if (best > 4) longer(index->six, steps, effort.nice, best);
    }
    return best;
}

/// Whether the block ends here: there is no room for more symbols, or it is guessed that what comes is of another kind.
bool GnuDeflate::State::full() const {
    const auto symbols = out.symbols(), matches = out.matches();
    if (level > 2 && symbols % kGuessEach == 0) {
        u64 in = u64(i64(at) - block), guess = (symbols * 8 + out.distance_bits()) >> 3;
        if (matches < symbols / 2 && guess < in / 2) return true;
    }
    return symbols == kSymbols - 1 || matches == kSymbols;
}

void GnuDeflate::State::roll(unsigned start, unsigned n) {
    if (!rsyncable) return;
    for (unsigned i = start; i < start + n; i++) {
        sum += window[i];
        if (i < kRsyncWindow) continue;
        sum -= window[i - kRsyncWindow];
        if (sync == kNone && sum % kRsyncWindow == 0) sync = i;
    }
}

bool GnuDeflate::State::fast_step() {
    unsigned candidate = insert(at);
    if (reachable(candidate)) length = std::min(longest(candidate), ahead);
    bool ends;
    if (length >= kMinMatch) {
        out.match(length, at - match_at);
        ends = full();
        ahead -= length;
        roll(at, length);
        if (length <= effort.lazy) {
            for (length--; length; length--) insert(++at);
            at++;
        } else {
            at += length;
            length = 0;
            hash = window[at];
            hash_in(window[at + 1]);
        }
    } else {
        out.literal(window[at]);
        ends = full();
        roll(at, 1);
        ahead--;
        at++;
    }
    bool syncs = cut();
    if (ends || syncs) end_block(false, syncs);
    return true;
}

bool GnuDeflate::State::lazy_step() {
    unsigned candidate = insert(at);
    previous = length;
    const unsigned previous_at = match_at;
    length = kMinMatch - 1;
    if (previous < effort.lazy && reachable(candidate)) {
        length = std::min(longest(candidate), ahead);
        if (length == kMinMatch && at - match_at > kTooFar) length--;
    }
    if (previous >= kMinMatch && length <= previous) {
        out.match(previous, at - 1 - previous_at);
        bool ends = full();
        ahead -= previous - 1;
        previous -= 2;
        roll(at, previous + 1);
        for (; previous; previous--) insert(++at);
        available = false;
        length = kMinMatch - 1;
        at++;
        bool syncs = cut();
        if (ends || syncs) end_block(false, syncs);
        return true;
    }
    bool ends = false;
    if (available) out.literal(window[at - 1]), ends = full();
    bool syncs = cut();
    if (ends || syncs) end_block(false, syncs);
    available = true;
    roll(at, 1);
    at++;
    ahead--;
    return true;
}

void GnuDeflate::State::run() {
    const bool lazy = level > 3;
    for (;;) {
        while (ahead < kMinAhead && !ended)
            if (!fill()) return;
        if (!begun) {
            begun = true;
            hash_in(window[0]);
            hash_in(window[1]);
            if (lazy) length = kMinMatch - 1;
        }
        if (!ahead) break;
        lazy ? lazy_step() : fast_step();
    }
    if (available) out.literal(window[at - 1]);
    end_block(true, false);
}

GnuDeflate::GnuDeflate(int level, bool rsyncable) : state_(std::make_unique<State>(level, rsyncable)) {}
GnuDeflate::~GnuDeflate() = default;

void GnuDeflate::feed(ByteView in) {
    auto& s = *state_;
    s.waiting.erase(s.waiting.begin(), s.waiting.begin() + i64(s.taken));
    s.taken = 0;
    s.waiting.insert(s.waiting.end(), in.begin(), in.end());
    s.run();
}

void GnuDeflate::finish() {
    state_->no_more = true;
    state_->run();
}

Bytes GnuDeflate::take() { return state_->out.take(); }

}  // namespace fieldstrip::deflate
