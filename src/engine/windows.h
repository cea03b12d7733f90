// How all magics are looked for at once, chosen when the program is built: of each magic the three neighbouring bytes that are rarest (its
// window; of a magic of two bytes these), and the windows in 16 buckets so that few other bytes pass for one of a bucket's. Each place of a
// window has a set of buckets for either half of a byte; a place of the space is a candidate where all six sets have a bucket in common.
//
// The method is Hyperscan's "Teddy" (github.com/intel/hyperscan, src/fdr/teddy.c).
#pragma once
#include <array>

#include "model/magic.h"

namespace fieldstrip {

struct Format;

/// A format and the bytes by which it is found.
struct Sought {
    const Format* format;
    std::span<const Magic> magics;
};

struct Windows {
    static constexpr size_t kWidth = 3, kBuckets = 16, kMost = 255;
    struct Key {
        std::string_view magic;
        const Format* format;
        u32 offset;  // of the magic, in the format
        u32 window;  // its bytes, the first lowest; above them how many they are
        u32 at;      // of the window, in the magic
        u64 head;    // the magic's first bytes, up to 8, as they are loaded; zeros behind them
        u64 care;    // which of the 8 they are
    };
    /// Keys with one window stand together.
    struct Keys {
        u16 range;  // the first; above it the one behind the last. 0: none
        constexpr unsigned first() const { return range & 255; }
        constexpr unsigned end() const { return range >> 8; }
    };
    struct Slot {
        u32 window;  // 0: none
        Keys keys;
    };
    /// The windows of one width: each has a slot that is its own.
    template <u32 width, unsigned bits>
    struct Slots {
        u32 factor = 0;
        std::array<Slot, size_t{1} << bits> slots = {};
        static constexpr u32 bytes_of(u32 word) { return word & ((1u << 8 * width) - 1); }
        constexpr size_t of(u32 word) const { return bytes_of(word) * factor >> (32 - bits); }
        /// The keys whose window the word begins with.
        constexpr Keys keys_of(u32 word) const {
            const Slot& slot = slots[of(word)];
            return {u16(slot.keys.range & -int{slot.window == with_width(bytes_of(word), width)})};  // without a branch
        }
    };
    /// Of each place in a window, of each half of the buckets (the first has the windows of two bytes: any third byte passes there), of a
    /// byte's low and of its high half: which buckets go on.
    std::array<std::array<std::array<std::array<u8, 16>, 2>, 2>, kWidth> halves = {};
    /// The same of whole bytes, of all buckets.
    std::array<std::array<u16, 256>, kWidth> bytes = {};
    /// What processors look up that have tables of 64 and of 128; a bucket has the bytes of its own windows alone. Of the windows of two
    /// bytes: of each place, of a byte's lower and of its upper six bits. Of those of three: of each place, of a byte's lower seven bits.
    std::array<std::array<std::array<u8, 64>, 2>, 2> sixes = {};
    std::array<std::array<u8, 128>, kWidth> sevens = {};
    std::array<Key, kMost> keys = {};
    size_t count = 0;
    Slots<2, 8> twos;
    Slots<3, 10> threes;

