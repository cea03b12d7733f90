// Our decoder of LZMA2 blocks against liblzma: what it takes is what liblzma makes of it, and it takes what liblzma's encoder makes.
#include "codecs/lzma2_block.h"

#include <gtest/gtest.h>
#include <lzma.h>

#include <random>

#include "codecs/xz_buffer.h"

namespace fieldstrip {
namespace {

/// Text, code-like words, runs, noise and repeats near and far, mixed.
Bytes content(size_t size, std::mt19937& random) {
    Bytes out;
    while (out.size() < size) {
        const size_t n = 1 + random() % 3000;
        switch (random() % 6) {
            case 0: out.insert(out.end(), n, u8(random())); break;
            case 1:
                for (size_t i = 0; i < n; i++) out.push_back(u8(random()));
                break;
            case 2:
                for (size_t i = 0; i < n; i++) out.push_back(u8("etaoin shrdlu\n"[random() % 14]));
                break;
            case 3:
                for (size_t i = 0; i < n; i++) out.push_back(u8(i % 4 == 3 ? 0xE5 : random() % 16));
                break;
            default:
                if (out.empty()) break;
                const size_t back = 1 + random() % out.size();
                for (size_t i = 0, from = out.size() - back; i < n; i++) out.push_back(out[from + i]);
        }
    }
    out.resize(size);
    return out;
}

Bytes raw(ByteView plain, lzma_options_lzma& options) {
    lzma_filter chain[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    Bytes out(lzma_stream_buffer_bound(plain.size()));
    size_t made = 0;
    EXPECT_EQ(LZMA_OK, lzma_raw_buffer_encode(chain, nullptr, plain.data(), plain.size(), out.data(), &made, out.size()));
    out.resize(made);
    return out;
}

std::optional<Bytes> by_liblzma(ByteView packed, u32 dictionary, size_t most) {
    lzma_options_lzma options{};
    lzma_lzma_preset(&options, 6);
    options.dict_size = dictionary;
    lzma_filter chain[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    Bytes out(most);
    size_t used = 0, made = 0;
    if (lzma_raw_buffer_decode(chain, nullptr, packed.data(), &used, packed.size(), out.data(), &made, most) != LZMA_OK) return {};
    out.resize(made);
    return out;
}

TEST(Lzma2Block, TakesWhatTheEncoderMakes) {
    std::mt19937 random(1);
    for (unsigned i = 0; i < 120; i++) {
        auto plain = content(i < 8 ? i : random() % (i % 10 ? 70'000 : 700'000), random);
        lzma_options_lzma options{};
        lzma_lzma_preset(&options, random() % 4);
        options.dict_size = i % 3 ? 1 << 22 : 1 << (12 + random() % 8);
        options.lc = random() % 5, options.lp = random() % (5 - options.lc), options.pb = random() % 5;
        auto packed = raw(plain, options);
        Bytes out(plain.size() + lzma2::kSlack);
        auto made = lzma2::decode_block(packed, out, options.dict_size);
        ASSERT_TRUE(made) << i << ' ' << plain.size();
        EXPECT_EQ(packed.size(), made->used);
        ASSERT_EQ(plain.size(), made->made);
        ASSERT_TRUE(equal(plain, ByteView(out).first(made->made))) << i;
        if (plain.empty()) continue;
        EXPECT_FALSE(lzma2::decode_block(packed, std::span(out).first(out.size() - 1), options.dict_size)) << "no room";
        EXPECT_FALSE(lzma2::decode_block(ByteView(packed).first(packed.size() - 1), out, options.dict_size)) << "cut";
    }
}

TEST(Lzma2Block, TakesNothingThatLiblzmaDenies) {
    std::mt19937 random(2);
    unsigned taken = 0;
    for (unsigned i = 0; i < 300; i++) {
        auto plain = content(1 + random() % 6000, random);
        lzma_options_lzma options{};
        lzma_lzma_preset(&options, 1);
        options.dict_size = 4096;
        const auto packed = raw(plain, options);
        for (unsigned k = 0; k < 20; k++) {
            auto bad = packed;
            for (unsigned n = 1 + random() % 3; n; n--)
                bad[random() % 4 ? random() % bad.size() : random() % std::min<size_t>(8, bad.size())] ^= u8(1 << random() % 8);
            if (random() % 4 == 0) bad.resize(random() % bad.size());
            Bytes out(20'000 + lzma2::kSlack);
            auto made = lzma2::decode_block(bad, out, options.dict_size);
            if (!made) continue;
            taken++;
            auto theirs = by_liblzma(ByteView(bad).first(made->used), options.dict_size, 20'000);
            ASSERT_TRUE(theirs) << i << ' ' << k;
            ASSERT_TRUE(equal(*theirs, ByteView(out).first(made->made)));
        }
    }
    EXPECT_GT(taken, 0u);
}

TEST(Lzma2Block, XzStreamsAreTakenAndDeniedAsByLiblzma) {
    std::mt19937 random(3);
    Context cx;
    cx.limits.decoded = kUnbounded;
    for (unsigned i = 0; i < 200; i++) {
        auto plain = content(random() % 9000, random);
        lzma_options_lzma options{};
        lzma_lzma_preset(&options, 1);
        lzma_filter chain[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
        const lzma_check checks[] = {LZMA_CHECK_CRC32, LZMA_CHECK_CRC64, LZMA_CHECK_NONE, LZMA_CHECK_SHA256};
        Bytes packed(lzma_stream_buffer_bound(plain.size()));
        size_t made = 0;
        ASSERT_EQ(LZMA_OK, lzma_stream_buffer_encode(chain, checks[i % 4], nullptr, plain.data(), plain.size(), packed.data(), &made,
                                                     packed.size()));
        packed.resize(made);
        for (unsigned k = 0; k < 12; k++) {
            auto bad = packed;
            if (k)
                bad[random() % 3 ? random() % bad.size() : bad.size() - 1 - random() % std::min<size_t>(40, bad.size())] ^=
                    u8(1 << random() % 8);
            Bytes out(9000);
            u64 memory = kUnbounded;
            size_t used = 0, there = 0;
            bool good =
                lzma_stream_buffer_decode(&memory, 0, nullptr, bad.data(), &used, bad.size(), out.data(), &there, out.size()) == LZMA_OK &&
                used == bad.size();
            auto ours = xz_buffer::decode(bad, 9000, cx);
            ASSERT_EQ(good, ours.has_value()) << i << ' ' << k;
            if (good) ASSERT_TRUE(equal(ByteView(out).first(there), *ours));
        }
    }
}

}  // namespace
}  // namespace fieldstrip
