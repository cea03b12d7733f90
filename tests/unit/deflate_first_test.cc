// The first block of streams whose encoder is known: what it must be as long as, and that no encoder is taken for one that it is not.
#include "codecs/deflate_first.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace fieldstrip::deflate {
namespace {

Bytes content(unsigned kind, size_t size) {
    std::mt19937 random(kind + 1);
    Bytes out;
    while (out.size() < size) {
        if (kind == 0) out.push_back(u8("etaoin shrdlu\n"[random() % 14]));
        if (kind == 1) out.push_back(u8(random() % 40 ? random() % 256 : 0));
        if (kind == 2) out.insert(out.end(), 1 + random() % 9, u8(random() % 7));
        if (kind == 3)
            for (u8 c : as_bytes("line " + std::to_string(random() % 5000) + " of a log\n")) out.push_back(c);
    }
    out.resize(size);
    return out;
}

Bytes by_zlib(ByteView plain, int level, int memory, int strategy) {
    z_stream s{};
    EXPECT_EQ(Z_OK, deflateInit2(&s, level, Z_DEFLATED, -15, memory, strategy));
    Bytes out(deflateBound(&s, plain.size()));
    s.next_in = const_cast<u8*>(plain.data()), s.avail_in = unsigned(plain.size());
    s.next_out = out.data(), s.avail_out = unsigned(out.size());
    EXPECT_EQ(Z_STREAM_END, ::deflate(&s, Z_FINISH));
    out.resize(s.total_out);
    deflateEnd(&s);
    return out;
}

TEST(DeflateFirst, ZlibEndsItsBlocksWhereItsMemoryEnds) {
    for (unsigned kind : {0u, 3u})
        for (int memory = 1; memory <= 9; memory++)
            for (int level : {1, 6})
                for (int strategy = 0; strategy <= Z_FIXED; strategy++) {
                    auto b = first_block(by_zlib(content(kind, 250'000), level, memory, strategy));
                    if (!b || b->last) continue;  // stored
                    EXPECT_EQ((u64{1} << (memory + 6)) - 1, b->symbols) << kind << ' ' << memory << ' ' << level << ' ' << strategy;
                }
}

TEST(DeflateFirst, NoEncoderIsDenied) {
    for (unsigned kind = 0; kind < 4; kind++) {
        auto plain = content(kind, 150'000);
        Source source = [&](const Take& take) -> Result<void> { return take(plain), Result<void>(); };
        std::vector<Params> all;
        for (int level : {1, 3, 6, 9}) {
            for (int memory : {1, 5, 8, 9}) all.push_back({level, memory});
            for (int window : {9, 12}) all.push_back({level, 8, 0, window});
            for (int strategy = 1; strategy <= Z_FIXED; strategy++) all.push_back({level, 8, strategy});
            for (bool rsyncable : {false, true}) all.push_back({.level = level, .program = Program::Gzip, .rsyncable = rsyncable});
            for (bool one : {false, true})
                for (u32 piece : {32u, 128u}) all.push_back({.level = level, .program = Program::Pigz, .piece = piece, .one_thread = one});
            all.push_back({.level = level, .program = Program::Libdeflate});
        }
        for (auto& p : all) {
            Context cx;
            cx.limits.decoded = kUnbounded;
            Bytes made;
            auto take = [&](ByteView v) { return made.insert(made.end(), v.begin(), v.end()), true; };
            ASSERT_TRUE(encode(source, p, take, cx)) << words(p);
            if (auto b = first_block(made)) EXPECT_TRUE(may_begin_with(*b, p)) << kind << ' ' << words(p) << ' ' << b->symbols.value_or(0);
        }
    }
}

TEST(DeflateFirst, FilteredHasNoShortMatches) {
    for (unsigned kind : {0u, 2u, 3u})
        for (size_t size : {size_t{20'000}, size_t{250'000}})  // a last block, and one that is not
            for (int level : {4, 6, 9})
                for (int strategy : {Z_DEFAULT_STRATEGY, Z_FILTERED}) {
                    auto b = first_block(by_zlib(content(kind, size), level, 8, strategy));
                    if (!b) continue;
                    const bool filtered = strategy == Z_FILTERED;
                    EXPECT_NE(b->matches, filtered ? FirstBlock::Matches::Short : FirstBlock::Matches::Long)
                        << kind << ' ' << size << ' ' << level;
                    if (kind == 2) EXPECT_NE(b->matches, FirstBlock::Matches::Untold) << kind << ' ' << size << ' ' << level;
                    if (!filtered && kind) EXPECT_FALSE(may_begin_with(*b, {level, 8, Z_FILTERED}));
                    EXPECT_TRUE(b->last || may_begin_with(*b, {level, 8, strategy}));
                }
}

TEST(DeflateFirst, TakesAnyBytes) {
    std::mt19937 random(9);
    for (unsigned i = 0; i < 20'000; i++) {
        Bytes in(random() % 200);
        for (auto& c : in) c = u8(random());
        if (!in.empty()) in[0] = u8(in[0] % 8);
        first_block(in);
    }
}

}  // namespace
}  // namespace fieldstrip::deflate
