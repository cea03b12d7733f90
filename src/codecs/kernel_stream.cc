// Sources: Linux, lib/decompress.c (which formats, by which magic), scripts/Makefile.lib (how they are made), lib/decompress_unlzo.c and
// lib/decompress_unlz4.c.
#include "codecs/kernel_stream.h"

#include <lzma.h>
#include <zstd.h>

#include "codecs/bzip2.h"
#include "codecs/deflate.h"
#include "codecs/lz4.h"

namespace fieldstrip::kernel_stream {
namespace {

constexpr std::string_view kGzip{"\x1F\x8B\x08", 3},
    kXz{"\xFD"
        "7zXZ\0",
        6},
    kBzip2{"BZh"}, kBzip2Block{"\x31\x41\x59\x26\x53\x59", 6}, kLzop{"\x89LZO\0\r\n\x1A\n", 9}, kLz4{"\x02\x21\x4C\x18", 4},
    kZstd{"\x28\xB5\x2F\xFD", 4};
constexpr u64 kLz4Block = u64{8} << 20, kLz4Most = kLz4Block + kLz4Block / 255 + 16;
constexpr u64 kMemory = u64{192} << 20;  // of a decoder: the dictionaries of xz -9 and lzma -9

bool is_lzma(ByteView in) {
    if (in.size() < 18 || in[0] != 0x5D || in[13]) return false;
    const u64 dictionary = le32(in, 1), size = le64(in, 5);
    const bool usual = std::has_single_bit(dictionary) || std::has_single_bit(dictionary / 3);
    return dictionary >= 4096 && usual && (size == ~u64{0} || (size && size <= u64{1} << 30));
}

bool take_nothing(ByteView) { return true; }

/// Of lzop, which wrote it.
u16 version_of(ByteView in) { return u16(load(in.subspan(9, 2), 2, Endian::Big)); }

std::optional<Measured> of_liblzma(ByteView in, bool alone, Context& cx) {
    lzma_stream s = LZMA_STREAM_INIT;
    if ((alone ? lzma_alone_decoder(&s, kMemory) : lzma_stream_decoder(&s, kMemory, 0)) != LZMA_OK) return {};
    Bytes out(u64{1} << 16);
    s.next_in = in.data(), s.avail_in = in.size();
    std::optional<Measured> found;
    while (true) {
        s.next_out = out.data(), s.avail_out = out.size();
        auto r = lzma_code(&s, LZMA_RUN);
        if (!cx.spend(&Limits::decoded, out.size() - s.avail_out)) break;
        if (r == LZMA_STREAM_END) found = {s.total_in, s.total_out};
        if (r != LZMA_OK || (!s.avail_in && s.avail_out)) break;
    }
    lzma_end(&s);
    return found;
}

std::optional<Measured> of_zstd(ByteView in, Context& cx) {
    std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> s(ZSTD_createDStream(), ZSTD_freeDStream);
    if (!s || ZSTD_isError(ZSTD_DCtx_setParameter(s.get(), ZSTD_d_windowLogMax, 27))) return {};
    Bytes out(u64{1} << 17);
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    for (u64 made = 0;;) {
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        auto left = ZSTD_decompressStream(s.get(), &to, &from);
        if (ZSTD_isError(left) || !cx.spend(&Limits::decoded, to.pos)) return {};
        made += to.pos;
        if (!left) return Measured{from.pos, made};
        if (from.pos == from.size && to.pos < to.size) return {};
    }
}

std::optional<Measured> of_gzip(ByteView in, Context& cx) {
    if (in.size() < 18 || in[3] & ~u32{8}) return {};  // Linux's own reader takes no other field than a name
    u64 at = 10;
    if (in[3]) {
        while (at < in.size() && in[at]) at++;
        at++;
    }
    if (at >= in.size()) return {};
    deflate::Reader reader;
    auto r = reader.read(in.subspan(at), take_nothing, cx);
    if (!r || r->end != deflate::Read::End::Whole || in.size() - at - r->used < 8) return {};
    return Measured{at + r->used + 8, r->made};
}

std::optional<Measured> of_bzip2(ByteView in, Context& cx) {
    bzip2::Reader reader;
    u64 bit = 32, made = 0;
    while (bzip2::bits_at(in, bit, 48) == bzip2::kBlockMagic) {
        auto b = reader.read(in, bit, unsigned(in[3] - '0'), take_nothing, cx);
        if (!b || !b->holds()) return {};
        bit = b->to, made += b->made;
    }
    if (bzip2::bits_at(in, bit, 48) != bzip2::kEndMagic) return {};
    const u64 used = (bit + bzip2::kEnd + 7) / 8;
    return used <= in.size() ? std::optional(Measured{used, made}) : std::nullopt;
}

/// The blocks say how much they hold.
std::optional<Measured> of_lzop(ByteView in) {
    if (in.size() < 64) return {};
    const bool late = version_of(in) >= 0x0940;
    u64 at = late ? 17 : 14;
    const u32 flags = be32(in, at);
    at += 4 + (flags & 0x800 ? 4 : 0) + 8 + (late ? 4 : 0);
    if (flags & 0x40 || at >= in.size()) return {};  // an extra field, which Linux does not know
    at += 1 + in[at] + 4;
    for (u64 made = 0; at <= in.size() && in.size() - at >= 4;) {
        const u64 content = be32(in, at);
        if (!content) return Measured{at + 4, made};
        if (in.size() - at < 8) return {};
        const u64 size = be32(in, at + 4);
        if (size > content || content > u64{64} << 20) return {};
        auto sums = [&](u32 plain, u32 packed) { return (flags & plain ? 4 : 0) + (flags & packed && size < content ? 4 : 0); };
        at += 8 + sums(1, 2) + sums(0x100, 0x200) + size;
        made += content;
    }
    return {};
}

std::optional<Measured> of_lz4(ByteView in, Context& cx) {
    u64 at = 4, made = 0;
    while (in.size() - at > 4) {
        const u64 size = le32(in, at);
        if (!size || size > kLz4Most || size > in.size() - at - 4) break;
        auto block = lz4::decode(in.subspan(at + 4, size), kLz4Block, cx);
        if (!block) return {};
        at += 4 + size, made += block->size();
        if (block->size() < kLz4Block) break;
    }
    return made ? std::optional(Measured{at, made}) : std::nullopt;
}

}  // namespace

std::string_view kind_of(ByteView in) {
    if (in.size() < 18) return {};
    if (starts_with(in, kGzip)) return !(in[3] & 0xE0) && (in[3] || deflate::may_begin(in.subspan(10))) ? "gzip" : "";
    if (starts_with(in, kXz)) return in[6] == 0 && crc32(in.subspan(6, 2)) == le32(in, 8) ? "xz" : "";
    if (starts_with(in, kBzip2)) return in[3] >= '1' && in[3] <= '9' && starts_with(in.subspan(4), kBzip2Block) ? "bzip2" : "";
    if (starts_with(in, kLzop)) return version_of(in) >= 0x0900 && version_of(in) < 0x2000 ? "lzop" : "";
    if (starts_with(in, kLz4)) return le32(in, 4) && le32(in, 4) <= kLz4Most ? "lz4-legacy" : "";
    if (starts_with(in, kZstd)) return !(in[4] & 8) ? "zstd" : "";
    return is_lzma(in) ? "lzma" : "";
}

Found find(ByteView in, Extent range) {
    for (u64 at = range.offset; at < std::min<u64>(range.end(), in.size()); at++)
        if (auto kind = kind_of(in.subspan(at)); !kind.empty()) return {at, kind};
    return {};
}

std::optional<Measured> measure(ByteView in, std::string_view kind, Context& cx) {
    if (in.size() < 18) return {};
    if (kind == "gzip") return of_gzip(in, cx);
    if (kind == "xz" || kind == "lzma") return of_liblzma(in, kind == "lzma", cx);
    if (kind == "bzip2") return of_bzip2(in, cx);
    if (kind == "lzop") return of_lzop(in);
    if (kind == "lz4-legacy") return of_lz4(in, cx);
    if (kind == "zstd") return of_zstd(in, cx);
    return {};
}

u64 without_zeros(ByteView place, std::string_view kind, Context& cx) {
    if (place.empty() || place.back()) return place.size();
    auto m = measure(place, kind, cx);
    return m && one_value(place.subspan(m->used)) == u8{0} ? m->used : place.size();
}

namespace {
Bytes size_of_decoded(const Feed& feed) {
    Bytes all;
    feed([&](ByteView v) { all.insert(all.end(), v.begin(), v.end()); });
    Context cx;  // nobody else's limits: what it spends is bounded by its own
    auto kind = kind_of(all);
    // LZ4 has no end of its own: as Linux's reader does, something is thought to follow.
    if (kind == "lz4-legacy") all.insert(all.end(), 4, u8{0});
    auto m = measure(all, kind, cx);
    return big_endian(m ? m->made : ~u64{0}, 8);
}
}  // namespace

const Digest decoded_size{"decoded size", true, size_of_decoded};

}  // namespace fieldstrip::kernel_stream
