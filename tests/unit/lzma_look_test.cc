// A first look at LZMA says no only where the whole reader does, and to nearly all that is none.
#include "codecs/lzma_look.h"

#include <gtest/gtest.h>

#include <random>

#include "codecs/lzma_alone.h"

namespace fieldstrip {
namespace {

using lzma_reader::Read;
using lzma_reader::Shape;

Read::End end_of(ByteView in, const Shape& shape) {
    Context cx;
    lzma_reader::Reader reader;
    auto r = reader.read(in, shape, [](ByteView) { return true; }, cx);
    return r ? r->end : Read::End::Stopped;
}

TEST(LzmaLook, GoesOnWithEachStreamAlsoWhereItIsCut) {
    std::mt19937 random(1);
    Context cx;
    for (unsigned i = 0; i < 150; i++) {
        const u64 size = random() % 3000, values = 1 + random() % 40;
        Bytes content(size * (i % 7 ? 1 : 40));  // some longer than the window that is looked at
        for (auto& c : content) c = u8(random() % values);
        if (i % 5 == 0) std::fill(content.begin(), content.end(), u8(i));
        lzma_alone::Header h{.lc = i % 4, .lp = i % 2, .pb = i % 5, .dictionary = 1 << 16};
        if (i % 3) h.size = content.size();
        auto stream = lzma_alone::encode_raw(content, h, {.preset = i % 7, .marker = i % 3 != 1}, cx);
        ASSERT_TRUE(stream);
        const Shape shape{.lc = h.lc, .lp = h.lp, .pb = h.pb, .size = h.size};
        for (u64 cut = 0; cut <= stream->size(); cut += 1 + random() % 20)
            ASSERT_TRUE(lzma_reader::may_go_on(ByteView(*stream).first(cut), shape)) << i << " at " << cut;
    }
}

TEST(LzmaLook, SaysNoWhereTheReaderDoesAndNearlyAlwaysThere) {
    std::mt19937 random(2);
    u64 wrong = 0, seen = 0;
    for (unsigned i = 0; i < 8000; i++) {
        Bytes in(random() % 400);
        for (auto& c : in) c = u8(random());
        if (!in.empty()) in[0] = 0;
        if (i % 4 == 0) std::fill(in.begin() + i64(std::min<u64>(in.size(), random() % 60)), in.end(), i % 8 ? u8(0xFF) : u8(0));
        Shape shape{.lc = unsigned(random() % 9), .lp = unsigned(random() % 5), .pb = unsigned(random() % 5)};
        if (i % 3) shape.size = random() % 2000;
        const bool no = !lzma_reader::may_go_on(in, shape);
        const bool reader_says_no = end_of(in, shape) == Read::End::Wrong;
        ASSERT_TRUE(!no || reader_says_no) << i;
        wrong += reader_says_no, seen += no;
    }
    EXPECT_GT(wrong, 4000u);
    EXPECT_GT(seen * 100, wrong * 97);
}

}  // namespace
}  // namespace fieldstrip
