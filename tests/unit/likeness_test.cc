// What bytes look like, by arithmetic of its own: entropy by its definition, texts, fillers, keys that the test lays over them.
#include "look/likeness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "look/hints.h"
#include "look/isa_table.h"
#include "look/swapped.h"
#include "look/xor.h"

namespace fieldstrip {
namespace {

using Kind = Likeness::Kind;

Bytes noise(size_t n, unsigned seed = 1) {
    std::mt19937 r(seed);
    Bytes out(n);
    for (auto& b : out) b = u8(r() >> 11);
    return out;
}
/// Words of letters as frequent as they are, blanks, commas, lines.
Bytes prose(size_t n) {
    static constexpr std::string_view kLetters = "eeeeeeeeeeeettttttttaaaaaaaoooooonnnnnniiiiissssshhhhrrrrddllucmwfgypbvk";
    std::mt19937 r(7);
    Bytes out;
    while (out.size() < n) {
        for (unsigned k = 0, of = 2 + r() % 8; k < of; k++) out.push_back(u8(kLetters[r() % kLetters.size()]));
        const unsigned what = r() % 12;
        if (what < 2) out.push_back(what ? ',' : '.');
        out.push_back(what == 3 ? '\n' : ' ');
    }
    out.resize(n);
    return out;
}
Bytes under(ByteView b, ByteView key) {
    Bytes out;
    for (size_t i = 0; i < b.size(); i++) out.push_back(b[i] ^ key[i % key.size()]);
    return out;
}

TEST(Likeness, EntropyByDefinition) {
    Bytes all;
    for (size_t i = 0; i < 1024; i++) all.push_back(u8(i));
    EXPECT_DOUBLE_EQ(likeness_of(all).entropy, 8);
    EXPECT_DOUBLE_EQ(likeness_of(all).chi_square, 0);
    Bytes two(1000, 'a');
    std::fill(two.begin(), two.begin() + 500, 'b');
    EXPECT_NEAR(entropy_of(two), 1, 1e-12);
    Bytes quarter(1000, 'a');
    std::fill(quarter.begin(), quarter.begin() + 250, 'b');
    EXPECT_NEAR(entropy_of(quarter), -0.75 * std::log2(0.75) - 0.25 * std::log2(0.25), 1e-12);
    EXPECT_DOUBLE_EQ(entropy_of({}), 0);
    // 1000 bytes of one value: 255 cells that miss n/256 and one with the rest.
    const double each = 1000.0 / 256;
    EXPECT_NEAR(likeness_of(Bytes(1000, 7)).chi_square, 255 * each + (1000 - each) * (1000 - each) / each, 1e-6);
}

TEST(Likeness, Curve) {
    Bytes b(1 << 16);
    auto n = noise(1 << 16);
    b.insert(b.end(), n.begin(), n.end());
    auto curve = entropy_curve(b, 8);
    ASSERT_EQ(curve.size(), 8u);
    for (size_t i = 0; i < 8; i++) EXPECT_NEAR(curve[i], i < 4 ? 0 : 8, 0.02) << i;
    EXPECT_EQ(entropy_curve(ByteView(b).first(300), 16).size(), 2u);
    EXPECT_TRUE(entropy_curve({}, 16).empty());
    EXPECT_TRUE(entropy_curve(b, 0).empty());
    EXPECT_EQ(entropy_curve(b, 1).size(), 1u);
}

TEST(Likeness, Kinds) {
    EXPECT_EQ(likeness_of({}).kind, Kind::Filler);
    EXPECT_EQ(likeness_of(Bytes(100000, 0xFF)).kind, Kind::Filler);
    Bytes pattern;
    for (size_t i = 0; i < 5000; i++) pattern.push_back(u8("\xDE\xAD\xBE\xEF"[i % 4]));
    EXPECT_EQ(likeness_of(pattern).kind, Kind::Filler);
    EXPECT_EQ(likeness_of(prose(20000)).kind, Kind::Text);
    EXPECT_EQ(likeness_of(as_bytes("key=value\0other=12\0bootargs=console=ttyS0,115200 root=/dev/mtdblock2\0")).kind, Kind::Text);
    EXPECT_EQ(likeness_of(as_bytes("Größe, Länge; \xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 und mehr davon")).kind, Kind::Text);
    Bytes wide;
    for (u8 c : prose(4000)) wide.push_back(c), wide.push_back(0);
    EXPECT_EQ(likeness_of(wide).kind, Kind::Text);
    auto random = likeness_of(noise(1 << 16));
    EXPECT_EQ(random.kind, Kind::Random);
    EXPECT_GT(random.confidence, 0.9);
    EXPECT_LE(likeness_of(noise(4096)).confidence, 0.5);  // so few can't tell
    // Bytes of which one in 32 is another one: seen in 64 KiB.
    auto uneven = noise(1 << 16);
    for (size_t i = 0; i < uneven.size(); i += 32) uneven[i] = 0;
    EXPECT_EQ(likeness_of(uneven).kind, Kind::Compressed);
}

TEST(Likeness, AnyLengthAndMixture) {
    auto n = noise(70000, 3);
    for (size_t size : {1, 2, 3, 15, 63, 64, 255, 511, 512, 1023, 4095, 4096, 4097, 5119, 5120, 65535, 65537})
        EXPECT_GE(likeness_of(ByteView(n).first(size)).entropy, 0) << size;
    Bytes mixed = prose(12 * 4096);
    mixed.resize(mixed.size() + 4 * 4096, 0);  // filler does not count
    EXPECT_EQ(likeness_of(mixed).kind, Kind::Text);
    EXPECT_DOUBLE_EQ(likeness_of(mixed).share, 1);
    auto half = noise(12 * 4096);
    mixed.insert(mixed.end(), half.begin(), half.end());
    EXPECT_EQ(likeness_of(mixed).kind, Kind::Data);
    // Far more than samples: the same answer.
    EXPECT_EQ(likeness_of(noise(5000001)).kind, Kind::Random);
}

TEST(Likeness, TableIsWhole) {
    size_t weights = 0;
    for (auto row : kIsaRows) weights += row.size();
    EXPECT_EQ(weights, (kIsaFeatures + 1) * kIsaNames.size());
    EXPECT_LE(kIsaNames.size(), 32u);
}

TEST(Hints, KeysOverText) {
    const auto text = prose(40000);
    std::mt19937 r(5);
    for (size_t n : {1, 2, 3, 8, 13, 32, 64}) {
        Bytes key(n);
        for (auto& k : key) k = u8(1 + r() % 255);
        if (n == 1) key[0] = 0xA5;
        auto hint = xor_hint(under(text, key));
        ASSERT_TRUE(hint) << n;
        EXPECT_EQ(hint->key, key) << n;
    }
    EXPECT_FALSE(xor_hint(text));
    EXPECT_FALSE(xor_hint(noise(40000)));
    EXPECT_FALSE(xor_hint(Bytes(40000, 'a')));
    EXPECT_FALSE(xor_hint(Bytes(40000, 0)));
    EXPECT_FALSE(xor_hint({}));
}

TEST(Hints, TurnedWords) {
    const auto text = prose(20000);
    for (unsigned width : {2u, 4u}) {
        Bytes other = text;
        for (size_t at = 0; at + width <= other.size(); at += width) std::reverse(other.begin() + i64(at), other.begin() + i64(at + width));
        auto hint = swapped_hint(other, likeness_of(other));
        ASSERT_TRUE(hint);
        EXPECT_EQ(hint->width, width);
    }
    EXPECT_FALSE(swapped_hint(text, likeness_of(text)));
    const auto n = noise(20000);
    EXPECT_FALSE(swapped_hint(n, likeness_of(n)));
}

}  // namespace
}  // namespace fieldstrip
