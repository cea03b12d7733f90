// Where an LZMA header may stand is found by runs of zeros and of 0xFF: exactly where one can be read, whatever range is searched.
#include <gtest/gtest.h>

#include <random>

#include "formats/lzma/stream.h"

namespace fieldstrip {
namespace {

/// By its words: each place is tried.
std::vector<u64> tried(ByteView space, Extent range) {
    std::vector<u64> out;
    for (u64 at = range.offset; at < range.end(); at++)
        if (auto h = lzma::read_header(space.subspan(at), true); h && h->size.value_or(0) < u64{1} << 32) out.push_back(at);
    return out;
}

TEST(LzmaFind, FindsEachPlaceWhereAHeaderIsRead) {
    std::mt19937 random(3);
    size_t found = 0;
    for (unsigned i = 0; i < 5000; i++) {
        Bytes space(random() % 500);
        for (auto& c : space) {
            const unsigned kind = random() % 100;
            c = kind < 60 ? u8(0) : kind < 75 ? u8(0xFF) : kind < 90 ? u8(random() % 8) : u8(random());
        }
        for (u64 at = 0; i % 2 && at + 20 < space.size(); at += 1 + random() % 40)
            std::fill_n(space.begin() + i64(at), random() % 20, random() % 2 ? u8(0) : u8(0xFF));
        const u64 offset = space.empty() ? 0 : random() % space.size();
        for (Extent range : {Extent{0, space.size()}, Extent{offset, random() % (space.size() - offset + 1)}}) {
            std::vector<u64> at;
            lzma::find(space, range, at);
            ASSERT_EQ(at, tried(space, range)) << i << ": " << range.offset << " + " << range.size;
            found += at.size();
        }
    }
    EXPECT_GT(found, 5000u);
}

}  // namespace
}  // namespace fieldstrip
