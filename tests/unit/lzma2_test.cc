// By what an encoder of LZMA2 is known.
#include "codecs/lzma2.h"

#include <gtest/gtest.h>

#include <random>

namespace fieldstrip::lzma2 {
namespace {

/// Words, and far behind a piece that comes again: only there a long match is to be found.
Bytes content() {
    std::mt19937 random(4);
    Bytes out, piece(600);
    auto words = [&](size_t size) {
        while (out.size() < size)
            for (u8 c : as_bytes("word" + std::to_string(random() % 700) + ' ')) out.push_back(c);
    };
    for (auto& c : piece) c = u8(random());
    words(145'000);
    out.insert(out.end(), piece.begin(), piece.end());
    words(150'000);
    out.insert(out.end(), piece.begin(), piece.end());
    words(400'000);
    return out;
}

TEST(Lzma2, ANiceLengthShowsWhereALongMatchIs) {
    constexpr u32 kDictionary = 1 << 20;
    const Chain chain{{kLzma2, {code_of(kDictionary)}}};
    const auto plain = content();
    Context cx;
    Bytes payload;
    auto take = [&](ByteView v) { return payload.insert(payload.end(), v.begin(), v.end()), true; };
    Encoder encoder(chain, {.nice = 273}, plain.size(), take, cx);
    encoder.feed(plain);
    ASSERT_TRUE(encoder.finish());
    const auto first = walk(payload, kUnbounded, kUnbounded, 1).content;
    ASSERT_GT(first, 151'000u);
    ASSERT_LT(first, plain.size());
    auto makes = [&](const Params& p) {
        return lzma2::makes(payload, ByteView(plain).first(first), false, plain.size(), chain, p, kDictionary, cx);
    };
    EXPECT_EQ(true, makes({.nice = 273}).value());
    EXPECT_EQ(false, makes({}).value());
}

}  // namespace
}  // namespace fieldstrip::lzma2
