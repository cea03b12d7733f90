// Codecs over their libraries: round trips, input that is cut, limits that hold, sizes that lie.
#include <gtest/gtest.h>

#include "codecs/lz4.h"
#include "codecs/lzma_alone.h"
#include "codecs/lzo.h"
#include "codecs/xz_buffer.h"
#include "codecs/zstd.h"

namespace fieldstrip {
namespace {

/// Words, then noise, then zeros; of any size.
Bytes content(u64 size, u64 seed = 1) {
    Bytes out;
    u64 x = seed * 0x9E3779B97F4A7C15u + 1;
    auto next = [&] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
    while (out.size() < size) {
        auto kind = next() % 8;
        if (kind == 0)
            for (int i = 0; i < 200; i++) out.push_back(u8(next()));
        else if (kind == 1)
            out.insert(out.end(), 300, 0);
        else
            for (u8 c : as_bytes("firmware block " + std::to_string(next() % 50) + ": ")) out.push_back(c);
    }
    out.resize(size);
    return out;
}

struct Codec {
    std::string name;
    std::function<Result<Bytes>(ByteView, Context&)> encode;
    std::function<Result<Bytes>(ByteView, u64, Context&)> decode;
    bool has_end = true;  // a stream that is cut short is seen to be
};

lzma2::Chain chain(std::string_view filter, u32 dictionary) {
    lzma2::Chain out;
    if (!filter.empty()) out.push_back({*lzma2::id_of(filter), {}});
    out.push_back({lzma2::kLzma2, {lzma2::code_of(dictionary)}});
    return out;
}

std::vector<Codec> codecs() {
    std::vector<Codec> out;
    for (unsigned a = 0; lzo::available() && a < lzo::kAlgorithms; a++)
        for (int level : {1, 8, 9})
            for (bool optimize : {false, true}) {
                lzo::Params p{lzo::Algorithm(a), level, optimize};
                if (p.algorithm == lzo::Algorithm::Lzo1x_999 || level == 8)
                    out.push_back({std::string(lzo::name_of(p.algorithm)) + " " + std::to_string(level) + (optimize ? " optimized" : ""),
                                   [p](ByteView in, Context& cx) { return lzo::encode(in, p, cx); }, lzo::decode});
            }
    for (int level : {0, 1, 9, 12})
        out.push_back(
            {"lz4 " + std::to_string(level), [=](ByteView in, Context& cx) { return lz4::encode(in, level, cx); }, lz4::decode, false});
    for (int level : {-1, 1, 15, zstd::most()})
        out.push_back(
            {"zstd " + std::to_string(level), [=](ByteView in, Context& cx) { return zstd::encode(in, level, cx); }, zstd::decode});
    for (std::string_view filter : {"", "x86", "powerpc", "ia64", "arm", "armthumb", "sparc"})
        for (auto check : {xz_buffer::Check::None, xz_buffer::Check::Crc32, xz_buffer::Check::Crc64, xz_buffer::Check::Sha256}) {
            if (!filter.empty() && check != xz_buffer::Check::Crc32) continue;
            out.push_back({"xz " + std::string(filter) + " check " + std::to_string(int(check)),
                           [=](ByteView in, Context& cx) {
                               return xz_buffer::encode(in, chain(filter, 1 << 17), {.preset = 6, .lc = 1, .lp = 2, .pb = 1}, check, cx);
                           },
                           xz_buffer::decode});
        }
    for (bool sized : {false, true})
        for (bool marker : {false, true}) {
            if (!sized && !marker) continue;
            out.push_back({std::string("lzma") + (sized ? " sized" : "") + (marker ? " marker" : ""),
                           [=](ByteView in, Context& cx) {
                               lzma_alone::Header h{.lc = 0, .lp = 2, .pb = 1, .dictionary = 1 << 16};
                               if (sized) h.size = in.size();
                               return lzma_alone::encode(in, h, {.preset = 5, .marker = marker}, cx);
                           },
                           [](ByteView in, u64 limit, Context& cx) -> Result<Bytes> {
                               auto out = TRY(lzma_alone::decode(in, limit, cx));
                               if (out.used != in.size()) return fail(Error::Kind::Damaged, "more behind");
                               return std::move(out.content);
                           }});
        }
    return out;
}

TEST(Codecs, ThereAndBack) {
    Context cx;
    for (auto& c : codecs())
        for (u64 size : {0, 1, 2, 15, 100, 4096, 8192, 70'000, 131'072, 200'001}) {
            auto plain = content(size, size + 1);
            auto encoded = c.encode(plain, cx);
            ASSERT_TRUE(encoded) << c.name << " " << size << ": " << encoded.error().message;
            if (size > 4000) EXPECT_LT(encoded->size(), size) << c.name;
            for (u64 limit : {size, size + 1, u64{1} << 20, u64{1} << 40, kUnbounded}) {
                auto decoded = c.decode(*encoded, limit, cx);
                ASSERT_TRUE(decoded) << c.name << " " << size << " limit " << limit << ": " << decoded.error().message;
                EXPECT_EQ(*decoded, plain) << c.name << " " << size;
            }
            EXPECT_EQ(*c.encode(plain, cx), *encoded) << c.name << " " << size;  // the same each time
        }
}

TEST(Codecs, NeverMoreThanTheLimit) {
    Context cx;
    for (auto& c : codecs()) {
        Bytes plain(100'000);
        for (auto& some : {plain, content(100'000)}) {
            auto encoded = c.encode(some, cx);
            ASSERT_TRUE(encoded) << c.name;
            for (u64 limit : {u64{0}, u64{1}, u64{50'000}, u64{99'999}}) {
                auto decoded = c.decode(*encoded, limit, cx);
                ASSERT_FALSE(decoded) << c.name << " " << limit;
                EXPECT_EQ(decoded.error().kind, Error::Kind::Damaged) << c.name;
            }
        }
    }
}

TEST(Codecs, CutShort) {
    Context cx;
    for (auto& c : codecs()) {
        auto plain = content(9000);
        auto encoded = c.encode(plain, cx);
        ASSERT_TRUE(encoded);
        for (u64 n = 0; n < encoded->size(); n += n < 40 || n + 40 > encoded->size() ? 1 : 101) {
            auto decoded = c.decode(ByteView(*encoded).first(n), 9000, cx);
            if (!decoded)
                EXPECT_NE(decoded.error().kind, Error::Kind::Limit) << c.name << " " << n;
            else if (decoded->size() == plain.size())  // the last bytes that hold nothing
                EXPECT_EQ(*decoded, plain) << c.name << " " << n;
            else
                EXPECT_FALSE(c.has_end) << c.name << " " << n;
        }
        auto longer = *encoded;
        longer.push_back(0x5A);
        if (auto decoded = c.decode(longer, 9000, cx)) ADD_FAILURE() << c.name << ": a byte more";
    }
}

TEST(Codecs, AnyBytes) {
    Context cx;
    cx.limits.decoded = kUnbounded;
    for (auto& c : codecs()) {
        auto good = *c.encode(content(5000), cx);
        u64 x = 88172645463325252u;
        auto next = [&] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
        for (int i = 0; i < 300; i++) {
            auto bad = good;
            for (u64 k = 0; k <= next() % 4; k++) bad[next() % bad.size()] = u8(next());
            auto decoded = c.decode(bad, 5000, cx);
            if (decoded) EXPECT_LE(decoded->size(), 5000u) << c.name;
        }
    }
}

TEST(Codecs, SizesThatLie) {
    Context cx;
    cx.limits.memory = 8 << 20;
    // An .lzma of 2^63 bytes, of 4 GiB of dictionary.
    Bytes lzma = lzma_alone::write_header({.dictionary = ~u32{0}, .size = u64{1} << 63});
    lzma.resize(100);
    EXPECT_FALSE(lzma_alone::decode(lzma, 1 << 20, cx));
    auto whole = lzma_alone::decode(lzma, kUnbounded, cx);
    ASSERT_FALSE(whole);
    EXPECT_EQ(whole.error().kind, Error::Kind::Limit);
    // A zstd frame that says 2^60 bytes.
    Bytes frame{0x28, 0xB5, 0x2F, 0xFD, 0xC0, 0x58, 0, 0, 0, 0, 0, 0, 0, 0x10, 1, 0, 0};
    EXPECT_FALSE(zstd::decode(frame, 1 << 20, cx));
    auto huge = zstd::decode(frame, kUnbounded, cx);
    ASSERT_FALSE(huge);
    EXPECT_EQ(huge.error().kind, Error::Kind::Limit);
    // An xz dictionary of 4 GiB - 1.
    auto xz = *xz_buffer::encode(content(100), chain("", 4096), {}, xz_buffer::Check::Crc32, cx);
    auto said = xz_buffer::look(xz);
    ASSERT_TRUE(said);
    EXPECT_EQ(said->chain, chain("", 4096));
    EXPECT_TRUE(said->sizes);
    EXPECT_EQ(said->properties, u8{0x5D});
    // What `decoded` allows is a limit, whatever the codec.
    Context little;
    little.limits.decoded = 1000;
    for (auto& c : codecs()) {
        auto encoded = *c.encode(content(5000), cx);
        auto decoded = c.decode(encoded, 5000, little);
        ASSERT_FALSE(decoded) << c.name;
        EXPECT_EQ(decoded.error().kind, Error::Kind::Limit) << c.name;
    }
}

TEST(Codecs, WhatIsRefused) {
    Context cx;
    auto plain = content(100);
    EXPECT_EQ(lz4::encode(plain, 13, cx).error().kind, Error::Kind::Unsupported);
    EXPECT_EQ(zstd::encode(plain, zstd::most() + 1, cx).error().kind, Error::Kind::Unsupported);
    EXPECT_EQ(lzo::encode(plain, {.level = 10}, cx).error().kind, Error::Kind::Unsupported);
    EXPECT_EQ(xz_buffer::encode(plain, {}, {}, xz_buffer::Check::Crc32, cx).error().kind, Error::Kind::Unsupported);
    EXPECT_EQ(lzma_alone::encode(plain, {.lc = 4, .lp = 4}, {}, cx).error().kind, Error::Kind::Unsupported);
    EXPECT_FALSE(lzma_alone::read_header(Bytes(12)));
    EXPECT_FALSE(lzma_alone::read_header(Bytes(13, 0xFF)));
    EXPECT_FALSE(xz_buffer::look(plain));
    EXPECT_FALSE(xz_buffer::look({}));
}

}  // namespace
}  // namespace fieldstrip
