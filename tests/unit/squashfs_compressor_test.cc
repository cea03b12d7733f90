// Blocks of squashfs: those that mksquashfs and gensquashfs made are made again byte for byte; options, vendors' LZMA, recipes. The walk
// over an image is this test's own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "formats/squashfs/compressor.h"

namespace fieldstrip::squashfs {
namespace {

namespace fs = std::filesystem;

Bytes noise(u64 size, u64 seed) {
    Bytes out(size);
    u64 x = seed * 0x9E3779B97F4A7C15u + 1;
    for (auto& b : out) b = u8((x ^= x << 13, x ^= x >> 7, x ^= x << 17) >> 11);
    return out;
}
Bytes words(u64 size, u64 seed) {
    std::string out;
    u64 x = seed + 77;
    while (out.size() < size) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        out += "option" + std::to_string(x % 60) + "=" + std::to_string(x % 7919) + (x % 5 ? " " : "\n");
    }
    out.resize(size);
    return Bytes(out.begin(), out.end());
}

struct Work {
    fs::path dir;
    Work() {
        char name[] = "/tmp/fieldstrip-blocks-XXXXXX";
        dir = mkdtemp(name);
    }
    ~Work() { fs::remove_all(dir); }
};
void write(const fs::path& p, ByteView b) {
    std::ofstream(p, std::ios::binary).write(reinterpret_cast<const char*>(b.data()), std::streamsize(b.size()));
}
Bytes read(const fs::path& p) {
    std::ifstream in(p, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), {});
}
bool run(const std::string& command) { return !std::system((command + " >/dev/null 2>&1").c_str()); }

