// Members of a gzip stream that are read several at a time give what they give one by one.
#include <gtest/gtest.h>

#include "formats/gzip/members.h"
#include "tests/random.h"

namespace fieldstrip {
namespace formats {
extern const Format gzip;
}
namespace {

Bytes member(ByteView plain, int level) {
    Context cx;
    Bytes out{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, u8(level == 9 ? 2 : level == 1 ? 4 : 0), 255};
    deflate::Source source = [&](const deflate::Take& take) -> Result<void> { return take(plain), Result<void>{}; };
    deflate::Params params{.level = level};
    if (!level) params.stored = {{plain.size(), 1}};
    EXPECT_TRUE(deflate::encode(source, params, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
    u8 end[8];
    store(end, 4, Endian::Little, crc32(plain));
    store(std::span(end).subspan(4), 4, Endian::Little, plain.size());
    out.insert(out.end(), std::begin(end), std::end(end));
    return out;
}

struct Stream {
    Bytes packed, plain;
    void add(const Bytes& content, int level) {
        auto one = member(content, level);
        packed.insert(packed.end(), one.begin(), one.end());
        plain.insert(plain.end(), content.begin(), content.end());
    }
};

Bytes words(u64 seed, size_t size) {
    Random r{seed};
    Bytes out;
    while (out.size() < size)
        for (u8 c : as_bytes("member " + std::to_string(r.below(500)) + ", ")) out.push_back(c);
    out.resize(size);
    return out;
}

struct Told {
    Bytes content;
    std::vector<std::pair<std::string, int>> checks;
    std::string error;
    std::vector<std::pair<std::string, std::string>> recipe;
    bool operator==(const Told&) const = default;
};

Told told(const Bytes& packed, unsigned threads, u64 memory = Limits{}.memory, u64 decoded = Limits{}.decoded) {
    Context cx({.decoded = decoded, .memory = memory}, threads);
    Told out;
    auto item = formats::gzip.open(Buffer(nullptr, packed), cx);
    EXPECT_TRUE(item);
    auto* coded = item->coded();
    auto done = coded->decode(
        0, [&](ByteView v) { return out.content.insert(out.content.end(), v.begin(), v.end()), true; },
        [&](const Check& c) { out.checks.emplace_back(c.name, int(c.outcome)); }, cx);
    if (!done) out.error = done.error().message;
    if (auto recipe = coded->recipe(cx))
        for (auto& [name, value] : recipe->all()) out.recipe.emplace_back(name, value);
    return out;
}

void expect_same(const Bytes& packed, const Bytes& plain) {
    const auto one = told(packed, 1);
    EXPECT_EQ(one.content, plain);
    EXPECT_FALSE(one.checks.empty());
    for (unsigned threads : {2u, 8u}) EXPECT_EQ(told(packed, threads), one) << threads;
    EXPECT_EQ(told(packed, 2, u64{1} << 18), one) << "hardly any room for what is read ahead";
}

TEST(GzipMembers, AheadOrNotIsTheSame) {
    Stream s;
    for (u64 i = 0; i < 40; i++) s.add(words(i, 1000 + i * i * 100), i == 20 ? 9 : i == 30 ? 1 : 6);
    expect_same(s.packed, s.plain);
    EXPECT_EQ(told(s.packed, 4).recipe.back().second, "yes");
}

TEST(GzipMembers, WhatLooksLikeOneInsideOfAnotherIsNone) {
    Stream inner;
    for (u64 i = 0; i < 30; i++) inner.add(words(i, 800), 6);
    Stream s;
    s.add(words(1, 30'000), 6);
    s.add(Bytes(inner.packed.begin(), inner.packed.begin() + std::min<i64>(60'000, i64(inner.packed.size()))), 0);
    for (u64 i = 0; i < 10; i++) s.add(words(i, 5000), 6);
    expect_same(s.packed, s.plain);
}

TEST(GzipMembers, ALimitEndsItWhereItIs) {
    Stream s;
    for (u64 i = 0; i < 30; i++) s.add(words(i, 10'000), 6);
    for (u64 decoded : {5'000, 25'000, 100'000, 299'999}) {
        const auto one = told(s.packed, 1, Limits{}.memory, decoded);
        EXPECT_FALSE(one.error.empty());
        for (unsigned threads : {2u, 8u}) EXPECT_EQ(told(s.packed, threads, Limits{}.memory, decoded), one) << decoded << " " << threads;
    }
}

TEST(GzipMembers, FoundByItsEndWhateverTheThreads) {
    Stream s;
    for (u64 i = 0; i < 30; i++) s.add(words(i, 3000), i == 15 ? 9 : 6);
    const u64 end = s.packed.size();
    Bytes space = s.packed;
    Random r{7};
    auto noise = r.noise(5000);
    space.insert(space.end(), noise.begin(), noise.end());
    for (bool damaged : {false, true}) {
        if (damaged) space[end / 2] ^= 0x20;
        std::optional<Claim> first;
        for (unsigned threads : {1u, 2u, 8u}) {
            Context cx({}, threads);
            auto claim = formats::gzip.recognise(space, 0, cx);
            ASSERT_TRUE(claim);
            if (!first) first = *claim;
            EXPECT_EQ(claim->extent, first->extent) << threads;
            EXPECT_EQ(claim->bits, first->bits) << threads;
            EXPECT_EQ(claim->sound, first->sound) << threads;
        }
        if (!damaged) EXPECT_EQ(first->extent.size, end);
    }
}

TEST(GzipMembers, DamageEndsItWhereItIs) {
    Stream s;
    size_t third = 0;
    for (u64 i = 0; i < 12; i++) {
        if (i == 3) third = s.packed.size();
        s.add(words(i, 20'000), 6);
    }
    for (size_t at : {third + 1, third + 3, third + 500, s.packed.size() - 3}) {
        auto damaged = s.packed;
        damaged[at] ^= 0x55;
        const auto one = told(damaged, 1);
        for (unsigned threads : {2u, 8u}) EXPECT_EQ(told(damaged, threads), one) << at << " " << threads;
    }
}

}  // namespace
}  // namespace fieldstrip