    static constexpr u32 with_width(u32 bytes, u32 width) { return bytes | width << 24; }
};

namespace windows {

/// How often a half of a byte has a value, in 64ths: between noise (4 each), files of real devices (3.6 each; 7 of 0, 5.7 of F) and 64 MiB
/// of shared libraries (19 and 21 of 0, whose runs are jumped over; of the high halves 8 of 4 and 6 of 8).
constexpr std::array<u8, 16> kLow = {8, 4, 3, 3, 4, 4, 3, 3, 5, 4, 3, 3, 3, 3, 3, 5},
                             kHigh = {10, 3, 3, 3, 6, 3, 4, 4, 5, 3, 3, 3, 3, 3, 3, 5};

/// What halves can't tell: pairs of bytes that x86-64's code is full of (prefixes 48, 49, 4C before mov, lea, test, add; small numbers), in
/// 10 000ths of the pairs of 64 MiB of shared libraries.
struct Pair {
    u8 first, second;
    u16 often;
};
constexpr Pair kPairs[] = {{0x48, 0x8B, 148}, {0x01, 0x00, 121}, {0x48, 0x89, 110}, {0x00, 0x48, 102}, {0xFF, 0x48, 70}, {0x48, 0x8D, 64},
                           {0x08, 0x00, 56},  {0x4C, 0x89, 53},  {0x00, 0x08, 48},  {0x8B, 0x45, 47},  {0x48, 0x83, 40}, {0xFE, 0xFF, 39},
                           {0x85, 0xC0, 27},  {0x48, 0x85, 25},  {0x49, 0x89, 24},  {0x02, 0x00, 23},  {0x89, 0x45, 22}, {0x0F, 0x84, 21}};

/// What passes, in 64ths, of a set of values of either half.
constexpr auto kPass = [] {
    std::array<std::array<std::array<u8, 256>, 2>, 2> out{};
    for (unsigned set = 0; set < 256; set++)
        for (unsigned bit = 0; bit < 8; bit++)
            if (set >> bit & 1)
                for (unsigned half = 0; half < 2; half++)
                    out[0][half][set] = u8(out[0][half][set] + kLow[half * 8 + bit]),
                    out[1][half][set] = u8(out[1][half][set] + kHigh[half * 8 + bit]);
    return out;
}();

struct Merged {
    u64 passes = 0;      // of what is looked through
    size_t nearest = 0;  // that it would be put together with
    u64 more = 0;        // what would pass then beside what passes both now
    bool merged = false;
};

struct Bucket : Merged {
    std::array<std::array<u16, 2>, Windows::kWidth> values = {};  // of each place: the low and the high halves that pass
    std::array<u32, 4> pairs = {};  // a bit for each pair of which this half, of the four in two bytes, passes

    /// What would pass both as one.
    constexpr u64 together(const Bucket& o) const {
        u64 out = 1, last = 1;
        for (size_t i = 0; i < values.size(); i++) {
            const unsigned low = values[i][0] | o.values[i][0], high = values[i][1] | o.values[i][1];
            last = (kPass[0][0][low & 255] + kPass[0][1][low >> 8]) * (kPass[1][0][high & 255] + kPass[1][1][high >> 8]);
            out *= last;
        }
        // Of a pair that begins a window, as many third bytes pass as of any.
        const u32 begin = (pairs[0] | o.pairs[0]) & (pairs[1] | o.pairs[1]) & (pairs[2] | o.pairs[2]) & (pairs[3] | o.pairs[3]);
        if (!begin) return out;
        for (size_t i = 0; i < std::size(kPairs); i++)
            if (begin >> i & 1) out += kPairs[i].often * (u64{64} * 64 * 64 * 64) / 10000 * last;
        return out;
    }
    constexpr void take(const Bucket& o) {
        for (size_t i = 0; i < values.size(); i++)
            for (unsigned half = 0; half < 2; half++) values[i][half] |= o.values[i][half];
        for (size_t i = 0; i < pairs.size(); i++) pairs[i] |= o.pairs[i];
        passes = together(*this);
    }
};

/// Of windows of two bytes, for processors with tables of 64: of either place, which values of the lower and of the upper six bits pass.
/// They share four bits, so that other windows pass than by halves, and fewer.
struct Sixes : Merged {
    std::array<std::array<u64, 2>, 2> values = {};