/// FIELDSTRIP_BLOCKS names another tree, for figures over much data.
fs::path tree(const Work& w) {
    if (auto* given = std::getenv("FIELDSTRIP_BLOCKS")) return given;
    auto root = w.dir / "root";
    fs::create_directories(root / "etc");
    write(root / "noise", noise(50'000, 1));
    write(root / "text", words(300'000, 2));
    auto mixed = words(40'000, 3), some = noise(70'000, 4);
    mixed.insert(mixed.end(), some.begin(), some.end());
    mixed.resize(mixed.size() + 100'000);
    write(root / "mixed", mixed);
    if (fs::exists("/bin/ls")) fs::copy_file("/bin/ls", root / "ls");
    for (int i = 0; i < 150; i++) write(root / "etc" / ("file" + std::to_string(i)), words(u64(i) * 13, u64(i)));
    return root;
}

/// All blocks of an image of version 4.0.
struct Image {
    Bytes bytes;
    Codec codec{};
    u32 block_size = 0;
    ByteView options;
    struct Block {
        ByteView stored;
        bool packed;
        Use use;
        u64 limit;
    };
    std::vector<Block> blocks;

    u64 n(u64 at, unsigned width) const { return load(ByteView(bytes).subspan(at, width), width, Endian::Little); }
    void metadata(u64 at, u64 end) {
        while (at < end) {
            u64 head = n(at, 2), size = head & 0x7FFF;
            blocks.push_back({ByteView(bytes).subspan(at + 2, size), !(head & 0x8000), Use::Metadata, kMetadataSize});
            at += 2 + size;
        }
    }
    Bytes unpacked(u64 at, u64 end, Context& cx) {
        auto first = blocks.size();
        metadata(at, end);
        Bytes out;
        for (auto i = first; i < blocks.size(); i++) {
            auto& b = blocks[i];
            auto plain = b.packed ? *decode_block(codec, b.stored, b.limit, cx) : Bytes(b.stored.begin(), b.stored.end());
            out.insert(out.end(), plain.begin(), plain.end());
        }
        return out;
    }
    void data(u64 at, u32 word, u64 limit) {
        u64 size = word & 0xFFFFFF;
        if (size) blocks.push_back({ByteView(bytes).subspan(at, size), !(word >> 24 & 1), Use::Data, limit});
    }

    explicit Image(Bytes b, Context& cx) : bytes(std::move(b)) {
        u64 inodes = n(4, 4), fragments = n(16, 4);
        block_size = u32(n(12, 4));
        codec = Codec(n(20, 2));
        if (n(24, 2) & 0x400) options = ByteView(bytes).subspan(98, n(96, 2) & 0x7FFF);
        u64 id = n(48, 8), inode = n(64, 8), directory = n(72, 8), fragment = n(80, 8), lookup = n(88, 8);
        u64 end = n(id, 8);
        if (lookup != kUnbounded) metadata(n(lookup, 8), lookup), end = std::min(end, n(lookup, 8));
        if (fragments) {
            auto table = unpacked(n(fragment, 8), fragment, cx);
            for (u64 i = 0; i < fragments; i++)
                data(load(ByteView(table).subspan(i * 16, 8), 8, Endian::Little), le32(table, i * 16 + 8), block_size);
            end = std::min(end, n(fragment, 8));
        }
        metadata(n(id, 8), id);
        metadata(directory, end);
        auto table = unpacked(inode, directory, cx);
        u64 at = 0;
        for (u64 i = 0; i < inodes; i++) {
            u64 type = le16(table, at), size = 0, start = 0, list = 0, fragment_index = 0;
            switch (type) {
                case 1: at += 32; continue;
                case 8: {
                    u64 count = le16(table, at + 32);
                    at += 40;
                    while (count--) at += 13 + le32(table, at + 8);
                    continue;
                }
                case 2:
                    start = le32(table, at + 16), fragment_index = le32(table, at + 20), size = le32(table, at + 28), list = at + 32;
                    break;
                case 9:
                    start = le64(table, at + 16), size = le64(table, at + 24), fragment_index = le32(table, at + 44), list = at + 56;
                    break;
                case 3: at += 24 + le32(table, at + 20); continue;
                case 10: at += 28 + le32(table, at + 20); continue;
                default: at += type == 4 || type == 5 ? 24 : type == 11 || type == 12 ? 28 : type > 7 ? 24 : 20; continue;
            }
            u64 count = fragment_index == 0xFFFFFFFF ? (size + block_size - 1) / block_size : size / block_size;
            for (u64 k = 0; k < count; k++) {
                u32 word = le32(table, list + k * 4);
                data(start, word, std::min<u64>(block_size, size - k * block_size));
                start += word & 0xFFFFFF;
            }
            at = list + count * 4;
        }
    }
};

struct Figures {
    u64 data = 0, data_same = 0, metadata = 0, metadata_same = 0;
};
/// Encodes every block again and compares what would be stored.
Figures encode_again(const Image& image, const Compressor& c, Context& cx) {
    Figures f;
    for (auto& b : image.blocks) {
        auto plain = b.packed ? *decode_block(image.codec, b.stored, b.limit, cx) : Bytes(b.stored.begin(), b.stored.end());
        auto made = *pack_block(c, plain, cx, b.use);
        bool same = made.has_value() == b.packed && equal(made ? *made : plain, b.stored);
        if (b.use == Use::Data)
            f.data++, f.data_same += same;
        else
            f.metadata++, f.metadata_same += same;
    }
    return f;
}
std::vector<Sample> samples(const Image& image, std::vector<Bytes>& plain, Context& cx, size_t most = 12) {
    std::vector<Sample> out;
    plain.reserve(image.blocks.size());
    for (size_t i = 0; i < image.blocks.size(); i++) {
        auto& b = image.blocks[i];
        if (!b.packed || i % (1 + image.blocks.size() / most)) continue;
        plain.push_back(*decode_block(image.codec, b.stored, b.limit, cx));
        out.push_back({b.stored, plain.back(), b.use});
    }
    return out;
}

struct Case {
    std::string options, words;
    bool slow = false;  // only over a tree that is given
};

const Case kCases[] = {
    {"-comp gzip", "gzip -b 131072"},
    {"-comp gzip -b 4096", "gzip -b 4096", true},
    {"-comp gzip -Xcompression-level 6 -Xwindow-size 10", "gzip -b 131072 -Xcompression-level 6 -Xwindow-size 10"},
    {"-comp gzip -Xcompression-level 1 -Xwindow-size 8", "gzip -b 131072 -Xcompression-level 1 -Xwindow-size 8", true},
    {"-comp gzip -Xstrategy huffman_only", "gzip -b 131072 -Xstrategy huffman_only"},
    {"-comp gzip -Xstrategy default,filtered,huffman_only,run_length_encoded,fixed",
     "gzip -b 131072 -Xstrategy default,filtered,huffman_only,run_length_encoded,fixed"},
    {"-comp gzip -b 16384 -Xstrategy filtered,fixed", "gzip -b 16384 -Xstrategy filtered,fixed"},
    {"-comp lzo", "lzo -b 131072"},
    {"-comp lzo -b 1M -Xcompression-level 9", "lzo -b 1048576 -Xcompression-level 9"},
    {"-comp lzo -Xcompression-level 1", "lzo -b 131072 -Xcompression-level 1", true},
    {"-comp lzo -Xalgorithm lzo1x_1", "lzo -b 131072 -Xalgorithm lzo1x_1"},
    {"-comp lzo -Xalgorithm lzo1x_1_11", "lzo -b 131072 -Xalgorithm lzo1x_1_11", true},
    {"-comp lzo -Xalgorithm lzo1x_1_12", "lzo -b 131072 -Xalgorithm lzo1x_1_12", true},
    {"-comp lzo -Xalgorithm lzo1x_1_15", "lzo -b 131072 -Xalgorithm lzo1x_1_15"},
    {"-comp xz", "xz -b 131072"},
    {"-comp xz -b 4096", "xz -b 4096"},
    {"-comp xz -b 256K -Xdict-size 25%", "xz -b 262144 -Xdict-size 65536"},
    {"-comp xz -Xbcj x86", "xz -b 131072 -Xbcj x86"},
    {"-comp xz -b 64K -Xbcj x86,powerpc,ia64,arm,armthumb,sparc -Xdict-size 48K",
     "xz -b 65536 -Xbcj x86,powerpc,ia64,arm,armthumb,sparc -Xdict-size 49152"},
    {"-comp lz4", "lz4 -b 131072"},
    {"-comp lz4 -b 4096", "lz4 -b 4096", true},
    {"-comp lz4 -b 1M -Xhc", "lz4 -b 1048576 -Xhc"},
    {"-comp zstd", "zstd -b 131072"},
    {"-comp zstd -b 8192 -Xcompression-level 1", "zstd -b 8192 -Xcompression-level 1"},
    {"-comp zstd -Xcompression-level 22", "zstd -b 131072 -Xcompression-level 22", true},
    {"-comp lzma", "lzma -b 131072"},
    {"-comp lzma -b 32K", "lzma -b 32768", true},
};

/// All that is left to chance is found again from blocks alone.
Compressor forget(Compressor c) {
    Compressor blank = *compressor_of(c.codec, c.block_size, {}, Endian::Little);
    return blank;
}

TEST(SquashfsCompressor, MksquashfsAgain) {
    if (!run("mksquashfs -version")) GTEST_SKIP() << "no mksquashfs";
    Work w;
    auto root = tree(w);
    Figures sum;
    for (auto& c : kCases) {
        if (c.slow && !std::getenv("FIELDSTRIP_BLOCKS")) continue;
        Context cx;
        cx.limits.decoded = kUnbounded;
        auto file = w.dir / "image";
        ASSERT_TRUE(run("mksquashfs " + root.string() + " " + file.string() + " -noappend -no-progress " + c.options)) << c.options;
        Image image(read(file), cx);
        auto said = compressor_of(image.codec, image.block_size, image.options, Endian::Little);
        ASSERT_TRUE(said) << c.options << ": " << said.error().message;
        EXPECT_EQ(words_of(*said), c.words);
        auto f = encode_again(image, *said, cx);
        EXPECT_EQ(f.data_same, f.data) << c.options;
        EXPECT_EQ(f.metadata_same, f.metadata) << c.options;
        EXPECT_GT(f.data, 0u);
        EXPECT_GT(f.metadata, 3u);
        std::printf("%-90s %llu of %llu data, %llu of %llu metadata blocks\n", c.words.c_str(), (unsigned long long)f.data_same,
                    (unsigned long long)f.data, (unsigned long long)f.metadata_same, (unsigned long long)f.metadata);
        sum.data += f.data, sum.data_same += f.data_same, sum.metadata += f.metadata, sum.metadata_same += f.metadata_same;
        Recipe recipe;
        write_compressor(*said, recipe);
        auto back = read_compressor(recipe);
        ASSERT_TRUE(back) << c.options << ": " << back.error().message;
        EXPECT_EQ(words_of(*back), c.words);
        std::vector<Bytes> plain;
        auto some = samples(image, plain, cx);
        auto found = find_compressor(forget(*said), some, cx);
        ASSERT_TRUE(found) << c.options;
        EXPECT_TRUE(found->exact) << c.options << ", found " << words_of(found->compressor);
        for (auto& s : some) EXPECT_TRUE(equal(*encode_block(found->compressor, s.plain, cx, s.use), s.stored)) << c.options;
    }
    std::printf("all: %llu of %llu data, %llu of %llu metadata blocks\n", (unsigned long long)sum.data_same, (unsigned long long)sum.data,
                (unsigned long long)sum.metadata_same, (unsigned long long)sum.metadata);
}

TEST(SquashfsCompressor, GensquashfsAgain) {
    if (!run("gensquashfs --version")) GTEST_SKIP() << "no gensquashfs";
    Work w;
    auto root = tree(w);
    for (std::string options :
         {"-c gzip", "-c gzip -X level=5,window=12", "-c gzip -X default,huffman,rle", "-c xz", "-c xz -X x86,arm -b 65536", "-c zstd",
          "-c zstd -X level=3", "-c lz4", "-c lz4 -X hc", "-c lzma", "-c xz -X level=9,extreme,lc=0,lp=2,pb=2"}) {
        Context cx;
        cx.limits.decoded = kUnbounded;
        auto file = w.dir / "image";
        if (!run("gensquashfs -f -D " + root.string() + " " + file.string() + " -q " + options)) {
            std::printf("gensquashfs does not take %s\n", options.c_str());
            continue;
        }
        Image image(read(file), cx);
        auto said = compressor_of(image.codec, image.block_size, image.options, Endian::Little);
        ASSERT_TRUE(said) << options << ": " << said.error().message;
        std::vector<Bytes> plain;
        auto some = samples(image, plain, cx);
        auto found = find_compressor(*said, some, cx);
        ASSERT_TRUE(found) << options;
        auto f = encode_again(image, found->compressor, cx);
        EXPECT_TRUE(found->exact) << options << ", found " << words_of(found->compressor);
        EXPECT_EQ(f.data_same, f.data) << options;
        EXPECT_EQ(f.metadata_same, f.metadata) << options;
        std::printf("gensquashfs %-45s %-70s %llu of %llu data, %llu of %llu metadata blocks\n", options.c_str(),
                    words_of(found->compressor).c_str(), (unsigned long long)f.data_same, (unsigned long long)f.data,
                    (unsigned long long)f.metadata_same, (unsigned long long)f.metadata);
    }
}

Bytes of(std::initializer_list<u32> values, unsigned width = 4, Endian e = Endian::Little) {
    Bytes out(values.size() * width);
    size_t at = 0;
    for (u32 v : values) store(std::span(out).subspan(at), width, e, v), at += width;
    return out;
}

TEST(SquashfsCompressor, Options) {
    auto words_for = [](Codec c, ByteView options, Endian e = Endian::Little) {
        auto r = compressor_of(c, 65536, options, e);
        return r ? words_of(*r) : std::string(r.error().kind == Error::Kind::Unsupported ? "" : "?");
    };
    EXPECT_EQ(words_for(Codec::Gzip, of({4, 10 | 3 << 16})),
              "gzip -b 65536 -Xcompression-level 4 -Xwindow-size 10 -Xstrategy default,filtered");
    EXPECT_EQ(words_for(Codec::Gzip, Bytes{0, 0, 0, 4, 0, 10, 0, 3}, Endian::Big),
              "gzip -b 65536 -Xcompression-level 4 -Xwindow-size 10 -Xstrategy default,filtered");
    for (auto bad : {of({0, 15}), of({10, 15}), of({9, 16}), of({9, 7}), of({9, 15 | 32 << 16}), of({9}), Bytes(9)})
        EXPECT_EQ(words_for(Codec::Gzip, bad), "");
    EXPECT_EQ(words_for(Codec::Lzo, of({4, 3})), "lzo -b 65536 -Xcompression-level 3");
    for (auto bad : {of({5, 0}), of({4, 0}), of({4, 10}), of({0, 1}), of({0})}) EXPECT_EQ(words_for(Codec::Lzo, bad), "");
    EXPECT_EQ(words_for(Codec::Xz, of({8192, 8})), "xz -b 65536 -Xbcj arm -Xdict-size 8192");
    for (auto bad : {of({8193, 0}), of({0, 0}), of({8192, 64}), of({~0u, 0}), of({8192})}) EXPECT_EQ(words_for(Codec::Xz, bad), "");
    // OpenWrt, -Xpreset 9 -Xe -Xlc 0 -Xlp 2 -Xpb 2 -Xbcj arm
    EXPECT_EQ(words_for(Codec::Xz, of({9 << 16 | 20 | 8, 2 << 3 | 2 << 6 | 64 << 16, 65536})),
              "xz -b 65536 -Xbcj arm -Xpreset 9e -Xlc 0 -Xlp 2 -Xfb 64");
    for (auto bad :
         {of({10 << 16, 64 << 16, 65536}), of({0, 4 | 1 << 3, 65536}), of({0, 0, 65537}), of({1 << 20, 0, 65536}), of({0, 4 << 16, 65536})})
        EXPECT_EQ(words_for(Codec::Xz, bad), "");
    EXPECT_EQ(words_for(Codec::Lz4, of({1, 1})), "lz4 -b 65536 -Xhc");
    for (auto bad : {of({2, 0}), of({1, 2}), of({1})}) EXPECT_EQ(words_for(Codec::Lz4, bad), "");
    EXPECT_EQ(words_for(Codec::Zstd, of({3})), "zstd -b 65536 -Xcompression-level 3");
    for (auto bad : {of({0}), of({23}), of({~0u}), of({3, 0})}) EXPECT_EQ(words_for(Codec::Zstd, bad), "");
    EXPECT_EQ(words_for(Codec::Lzma, of({3})), "");
    EXPECT_FALSE(compressor_of(Codec(0), 65536, {}, Endian::Little));
    EXPECT_FALSE(compressor_of(Codec(7), 65536, {}, Endian::Little));
}

Compressor any_compressor(u64 i) {
    auto c = *compressor_of(Codec(1 + i % 6), u32{4096} << i % 9, {}, Endian::Little);
    if (c.codec != Codec::Xz && c.codec != Codec::Lzma) c.level = c.codec == Codec::Lz4 ? int(i % 13) : 1 + int(i % 9);
    c.strategies = c.codec == Codec::Gzip ? u32(i % 32) : 0;
    if (c.codec == Codec::Lzo) c.algorithm = lzo::Algorithm(i % 5), c.optimize = i % 2;
    if (c.codec == Codec::Xz || c.codec == Codec::Lzma)
        c.lzma = {.preset = u32(i % 10), .lc = u32(i % 3), .lp = u32(i % 2), .pb = u32(i % 5), .nice = i % 2 ? 0u : 100u};
    if (c.codec == Codec::Xz) c.filters = u32(i % 64), c.check = i % 4 ? xz_buffer::Check::Crc32 : xz_buffer::Check::None;
    if (c.codec == Codec::Lzma) c.frame = LzmaFrame(i % kLzmaFrames);
    c.both = (c.codec == Codec::Xz || c.codec == Codec::Lzma) && i % 5 == 0;
    c.metadata_as_data = i % 3 == 0;
    return c;
}

TEST(SquashfsCompressor, RecipesThereAndBack) {
    for (u64 i = 0; i < 500; i++) {
        auto c = any_compressor(i);
        Recipe r;
        write_compressor(c, r);
        auto back = read_compressor(r);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(*back, c) << words_of(c);
        EXPECT_EQ(*read_compressor(Recipe::of_line(r.line())), c);
        for (auto& [name, value] : r.all()) {
            auto broken = r;
            broken.set(name, "999999999999");
            EXPECT_FALSE(read_compressor(broken)) << name;
        }
    }
    EXPECT_FALSE(read_compressor({}));
}

TEST(SquashfsCompressor, BlocksThereAndBack) {
    Context cx;
    for (u64 i = 0; i < 60; i++) {
        auto c = any_compressor(i);
        if (c.codec == Codec::Lzo && !lzo::available()) continue;
        for (u64 size : {u64{1}, u64{700}, u64{8192}, u64{c.block_size}})
            for (Use use : {Use::Data, Use::Metadata}) {
                if (use == Use::Metadata && size > kMetadataSize) continue;
                auto plain = words(size, i);
                if (i % 4 == 3 && size > 4) std::fill(plain.begin() + 3, plain.end(), u8{0});
                auto packed = *pack_block(c, plain, cx, use);
                if (!packed) continue;
                // LZMA that is bare of all but its bytes has other lc, lp, pb than it says
                if (c.frame == LzmaFrame::Bare || c.frame == LzmaFrame::SevenZip)
                    if (c.codec == Codec::Lzma && (c.lzma.lc != 3 || c.lzma.lp || c.lzma.pb != 2)) continue;
                auto back = decode_block(c.codec, *packed, plain.size(), cx);
                ASSERT_TRUE(back) << words_of(c) << " " << size << ": " << back.error().message;
                EXPECT_EQ(*back, plain) << words_of(c);
                if (auto less = decode_block(c.codec, *packed, plain.size() - 1, cx))
                    ADD_FAILURE() << words_of(c) << ": more than the limit";
                if (auto cut = decode_block(c.codec, ByteView(*packed).first(packed->size() / 2), plain.size(), cx))
                    EXPECT_LT(cut->size(), plain.size()) << words_of(c);
            }
    }
}

TEST(SquashfsCompressor, VendorsLzma) {
    Context cx;
    for (unsigned f = 0; f < kLzmaFrames; f++)
        for (bool marker : {true, false})
            for (u32 preset : {5u, 9u}) {
                Compressor c = *compressor_of(Codec::Lzma, 16384, {}, Endian::Little);
                c.frame = LzmaFrame(f);
                c.marker = marker;
                c.dictionary = c.frame == LzmaFrame::Alone || c.frame == LzmaFrame::Properties || c.frame == LzmaFrame::SevenZipProperties
                                   ? 16384
                                   : 1 << 23;
                c.lzma.preset = preset;
                std::vector<Bytes> plain, stored;
                for (u64 seed : {1, 2, 3}) plain.push_back(words(16384, seed)), stored.push_back(*encode_block(c, plain.back(), cx));
                std::vector<Sample> some;
                for (size_t i = 0; i < 3; i++) {
                    some.push_back({stored[i], plain[i]});
                    EXPECT_EQ(*decode_block(Codec::Lzma, stored[i], 16384, cx), plain[i]) << words_of(c);
                }
                auto found = *find_compressor(*compressor_of(Codec::Lzma, 16384, {}, Endian::Little), some, cx);
                EXPECT_TRUE(found.exact) << words_of(c) << ", found " << words_of(found.compressor);
                EXPECT_EQ(found.compressor.frame, c.frame);
                EXPECT_EQ(found.compressor.marker, c.marker);
            }
}

TEST(SquashfsCompressor, WhatNobodySays) {
    Context cx;
    // OpenWrt since 2022: nothing in the options but the filter.
    auto said = *compressor_of(Codec::Xz, 131072, of({131072, 8}), Endian::Little);
    auto made = said;
    made.lzma = {.preset = 9 | u32{1} << 31, .lc = 0, .lp = 2, .pb = 2};
    std::vector<Bytes> plain{words(131072, 1), words(50000, 2), words(8192, 3)}, stored;
    for (size_t i = 0; i < 3; i++) stored.push_back(*encode_block(made, plain[i], cx, i < 2 ? Use::Data : Use::Metadata));
    std::vector<Sample> some{{stored[0], plain[0]}, {stored[1], plain[1]}, {stored[2], plain[2], Use::Metadata}};
    auto found = *find_compressor(said, some, cx);
    EXPECT_TRUE(found.exact) << words_of(found.compressor);
    EXPECT_EQ(found.compressor.lzma.lp, 2u);
    // Not what any of them makes: not exact, and what the block says is kept.
    stored[1][stored[1].size() / 2] ^= 1;
    some[1].stored = stored[1];
    found = *find_compressor(said, some, cx);
    EXPECT_FALSE(found.exact);
    EXPECT_EQ(found.compressor.lzma.lp, 2u);
    // libsquashfs with -X extreme keeps the smaller one of two.
    made = said;
    made.both = true;
    made.lzma = {.preset = 6, .lc = 1, .lp = 1, .pb = 0};
    for (size_t i = 0; i < 3; i++) stored[i] = *encode_block(made, plain[i], cx, some[i].use), some[i].stored = stored[i];
    found = *find_compressor(said, some, cx);
    EXPECT_TRUE(found.exact) << words_of(found.compressor);
    // No samples: what is said holds.
    EXPECT_TRUE((*find_compressor(said, {}, cx)).exact);
}

}  // namespace
}  // namespace fieldstrip::squashfs
