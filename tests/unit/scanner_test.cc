// What is found at the speed of memory is what a search byte by byte finds.
#include "engine/scanner.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/mapper.h"
#include "engine/registry.h"
#include "engine/teddy.h"
#include "tests/random.h"

namespace fieldstrip {
namespace {

using namespace std::literals;

const Windows& windows() { return registry_windows(); }
std::span<const Windows::Key> keys() { return std::span(windows().keys).first(windows().count); }

std::vector<teddy::Isa> isas() {
    std::vector<teddy::Isa> out{teddy::Isa::Plain};
    for (auto isa : {teddy::Isa::Ssse3, teddy::Isa::Avx2, teddy::Isa::Avx512})
        if (isa <= teddy::best()) out.push_back(isa);
    return out;
}

/// Whether a window may begin at p, by the tables that the processor looks up.
bool is_candidate(teddy::Isa isa, const u8* p) {
    auto& w = windows();
    if (isa != teddy::Isa::Avx512) return w.bytes[0][p[0]] & w.bytes[1][p[1]] & w.bytes[2][p[2]];
    u8 two = 0xFF, three = 0xFF;
    for (size_t i = 0; i < 2; i++) two &= w.sixes[i][0][p[i] & 63] & w.sixes[i][1][p[i] >> 2];
    for (size_t i = 0; i < 3; i++) three &= w.sevens[i][p[i] & 127];
    return two | three;
}

void put(Bytes& b, u64 at, std::string_view bytes) { std::copy(bytes.begin(), bytes.end(), b.begin() + i64(at)); }

/// Noise; text; numbers with zeros; one magic over and over; pieces of many.
std::vector<Bytes> inputs(u64 size) {
    Random r{19};
    std::vector<Bytes> out{r.noise(size), Bytes(size), Bytes(size), Bytes(size)};
    for (auto& c : out[1]) c = u8("etaoin shrdlu=\n\0bootcmd"[r.below(24)]);
    for (size_t i = 0; i < size; i++) out[2][i] = i % 4 ? 0 : u8(r.next());
    for (size_t at = 0; at < size;) {
        auto magic = keys()[r.below(keys().size())].magic.substr(0, 1 + r.below(8));
        magic = magic.substr(0, size - at);
        put(out[3], at, magic);
        at += magic.size();
    }
    for (auto& k : keys()) {
        Bytes one(size);
        for (size_t at = 0; at < size; at++) one[at] = u8(k.magic[at % k.magic.size()]);
        out.push_back(std::move(one));
    }
    return out;
}

TEST(Teddy, EachProcessorFindsTheSame) {
    constexpr u64 kMost = 200, kAligned = 64;
    std::vector<u32> places(teddy::kRoom);
    for (auto& input : inputs(kMost + kAligned + teddy::kBeyond)) {
        for (u64 from = 0; from < kAligned; from += from < 8 ? 1 : 7) {
            for (u64 n = 0; n <= kMost; n += n < 70 || n > 190 ? 1 : 9) {
                // In memory of its own, so that the sanitizer sees what is read behind it.
                Bytes own(input.begin() + i64(from), input.begin() + i64(from + n + teddy::kBeyond));
                u64 end = 0, filled = 0;
                for (; end < n && !std::equal(&own[end], &own[end + 63], &own[end + 1]); end += 64)
                    for (u64 i = end; i < end + 64; i += 2) filled |= u64{own[i] == own[i + 1] && (!own[i] || own[i] == 0xFF)} << end / 64;
                for (auto isa : isas()) {
                    std::vector<u32> expected;
                    for (u64 i = 0; i < std::min(end, n); i++)
                        if (is_candidate(isa, &own[i])) expected.push_back(u32(i));
                    auto swept = teddy::sweep(windows(), own.data(), n, places.data(), isa);
                    ASSERT_EQ(swept.end, std::min(end, n));
                    ASSERT_EQ(swept.filled, filled);
                    ASSERT_EQ(std::vector(places.begin(), places.begin() + i64(swept.count)), expected)
                        << int(isa) << " " << from << " " << n;
                }
            }
        }
    }
}

TEST(Teddy, PlacesHaveRoomWhereAllOfThemAreCandidates) {
    Bytes all(teddy::kMost + teddy::kBeyond);
    const u32 window = keys()[0].window;  // of two bytes
    for (size_t i = 0; i < all.size(); i++) all[i] = u8(window >> (i % 2 ? 8 : 0));
    for (auto isa : isas()) {
        std::vector<u32> places(teddy::kRoom);
        auto swept = teddy::sweep(windows(), all.data(), teddy::kMost, places.data(), isa);
        EXPECT_GE(swept.count, teddy::kMost / 2);
    }
}

/// What formats look for themselves is found by the scanner, which asks them of few places, as by themselves of all.
TEST(Scanner, AsksWhatLooksForItselfWhereItMayBe) {
    const Scanner scanner(registry_windows(), registry());
    for (auto* format : registry()) {
        if (!format->find) continue;
        Random r{7};
        size_t all = 0;
        for (unsigned round = 0; round < 4000; round++) {
            Bytes space = r.noise(1 + r.below(3000));
            for (u64 at = r.below(200); at < space.size();
                 at += 1 + r.below(400)) {  // runs of filler of all lengths, and what lies before them
                const u64 n = std::min<u64>(r.below(4) ? r.below(14) : r.below(300), space.size() - at);
                std::fill_n(space.begin() + i64(at), n, r.below(2) ? 0 : 0xFF);
                // LZMA's header before it: of a size that is not known, or of 1 to 4 bytes; then the range coder's 0.
                const std::string_view known = "\x5D\0\0\x80\0\1\2\3\4\0\0\0\0\0"sv,
                                       unknown = "\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0"sv;
                auto header = r.below(2) ? known : unknown;
                if (at >= header.size() && r.below(2)) put(space, at - header.size(), header);
                at += n;
            }
            const u64 from = r.below(space.size()), size = 1 + r.below(space.size() - from);
            std::vector<u64> expected;
            format->find(space, {from, size}, expected);
            all += expected.size();
            Scanner::Found found;
            scanner.scan(space, {from, size}, found, true);
            for (u64 at : expected)
                EXPECT_TRUE(std::ranges::count(found.hits, Hit{at, format}) == 1) << format->id << " at " << at << " in round " << round;
        }
        EXPECT_GT(all, 500u) << format->id;
    }
}

/// What a long repeat lets the scanner jump over is what it would have denied.
TEST(Scanner, DeniesInALongRepeatWhatItDeniesInPieces) {
    const Scanner scanner(registry_windows(), registry());
    Random r{3};
    for (auto& k : keys()) {
        for (u64 unit : {u64{k.magic.size()}, u64{k.magic.size() + 1}, u64{32}}) {
            Bytes space = r.noise(40000), one = r.noise(unit);
            put(one, 0, k.magic);
            for (u64 at = 3000 + r.below(100), end = 36000 + r.below(100); at < end; at++) space[at] = one[at % unit];
            Scanner::Found whole, pieces;
            scanner.scan(space, {0, space.size()}, whole);
            for (u64 at = 0; at < space.size(); at += 1000) scanner.scan(space, {at, 1000}, pieces);
            std::ranges::stable_sort(pieces.hits, {}, [](auto& hit) { return std::pair(hit.at, hit.format->id); });
            EXPECT_EQ(whole.hits.size(), pieces.hits.size()) << k.format->id;
            EXPECT_TRUE(whole.hits == pieces.hits) << k.format->id << " in " << unit;
        }
    }
}

TEST(Scanner, AsksOnlyTheFirstOfARowWhereAFormatSaysSo) {
    const Scanner scanner(registry_windows(), registry());
    for (auto& k : keys()) {
        if (!k.format->first_only) continue;
        Bytes space(1000, 0x81);
        const u64 at = 300, size = k.magic.size();
        for (u64 i = 0; i < 3; i++) put(space, at + i * size, k.magic);
        Scanner::Found found;
        scanner.scan(space, {0, space.size()}, found);
        EXPECT_EQ(std::ranges::count(found.hits, k.format, &Hit::format), 1);
        EXPECT_EQ(std::ranges::count(found.hits, Hit{at - k.offset, k.format}), 1);
        Context cx;
        EXPECT_FALSE(k.format->recognise(space, at + size, cx));
        EXPECT_FALSE(k.format->recognise(space, at + 2 * size, cx));
    }
}

TEST(Windows, EachMagicHasOneThatIsFound) {
    std::set<u32> buckets;
    for (auto& k : keys()) {
        const u64 width = std::min<u64>(k.magic.size(), Windows::kWidth);
        auto window = k.magic.substr(k.at, width);
        EXPECT_EQ(window.size(), width);
        EXPECT_NE(window.find_first_not_of(window[0]), window.npos) << "bytes that are all the same are jumped over";
        u32 passes = 0xFFFF;
        for (u64 i = 0; i < width; i++) passes &= windows().bytes[i][u8(window[i])];
        EXPECT_TRUE(passes) << k.format->id;
        u8 window3[3] = {};
        std::copy(window.begin(), window.end(), window3);
        EXPECT_TRUE(is_candidate(teddy::Isa::Avx512, window3)) << k.format->id;
        const auto some = width == 2 ? windows().twos.keys_of(k.window) : windows().threes.keys_of(k.window);
        const auto self = u64(&k - windows().keys.data());
        EXPECT_TRUE(some.first() <= self && self < some.end()) << k.format->id;
    }
    for (unsigned place = 0; place < Windows::kWidth; place++)
        for (unsigned v = 0; v < 256; v++)
            for (unsigned half = 0; half < 2; half++) {
                auto& tables = windows().halves[place][half];
                EXPECT_EQ(tables[0][v & 15] & tables[1][v >> 4], windows().bytes[place][v] >> (8 * half) & 255);
            }
}

using Places = std::vector<std::pair<u64, std::string_view>>;

Places naive(ByteView space, Extent range) {
    static const auto by_first = [] {
        std::array<std::vector<const Windows::Key*>, 256> out;
        for (auto& k : keys()) out[u8(k.magic[0])].push_back(&k);
        return out;
    }();
    std::set<Places::value_type> out;
    for (u64 at = 0; at < space.size(); at++)
        for (auto* k : by_first[space[at]])
            if (const u64 window = at + k->at;
                at >= k->offset && window >= range.offset && window < range.end() && starts_with(space.subspan(at), k->magic))
                out.emplace(at - k->offset, k->format->id);
    return {out.begin(), out.end()};
}

/// Of what formats look for themselves only that is kept which a magic finds too: it is not what is tested here.
Places scanned(ByteView space, Extent range, const Places& expected) {
    static const Scanner scanner(registry_windows(), registry());
    Scanner::Found found;
    scanner.scan(space, range, found, true);
    EXPECT_TRUE(std::ranges::is_sorted(found.hits, {}, &Hit::at));
    std::set<Places::value_type> out;
    for (auto& hit : found.hits)
        if (!hit.format->find || std::ranges::binary_search(expected, std::pair(hit.at, hit.format->id)))
            out.emplace(hit.at, hit.format->id);
    return {out.begin(), out.end()};
}

void expect_same(ByteView space, Extent range) {
    auto expected = naive(space, range);
    EXPECT_EQ(scanned(space, range, expected), expected) << range.offset << " " << range.size << " of " << space.size();
}

TEST(Scanner, FindsEachMagicAtAnyPlace) {
    Random r{7};
    for (auto& k : keys()) {
        const u64 size = k.magic.size(), before = k.offset;
        for (u64 behind : {u64{0}, u64{1}, u64{2}, u64{63}, u64{64}, u64{65}, u64{200}})  // down to the last bytes of a space
            for (u64 at : {before, before + 1, before + 61}) {
                auto space = r.noise(at + size + behind);
                put(space, at, k.magic);
                expect_same(space, {0, space.size()});
            }
        // Where the scanner goes on from one stretch to the next, and one thread from another's.
        auto space = r.noise(9000 + before);
        for (u64 i = 0; i < size + 4; i++) {
            auto here = space;
            const u64 at = 4096 + before / 512 * 512 - i;
            if (at < before) continue;
            put(here, at, k.magic);
            expect_same(here, {0, here.size()});
            expect_same(here, {0, 4096}), expect_same(here, {4096, here.size() - 4096});
        }
        // Behind runs and before them: one of its own bytes too.
        for (u8 value : {u8{0}, u8{255}, u8(k.magic.front()), u8(k.magic.back())})
            for (u64 run : {63, 64, 65, 127, 128, 300, 5000}) {
                Bytes here(before + run + size + run + before + 64, value);
                put(here, before + run, k.magic);
                expect_same(here, {0, here.size()});
                expect_same(here, {0, before + run + 1}), expect_same(here, {before + run + 1, here.size() - before - run - 1});
            }
    }
}

TEST(Scanner, FindsMagicsNextToEachOtherInAnyRanges) {
    Random r{11};
    for (auto& input : inputs(20000)) {
        expect_same(input, {0, input.size()});
        for (u64 at = 0; at < input.size();) {
            const u64 n = std::min<u64>(1 + r.below(6000), input.size() - at);
            expect_same(input, {at, n});
            at += n;
        }
    }
}

TEST(Scanner, FindsEachMagicAroundTheBordersOfChunks) {
    Random r{13};
    auto space = r.noise((u64{1} << 20) + (u64{1} << 17));
    size_t i = 0;
    for (u64 border : {u64{64} << 10, u64{128} << 10, u64{256} << 10, u64{512} << 10, u64{1} << 20})
        for (u64 back = 40; back > 0; back -= 8) {
            auto& k = keys()[i++ * 7 % keys().size()];
            put(space, border - back + k.magic.size() / 2, k.magic);
        }
    for (u64 chunk : {u64{64} << 10, u64{512} << 10, u64{1} << 20})
        for (u64 at = 0; at < space.size(); at += chunk) expect_same(space, {at, std::min(chunk, space.size() - at)});
}

/// The contract's rule: runs of 256 bytes and more are padding, and what is of one value between two borders.
std::map<u64, std::pair<u64, int>> padding_of(ByteView space, std::span<const u64> borders) {
    std::map<u64, std::pair<u64, int>> out;
    u64 from = 0;
    auto part = [&](u64 to) {
        u64 rest = from;
        auto close = [&](u64 end) {
            if (rest < end) out[rest] = {end - rest, one_value(space.subspan(rest, end - rest)).has_value() ? space[rest] : -1};
        };
        for (u64 at = from; at < to;) {
            u64 end = at;
            while (end < to && space[end] == space[at]) end++;
            if (end - at >= 256) close(at), out[at] = {end - at, space[at]}, rest = end;
            at = end;
        }
        close(to);
        from = to;
    };
    for (u64 b : borders) part(b);
    part(space.size());
    return out;
}

void expect_padding(const Bytes& bytes, std::span<const u64> borders, unsigned threads) {
    Context cx({}, threads);
    std::map<u64, std::pair<u64, int>> found;
    for (auto& tile : map_space(Buffer::own(bytes), borders, cx)) {
        ASSERT_TRUE(tile.format == &padding || tile.format == &unknown) << tile.format->id;
        found[tile.extent.offset] = {tile.extent.size, tile.format == &padding ? tile.pad : -1};
    }
    EXPECT_EQ(found, padding_of(bytes, borders));
}

TEST(Mapper, PaddingIsExactlyWhereTheRunsAre) {
    Random r{23};
    constexpr u64 kSizes[] = {1,   2,   3,   62,  63,  64,  65,  66,  126, 127, 128,  129,  191, 192,
                              193, 254, 255, 256, 257, 258, 300, 319, 320, 321, 1000, 4095, 4097};
    for (int round = 0; round < 60; round++) {
        Bytes bytes;
        const u64 most = round < 50 ? 20000 : 700000;
        while (bytes.size() < most) {
            auto between = r.noise(r.below(3) ? r.below(200) : 0);
            for (auto& b : between) b = u8(1 + b % 7);  // no magic
            bytes.insert(bytes.end(), between.begin(), between.end());
            u64 n = kSizes[r.below(std::size(kSizes))];
            if (round >= 50 && r.below(40) == 0) n = 100000 + r.below(1000);
            bytes.insert(bytes.end(), n, r.below(2) ? u8(0xFF) : u8(r.below(4) * 85));
        }
        std::vector<u64> borders;
        for (u64 at = r.below(9000) + 1; at < bytes.size() && round % 2; at += r.below(9000) + 1) borders.push_back(at);
        expect_padding(bytes, borders, 1 + unsigned(round % 3));
    }
}

TEST(Mapper, RunsMeetTheBordersOfChunksInAnyWay) {
    for (u64 border : {u64{4096}, u64{128} << 10, u64{384} << 10, u64{896} << 10})
        for (u64 size : {255, 256, 257, 511, 512, 513})
            for (u64 before : {u64{0}, u64{1}, u64{63}, u64{64}, u64{128}, u64{255}, u64{256}, size - 1, size}) {
                if (before > size) continue;
                Bytes bytes((u64{1} << 20) + 77);
                for (u64 i = 0; i < bytes.size(); i++) bytes[i] = u8(1 + i % 5);
                std::fill_n(bytes.begin() + i64(border - before), size, u8{0xEE});
                expect_padding(bytes, {}, 2);
            }
}

}  // namespace
}  // namespace fieldstrip
