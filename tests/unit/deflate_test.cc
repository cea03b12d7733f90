// Deflate by all programs: what is written is read again, is found again, and does not depend on how it was fed. That it is what the
// programs themselves write is judged by them (tests/cli/test_encoders.py).
#include "codecs/deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "base/text.h"
#include "codecs/gnu_deflate.h"

namespace fieldstrip::deflate {
namespace {

/// Words, noise and runs; of any size.
Bytes content(u64 size) {
    Bytes out;
    u64 x = 0x9E3779B97F4A7C15u;
    auto next = [&] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
    while (out.size() < size) {
        auto kind = next() % 8;
        if (kind == 0)
            for (int i = 0; i < 200; i++) out.push_back(u8(next()));
        else if (kind == 1)
            out.insert(out.end(), 700, u8(next()));
        else
            for (u8 c : as_bytes("firmware block " + std::to_string(next() % 500) + ": ")) out.push_back(c);
    }
    out.resize(size);
    return out;
}

Source source(const Bytes& b) {
    return [&b](const Take& take) { return take(b), Result<void>(); };
}

Bytes encoded(const Bytes& b, const Params& p) {
    Context cx;
    Bytes out;
    auto done = encode(source(b), p, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx);
    EXPECT_TRUE(done.has_value()) << words(p);
    return out;
}

std::vector<Params> all() {
    std::vector<Params> out = {{.stored = {{300, 2}, {0, 1}, {65535, 1}}}};
    for (int level : {0, 1, 6, 12}) out.push_back({.level = level, .program = Program::Libdeflate});
    for (int level : {0, 1, 3, 4, 6, 9}) {
        out.push_back({.level = level});
        for (bool flag : {false, true}) {
            if (level) out.push_back({.level = level, .program = Program::Gzip, .rsyncable = flag});
            out.push_back({.level = level, .program = Program::Pigz, .one_thread = flag});
            out.push_back({.level = level, .program = Program::Pigz, .independent = flag});
        }
    }
    out.push_back({.level = 6, .program = Program::Pigz, .piece = 64});
    for (Flush f : {Flush::Partial, Flush::Sync, Flush::Full})
        out.push_back({.level = 9, .flush = f, .flushes = {{20000, 3}, {777, 1}, {5000, 4}}});
    return out;
}

TEST(Deflate, WhatIsWrittenIsRead) {
    for (u64 size : {0u, 1u, 5u, 5000u, 32768u, 65536u, 300000u}) {
        auto b = content(size);
        for (auto& p : all()) {
            SCOPED_TRACE(words(p) + " " + std::to_string(size));
            auto stream = encoded(b, p);
            EXPECT_TRUE(may_begin(stream));
            Reader reader;
            Context cx;
            Bytes back;
            auto r = reader.read(stream, [&](ByteView v) { return back.insert(back.end(), v.begin(), v.end()), true; }, cx);
            ASSERT_TRUE(r.has_value());
            EXPECT_EQ(r->end, Read::End::Whole);
            EXPECT_EQ(r->used, stream.size());
            EXPECT_EQ(back, b);
        }
    }
}

/// zlib is the second opinion: what may not begin it refuses too. Of chance nine of ten are denied, and not all.
TEST(Deflate, WhatMayNotBeginZlibRefuses) {
    std::mt19937 random(7);
    size_t denied = 0, tried = 0;
    for (unsigned i = 0; i < 400000; i++) {
        Bytes in(100);
        for (auto& b : in) b = u8(random());
        if (i % 2) in[0] = u8(4 | (in[0] & 0xF9)), in[2] &= 0xFE, in[1] &= 0x3F;  // few codes of its own, which chance completes
        z_stream z{};
        ASSERT_EQ(inflateInit2(&z, -15), Z_OK);
        Bytes out(1000);
        z.next_in = in.data(), z.avail_in = unsigned(in.size()), z.next_out = out.data(), z.avail_out = unsigned(out.size());
        const bool refused = inflate(&z, Z_NO_FLUSH) == Z_DATA_ERROR;
        inflateEnd(&z);
        tried++, denied += !may_begin(in);
        if (!may_begin(in)) ASSERT_TRUE(refused) << hex(in);
    }
    EXPECT_GT(denied, tried * 9 / 10);
    EXPECT_LT(denied, tried);
}

TEST(Deflate, WhoWroteIsFound) {
    auto b = content(150000);
    for (auto& p : all()) {
        SCOPED_TRACE(words(p));
        auto stream = encoded(b, p);
        Context cx;
        Budget budget;
        auto found = find(source(b), stream, {}, Among::All, budget, cx);
        ASSERT_TRUE(found.has_value());
        ASSERT_TRUE(found->has_value());
        EXPECT_EQ(encoded(b, **found), stream);
        auto fields = fields_of(**found);
        auto again = params_of([&](std::string_view name) {
            for (auto& [n, value] : fields)
                if (n == name) return std::string_view(value);
            return std::string_view();
        });
        ASSERT_TRUE(again.has_value());
        EXPECT_EQ(*again, **found);
    }
}

TEST(Deflate, OfWhatTheHeaderSaysTheBeginningTells) {
    auto b = content(3'000'000);
    auto gzip = [](int level) { return Params{.level = level, .program = Program::Gzip}; };
    for (int likely : {6, 9})
        for (int by : {5, 6, 7, 8, 9}) {
            if (likely == 9 && by == 8) continue;  // these are alike for long, and the header of level 8 does not say 9
            auto stream = encoded(b, gzip(by));
            u64 read = 0;
            auto counted = [&](const Take& take) {
                for (u64 at = 0, step = 10'000; at < b.size(); at += step) {
                    read += step;
                    if (!take(ByteView(b).subspan(at, std::min(step, b.size() - at)))) break;
                }
                return Result<void>();
            };
            Context cx;
            Budget budget;
            auto found = find(counted, stream, gzip(likely), Among::All, budget, cx);
            ASSERT_TRUE(found && *found) << likely << ' ' << by;
            EXPECT_EQ(gzip(by), **found) << likely;
            EXPECT_EQ(likely == by, read < b.size() / 2) << likely << ' ' << by << ' ' << read;
            if (likely != by) continue;
            stream[1000] ^= 1;
            auto made = made_by(source(b), stream, gzip(by), cx);
            ASSERT_TRUE(made.has_value());
            EXPECT_FALSE(*made);
        }
}

TEST(Deflate, FeedingDoesNotMatter) {
    auto b = content(200000);
    for (int level : {1, 3, 4, 9}) {
        auto whole = encoded(b, {.level = level, .program = Program::Gzip});
        for (u64 step : {1u, 1000u, 65537u}) {
            GnuDeflate coder(level, false);
            Bytes out;
            auto pass = [&] {
                auto more = coder.take();
                out.insert(out.end(), more.begin(), more.end());
            };
            for (u64 at = 0; at < b.size(); at += step) coder.feed(ByteView(b).subspan(at, std::min(step, b.size() - at))), pass();
            coder.finish();
            pass();
            EXPECT_EQ(out, whole) << level << " by " << step;
        }
    }
}

TEST(Deflate, WrongParametersAreRefused) {
    Context cx;
    auto b = content(100);
    auto take = [](ByteView) { return true; };
    for (Params p : {Params{.level = 10}, Params{.level = 0, .program = Program::Gzip}, Params{.level = 13, .program = Program::Libdeflate},
                     Params{.strategy = 5}, Params{.window = 7}, Params{.program = Program::Pigz, .piece = 8},
                     Params{.program = Program::Pigz, .piece = 1u << 30}})
        EXPECT_FALSE(encode(source(b), p, take, cx).has_value()) << words(p);
    for (std::string_view bad : {"", "10", "x", "-1"})
        EXPECT_FALSE(params_of([&](std::string_view name) { return name == "program" ? "gzip"
                                                                   : name == "level" ? bad
                                                                                     : ""; }).has_value())
            << bad;
    // Nobody flushes a million times what he did not write.
    for (std::string_view bad : {"", "0x1000000", "x", "5x0"})
        EXPECT_FALSE(params_of([&](std::string_view name) {
                         return name == "level" || name == "mem_level" ? "6" : name == "flush" ? "sync" : name == "flushes" ? bad : "";
                     }).has_value())
            << bad;
    EXPECT_FALSE(params_of([](std::string_view name) { return name == "program" ? "rar" : name == "stored" ? "" : "6"; }).has_value());
}

}  // namespace
}  // namespace fieldstrip::deflate