    /// Bytes that pass at a place.
    static constexpr unsigned bytes(u64 low, u64 high) {
        unsigned out = 0;
        for (unsigned v = 0; v < 256; v++) out += unsigned(low >> (v & 63) & high >> (v >> 2) & 1);
        return out;
    }
    constexpr u64 together(const Sixes& o) const {
        u64 out = 1;
        for (size_t i = 0; i < values.size(); i++) out *= bytes(values[i][0] | o.values[i][0], values[i][1] | o.values[i][1]);
        return out;
    }
    constexpr void take(const Sixes& o) {
        for (size_t i = 0; i < values.size(); i++)
            for (unsigned part = 0; part < 2; part++) values[i][part] |= o.values[i][part];
        passes = together(*this);
    }
};
constexpr Sixes sixes_of(u32 window) {
    Sixes out;
    for (size_t i = 0; i < out.values.size(); i++, window >>= 8) out.values[i] = {u64{1} << (window & 63), u64{1} << (window >> 2 & 63)};
    out.passes = 1;
    return out;
}

constexpr Bucket bucket_of(std::string_view bytes) {
    Bucket out;
    for (size_t i = 0; i < out.values.size(); i++) {
        auto c = i < bytes.size() ? u8(bytes[i]) : u8{};
        out.values[i] = {u16(i < bytes.size() ? 1 << (c & 15) : 0xFFFF), u16(i < bytes.size() ? 1 << (c >> 4) : 0xFFFF)};
    }
    for (size_t i = 0; i < std::size(kPairs); i++) {
        const u8 halves[] = {u8(kPairs[i].first & 15), u8(kPairs[i].first >> 4), u8(kPairs[i].second & 15), u8(kPairs[i].second >> 4)};
        for (size_t k = 0; k < 4; k++)
            if (out.values[k / 2][k % 2] >> halves[k] & 1) out.pairs[k] |= u32{1} << i;
    }
    out.passes = out.together(out);
    return out;
}

/// Where in a magic its rarest window is; never bytes that are all the same: runs are jumped over.
constexpr u32 rarest(std::string_view magic) {
    const size_t width = std::min(magic.size(), Windows::kWidth);
    u32 best = 0;
    u64 least = ~u64{0};
    for (u32 i = 0; i + width <= magic.size(); i++) {
        auto window = magic.substr(i, width);
        if (window.find_first_not_of(window[0]) == window.npos) continue;
        if (auto passes = bucket_of(window).passes; passes < least) least = passes, best = i;
    }
    return best;
}

/// Puts those together that cost the least, until they are eight.
template <class Bucket>
constexpr void merge(std::span<Bucket> buckets) {
    auto find_nearest = [&](Bucket& b) {
        b.more = ~u64{0};
        for (size_t i = 0; i < buckets.size(); i++) {
            if (&buckets[i] == &b || buckets[i].merged) continue;
            const u64 apart = b.passes + buckets[i].passes, together = b.together(buckets[i]), more = std::max(together, apart) - apart;
            if (more < b.more) b.more = more, b.nearest = i;
        }
    };
    for (auto& b : buckets) find_nearest(b);
    for (size_t left = buckets.size(); left > Windows::kBuckets / 2; left--) {
        size_t best = buckets.size();
        for (size_t i = 0; i < buckets.size(); i++)
            if (!buckets[i].merged && (best == buckets.size() || buckets[i].more < buckets[best].more)) best = i;
        const size_t other = buckets[best].nearest;
        buckets[best].take(buckets[other]);
        buckets[other].merged = true;
        for (size_t i = 0; i < buckets.size(); i++)
            if (!buckets[i].merged && (i == best || buckets[i].nearest == best || buckets[i].nearest == other)) find_nearest(buckets[i]);
    }
}

/// Numbers are tried until each window has a slot of its own.
template <u32 width, unsigned bits>
constexpr void fill(Windows::Slots<width, bits>& to, std::span<const Windows::Key> keys) {
    for (u32 factor = 0x9E3779B1;; factor = factor * 1664525 + 1013904223) {
        to = {factor | 1, {}};
        bool good = true;
        for (size_t i = 0; i < keys.size() && good; i++) {
            const u32 window = keys[i].window;
            if (window >> 24 != width) continue;
            auto& slot = to.slots[to.of(window)];
            good = !slot.window || slot.window == window;
            slot = {window, {u16((slot.window ? slot.keys.first() : i) | (i + 1) << 8)}};
        }
        if (good) return;
    }
}

/// For as many magics as `kMost`, of two bytes at least that are not all the same: more or others don't compile.
constexpr Windows choose(std::span<const Sought> all) {
    Windows out;
    for (auto& [format, magics] : all) {
        for (auto& m : magics) {
            if (m.bytes.size() < 2 || m.bytes.size() > 255 || m.bytes.find_first_not_of(m.bytes[0]) == m.bytes.npos)
                throw "a magic is two bytes at least, 255 at most, and not all of them the same";
            if (out.count == Windows::kMost)
                throw "there is room for 255 magics of all formats (Windows::kMost, and the keys' indices are bytes)";
            const u32 at = rarest(m.bytes), width = u32(std::min(m.bytes.size(), Windows::kWidth));
            Windows::Key key{m.bytes, format, m.offset, 0, at, 0, 0};
            for (u32 i = 0; i < width; i++) key.window |= u32{u8(m.bytes[at + i])} << (8 * i);
            key.window = Windows::with_width(key.window, width);
            for (u32 i = 0; i < m.bytes.size() && i < 8; i++) key.head |= u64{u8(m.bytes[i])} << (8 * i), key.care |= u64{255} << (8 * i);
            size_t place = out.count++;
            for (; place && out.keys[place - 1].window > key.window; place--) out.keys[place] = out.keys[place - 1];
            out.keys[place] = key;
        }
    }
    std::array<Bucket, Windows::kMost> buckets = {};
    for (size_t i = 0; i < out.count; i++) {
        auto& key = out.keys[i];
        buckets[i] = bucket_of(key.magic.substr(key.at, Windows::kWidth));
    }
    fill(out.twos, std::span(out.keys).first(out.count));
    fill(out.threes, std::span(out.keys).first(out.count));
    // Windows of two bytes come first among the keys, and have the first eight buckets.
    const size_t threes = size_t(std::partition_point(out.keys.begin(), out.keys.begin() + out.count,
                                                      [](auto& key) { return key.window < Windows::with_width(0, 3); }) -
                                 out.keys.begin());
    merge(std::span(buckets).first(threes));
    merge(std::span(buckets).subspan(threes, out.count - threes));
    unsigned bit = 0;
    for (size_t i = 0; i < out.count; i++) {
        if (i == threes) bit = Windows::kBuckets / 2;
        if (buckets[i].merged) continue;
        for (size_t place = 0; place < Windows::kWidth; place++) {
            auto [low, high] = buckets[i].values[place];
            for (unsigned v = 0; v < 16; v++) {
                if (low >> v & 1) out.halves[place][bit / 8][0][v] |= u8(1 << bit % 8);
                if (high >> v & 1) out.halves[place][bit / 8][1][v] |= u8(1 << bit % 8);
            }
            for (unsigned v = 0; v < 256; v++)
                if (low >> (v & 15) & high >> (v >> 4) & 1) out.bytes[place][v] |= u16(1 << bit);
        }
        bit++;
    }
    for (size_t i = threes; i < out.count; i++) {
        const u32 window = out.keys[i].window, bytes[] = {window & 255, window >> 8 & 255, window >> 16 & 255};
        const u32 passed = out.bytes[0][bytes[0]] & out.bytes[1][bytes[1]] & out.bytes[2][bytes[2]] & 0xFF00, bucket = passed & -passed;
        for (size_t place = 0; place < 3; place++) out.sevens[place][bytes[place] & 127] |= u8(bucket >> 8);
    }
    std::array<Sixes, Windows::kMost> sixes = {};
    for (size_t i = 0; i < threes; i++) sixes[i] = sixes_of(out.keys[i].window);
    merge(std::span(sixes).first(threes));
    u8 bucket = 1;
    for (auto& s : std::span(sixes).first(threes)) {
        if (s.merged) continue;
        for (size_t place = 0; place < 2; place++)
            for (unsigned v = 0; v < 64; v++)
                for (unsigned part = 0; part < 2; part++)
                    if (s.values[place][part] >> v & 1) out.sixes[place][part][v] |= bucket;
        bucket = u8(bucket << 1);
    }
    return out;
}

}  // namespace windows
}  // namespace fieldstrip
