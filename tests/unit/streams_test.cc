// The codecs of whole streams: published checksums, bzip2's blocks against libbz2, LZ4 blocks that are walked as they decode.
#include <gtest/gtest.h>

#include "codecs/bzip2.h"
#include "codecs/lz4.h"
#include "codecs/lzma_marked.h"
#include "codecs/xxh32.h"

namespace fieldstrip {
namespace {

Bytes content(u64 size, u64 seed = 1) {
    Bytes out;
    u64 x = seed * 0x9E3779B97F4A7C15u + 1;
    auto next = [&] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
    while (out.size() < size) {
        auto kind = next() % 8;
        if (kind == 0)
            for (int i = 0; i < 200; i++) out.push_back(u8(next()));
        else if (kind == 1)
            out.insert(out.end(), 4 + next() % 900, u8(next() % 3));  // runs of 4, 259, 260 …
        else
            for (u8 c : as_bytes("firmware block " + std::to_string(next() % 50) + ": ")) out.push_back(c);
    }
    out.resize(size);
    return out;
}

TEST(Xxh32, PublishedValues) {
    EXPECT_EQ(xxh32({}), 0x02CC5D05u);
    EXPECT_EQ(xxh32(as_bytes("a")), 0x550D7456u);
    EXPECT_EQ(xxh32(as_bytes("abc")), 0x32D153FFu);
    EXPECT_EQ(xxh32(as_bytes("Nobody inspects the spammish repetition")), 0xE2293B2Fu);
}

TEST(Xxh32, PiecesMakeTheWhole) {
    auto all = content(1000);
    for (size_t step : {1, 3, 15, 16, 17, 100}) {
        Xxh32 x;
        for (size_t at = 0; at < all.size(); at += step) x.eat(ByteView(all).subspan(at, std::min(step, all.size() - at)));
        EXPECT_EQ(x.value(), xxh32(all)) << step;
    }
}

Bytes bzip2_of(ByteView plain, unsigned level, Context& cx) {
    Bytes out;
    auto source = [&](const bzip2::Take& take) -> Result<void> { return take(plain), Result<void>{}; };
    auto done = bzip2::encode(source, level, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx);
    EXPECT_TRUE(done);
    return out;
}

TEST(Bzip2, ReadsWhatLibbz2Makes) {
    Context cx;
    bzip2::Reader reader;
    for (unsigned level : {1u, 4u, 9u})
        for (u64 size : {0, 1, 3, 4, 5, 258, 259, 260, 5000, 99'990, 250'000}) {
            auto plain = content(size, size + level);
            auto packed = bzip2_of(plain, level, cx);
            Bytes out;
            u64 bit = 32;
            while (bzip2::bits_at(packed, bit, 48) == bzip2::kBlockMagic) {
                auto b = reader.read(packed, bit, level, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx);
                ASSERT_TRUE(b && b->holds()) << level << " " << size;
                EXPECT_GT(b->codes, 1u);
                bit = b->to;
            }
            EXPECT_EQ(bzip2::bits_at(packed, bit, 48), bzip2::kEndMagic);
            EXPECT_EQ((bit + bzip2::kEnd + 7) / 8, packed.size());
            EXPECT_EQ(out, plain) << level << " " << size;
        }
}

TEST(Bzip2, CutAndDamagedIsSaid) {
    Context cx;
    bzip2::Reader reader;
    auto packed = bzip2_of(content(40'000), 1, cx);
    auto none = [](ByteView) { return true; };
    for (size_t n : {14u, 20u, 60u, 200u, 3000u}) {
        auto b = reader.read(ByteView(packed).first(n), 32, 1, none, cx);
        ASSERT_TRUE(b);
        EXPECT_EQ(b->end, bzip2::Block::End::Cut) << n;
    }
    for (size_t at = 20; at < packed.size() - 20; at += 7) {
        auto damaged = packed;
        damaged[at] ^= 0x10;
        auto b = reader.read(damaged, 32, 1, none, cx);
        ASSERT_TRUE(b);
        EXPECT_FALSE(b->holds()) << at;
    }
    auto odd = packed;
    odd[14] |= 0x80;  // randomised
    EXPECT_EQ(reader.read(odd, 32, 1, none, cx)->end, bzip2::Block::End::Wrong);
}

TEST(Bzip2, NextMagicAtAnyBit) {
    for (unsigned shift = 0; shift < 8; shift++) {
        Bytes in(40);
        for (unsigned i = 0; i < 48; i++)
            if (bzip2::kEndMagic >> (47 - i) & 1) in[(80 + shift + i) / 8] |= u8(0x80 >> ((80 + shift + i) % 8));
        EXPECT_EQ(bzip2::next_magic(in, 0, in.size() * 8), 80 + shift);
        EXPECT_EQ(bzip2::next_magic(in, 81 + shift, in.size() * 8), std::nullopt);
        EXPECT_EQ(bzip2::next_magic(in, 0, 80 + shift), std::nullopt);
    }
}

TEST(Lz4, WalkSaysWhatDecodingDoes) {
    Context cx;
    for (int level : {0, 3, 9, 12})
        for (u64 size : {0, 1, 12, 13, 100, 70'000}) {
            auto plain = content(size, size + 1);
            auto block = lz4::encode(plain, level, cx);
            ASSERT_TRUE(block);
            auto w = lz4::walk(*block, 0, size);
            EXPECT_TRUE(w.whole && w.made == size) << level << " " << size;
            if (size > 1000) EXPECT_GT(w.bits, 40u);
            if (size) EXPECT_FALSE(lz4::walk(*block, 0, size - 1).whole);
            for (size_t n = 0; n < block->size(); n += 1 + n / 3) {
                auto part = ByteView(*block).first(n);
                auto cut = lz4::walk(part, 0, size);
                EXPECT_TRUE(cut.cut || cut.whole);  // a part may end as a block does
                if (!cut.whole) continue;
                auto decoded = lz4::decode(part, size + 64, cx);
                ASSERT_TRUE(decoded) << level << " " << size << " " << n;
                EXPECT_EQ(decoded->size(), cut.made);
            }
        }
}

TEST(Lz4, FramesOfAnyKindAreReadBlockByBlock) {
    Context cx;
    auto plain = content(300'000);
    for (int level : {-5, 1, 9, 12})
        for (bool linked : {false, true})
            for (bool whole : {false, true}) {
                lz4::FrameParams p{
                    .level = level, .whole = whole, .block = 4, .linked = linked, .block_checksums = true, .size = plain.size()};
                Bytes packed, out;
                auto source = [&](const lz4::Take& take) -> Result<void> {
                    for (size_t at = 0; at < plain.size(); at += 1234)
                        if (!take(ByteView(plain).subspan(at, std::min<size_t>(1234, plain.size() - at)))) break;
                    return {};
                };
                ASSERT_TRUE(
                    lz4::encode_frame(source, p, [&](ByteView v) { return packed.insert(packed.end(), v.begin(), v.end()), true; }, cx));
                lz4::Decoder decoder(1 << 16, linked);
                u64 at = 15;
                while (u32 size = le32(packed, at)) {
                    auto data = ByteView(packed).subspan(at + 4, size & 0x7FFFFFFF);
                    EXPECT_EQ(le32(packed, at + 4 + data.size()), xxh32(data));
                    auto made = size >> 31 ? decoder.stored(data, cx) : decoder.block(data, cx);
                    ASSERT_TRUE(made) << level << linked << whole;
                    out.insert(out.end(), made->begin(), made->end());
                    at += 8 + data.size();
                }
                EXPECT_EQ(out, plain);
                EXPECT_EQ(le32(packed, at + 4), xxh32(plain));
            }
}

TEST(LzmaMarked, NoiseIsNone) {
    Context cx;
    for (u64 seed = 1; seed < 200; seed++) {
        Bytes noise(5000);
        u64 x = seed * 0x9E3779B97F4A7C15u;
        for (auto& b : noise) x ^= x << 13, x ^= x >> 7, x ^= x << 17, b = u8(x >> 24);
        noise[0] = 0;
        auto r = lzma_marked::read(noise, 1 << 20, [](ByteView) { return true; }, cx);
        ASSERT_TRUE(r);
        EXPECT_EQ(r->end, lzma_marked::Read::End::Wrong) << seed;
    }
}

}  // namespace
}  // namespace fieldstrip
