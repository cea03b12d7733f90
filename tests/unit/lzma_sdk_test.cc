// The LZMA SDK's encoder: what it makes is read by liblzma and by our reader to the same content, its parameters are found again, it stops
// where it is told, and limits hold.
#include "codecs/lzma_sdk.h"

#include <gtest/gtest.h>

#include "codecs/lzma_alone.h"
#include "codecs/lzma_reader.h"

namespace fieldstrip {
namespace {

using lzma_sdk::Finder, lzma_sdk::Params;

Bytes words(u64 size, u64 seed) {
    Bytes out;
    u64 x = seed * 0x9E3779B97F4A7C15u + 1;
    auto next = [&] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
    while (out.size() < size) {
        if (next() % 8)
            for (u8 c : as_bytes("block " + std::to_string(next() % 90) + ": ")) out.push_back(c);
        else
            for (int i = 0; i < 40; i++) out.push_back(u8(next()));
    }
    out.resize(size);
    return out;
}

Result<Bytes> encode(ByteView content, const Params& p, Context& cx) {
    Bytes out;
    u64 at = 0;
    auto fill = [&](std::span<u8> to) {
        u64 n = std::min<u64>(to.size(), content.size() - at);
        std::copy_n(content.begin() + at, n, to.begin());
        at += n;
        return n;
    };
    TRY_VOID(lzma_sdk::encode(fill, content.size(), p, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
    return out;
}

TEST(LzmaSdk, LiblzmaReadsIt) {
    Context cx;
    auto content = words(150'000, 1);
    for (bool fast : {false, true})
        for (bool marker : {false, true})
            for (Finder f : {Finder::Bt4, Finder::Bt3, Finder::Bt2, Finder::Hc4}) {
                Params p{1 << 16, 1, 2, 1, marker, fast, 48, f, 20};
                auto made = encode(content, p, cx);
                ASSERT_TRUE(made);
                lzma_alone::Header h{.lc = 1, .lp = 2, .pb = 1, .dictionary = 1 << 16};
                if (!marker) h.size = content.size();
                auto read = lzma_alone::decode_raw(*made, h, content.size(), cx);
                ASSERT_TRUE(read) << unsigned(f);
                EXPECT_EQ(read->used, made->size());
                EXPECT_EQ(read->content, content);
            }
}

// The last symbol may need no byte of the input any more: where the size is known it is read nevertheless.
TEST(LzmaSdk, KnownSizesAreReadToTheirLastByte) {
    Context cx;
    auto all = words(40'000, 2);
    lzma_reader::Reader reader;
    for (u64 size = 0; size < 1500; size++) {
        auto content = ByteView(all).subspan(size * 11, size % 97 + 1);
        auto made = encode(content, {.dictionary = 1 << 16}, cx);
        ASSERT_TRUE(made);
        Bytes got;
        lzma_reader::Shape shape{.window = 1 << 16, .size = content.size(), .ends_with_input = true};
        auto read = reader.read(*made, shape, [&](ByteView v) { return got.insert(got.end(), v.begin(), v.end()), true; }, cx);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->end, lzma_reader::Read::End::Whole);
        EXPECT_EQ(read->used, made->size());
        ASSERT_TRUE(equal(got, content)) << size;
    }
}

TEST(LzmaSdk, ParametersAreFoundAgain) {
    Context cx;
    auto content = words(24'000, 3);
    for (Params p : {Params{1 << 23, 3, 0, 2, false, false, 128},
                     {1 << 16, 3, 0, 2, false, true, 64, Finder::Hc4},
                     {1 << 20, 8, 4, 0, true, false, 64},
                     {1 << 17, 1, 2, 2, false, false, 273, Finder::Bt2}}) {
        auto made = encode(content, p, cx);
        ASSERT_TRUE(made);
        Params nearest;
        lzma_sdk::Known known{.params = {.dictionary = p.dictionary, .lc = p.lc, .lp = p.lp, .pb = p.pb, .marker = p.marker},
                              .farthest = 1};
        auto found = lzma_sdk::find(*made, content, known, nearest, cx);
        ASSERT_TRUE(found && *found);
        EXPECT_EQ(*encode(content, **found, cx), *made);
        if (p.nice != 128) continue;
        // One byte that is another one: nobody made that.
        (*made)[made->size() / 2] ^= 1;
        found = lzma_sdk::find(*made, content, known, nearest, cx);
        ASSERT_TRUE(found);
        EXPECT_FALSE(*found);
    }
}

TEST(LzmaSdk, StopsAndRefuses) {
    Context cx;
    auto content = words(3'000'000, 4);
    u64 at = 0, got = 0;
    auto fill = [&](std::span<u8> to) {
        u64 n = std::min<u64>(to.size(), content.size() - at);
        std::copy_n(content.begin() + at, n, to.begin());
        at += n;
        return n;
    };
    ASSERT_TRUE(lzma_sdk::encode(fill, content.size(), {}, [&](ByteView v) { return got += v.size(), false; }, cx));
    EXPECT_LE(got, 1u << 16);
    EXPECT_LT(at, content.size() / 2);
    EXPECT_EQ(encode(content, {.dictionary = 1 << 30}, cx).error().kind, Error::Kind::Unsupported);
    EXPECT_EQ(encode(content, {.nice = 4}, cx).error().kind, Error::Kind::Unsupported);
    Limits little;
    little.memory = 1 << 20;
    Context poor(little);
    EXPECT_EQ(encode(content, {}, poor).error().kind, Error::Kind::Limit);
}

}  // namespace
}  // namespace fieldstrip
