// What programs hold by chance behind a magic that stands in them: numbers small enough for sizes, zeros for empty content, tables that add
// up to 0. Each of these was once taken for a region, in images of magics strewn into programs and filler.
#include <gtest/gtest.h>

#include "base/text.h"
#include "codecs/lzma_alone.h"
#include "engine/mapper.h"
#include "tests/random.h"

namespace fieldstrip::laws {
namespace {

constexpr u64 kSpace = (1 << 20) + 700, kAt = 4096;

Bytes bytes_of(std::string_view hex_digits) {
    std::string digits;
    std::ranges::copy_if(hex_digits, std::back_inserter(digits), [](char c) { return c != ' '; });
    return from_hex(digits).value();
}

Bytes repeated(ByteView what, size_t n) {
    Bytes out;
    for (size_t i = 0; i < n; i++) out.insert(out.end(), what.begin(), what.end());
    return out;
}

Bytes operator+(Bytes a, const Bytes& b) { return a.insert(a.end(), b.begin(), b.end()), a; }

/// What a map finds in noise (or in `filler`) that has `trap` in it.
std::string found_in(const Bytes& trap, u64 at = kAt, std::optional<u8> filler = {}) {
    Random r{42};
    Bytes image = filler ? Bytes(kSpace, *filler) : r.noise(kSpace);
    std::ranges::copy(trap, image.begin() + i64(at));
    Context cx;
    std::string out;
    for (auto& tile : map_space(Buffer::own(std::move(image)), {}, cx))
        if (is_known(*tile.format)) out += std::string(tile.format->id) + ": " + std::string(tile.why) + '\n';
    return out;
}

TEST(Traps, LegacyLz4OfASmallNumber) {
    EXPECT_EQ(found_in(bytes_of("02214c18 01000000 00000000 00000000 00000000")), "");
    EXPECT_EQ(found_in(bytes_of("02214c18 02000000 1b00ffff b8010000 02000000 1c00ffff")), "");
}

TEST(Traps, Lz4FrameOfNumbersInARow) {
    const auto block = bytes_of("0f000000 e0 0102030405060708090a0b0c0d0e");
    EXPECT_EQ(found_in(bytes_of("04224d18 410e 10300000 00") + repeated(block, 6) + bytes_of("ffffffff")), "");
}

TEST(Traps, EmptyGzipOfAnEffortThatThereIsNot) {
    EXPECT_EQ(found_in(bytes_of("1f8b0800 0000e8bb feff 0300 0000000000000000 00000014")), "");
}

TEST(Traps, OldCpioOfOneHeader) {
    EXPECT_EQ(found_in(bytes_of("c771 6809 0000 a481 8b00 8b7d f0ff 0000 be01 0000 0300 0000 0800 414200 00 48528ffff1ba2000 e8211aff")),
              "");
}

TEST(Traps, LzopBeforeTheFirst) {
    const auto header = bytes_of("894c5a4f000d0a1a0a 0400 2080 01 00000000 00000000 00000000 00 12345678");
    EXPECT_EQ(found_in(header + bytes_of("00000600 00000004 01020304 00000000")), "");
}

TEST(Traps, RomfsOfATableThatAddsUpToZero) {
    const auto head = bytes_of("2d726f6d3166732d 000c0000 12345678 76000000 00000000 00000000 00000000");
    EXPECT_EQ(found_in(head + bytes_of("c0000000 20000000 10000000 af000000 61000000 00000000 00000000 00000000")), "");
}

TEST(Traps, BareLzmaOfATable) { EXPECT_EQ(found_in(bytes_of("cf 00cf0000 0001000000000000 0002 0000 0002") + Bytes(300)), ""); }

/// But what is no table is a stream still, when all behind its beginning was erased.
TEST(Traps, BareLzmaThatWasErased) {
    Random r{7};
    Bytes content(60000);
    for (auto& c : content) c = u8('a' + r.below(16));
    Context cx;
    const lzma_alone::Header header{.dictionary = 1 << 20, .size = content.size()};
    auto stream = lzma_alone::encode_raw(content, header, {}, cx).value();
    ASSERT_GT(stream.size(), 20000u);
    std::fill(stream.begin() + 6000, stream.end(), u8{0});
    EXPECT_TRUE(found_in(lzma_alone::write_header(header) + stream).starts_with("lzma: "));
}

TEST(Traps, Bzip2InFiller) {
    const auto magic = bytes_of("425a6839 314159265359");
    for (u8 filler : {u8{0}, u8{255}}) EXPECT_EQ(found_in(magic + Bytes(600, filler) + magic, 0, filler), "") << unsigned(filler);
}

}  // namespace
}  // namespace fieldstrip::laws
