// What the superblock and the option block say, and decoding.
// Source: squashfs-tools 4.5.1, gzip_wrapper.h, lzo_wrapper.h, xz_wrapper.h, lz4_wrapper.h, zstd_wrapper.h and their .c (option blocks and
// what goes for none); OpenWrt tools/squashfs4/patches/160-expose_lzma_xz_options.patch (12 bytes of options for xz and lzma).
#include "formats/squashfs/compressor.h"

#include <bit>

#include "codecs/lz4.h"
#include "codecs/zlib.h"
#include "codecs/zstd.h"

namespace fieldstrip::squashfs {
namespace {

constexpr std::string_view kNames[] = {"gzip", "lzma", "lzo", "xz", "lz4", "zstd"};

std::unexpected<Error> unknown(std::string_view what) {
    return fail(Error::Kind::Unsupported, "compression options that nobody knows: " + std::string(what));
}

/// 2^n or 2^n + 2^(n+1), of what an encoder can have.
bool is_dictionary(u32 v) {
    auto low = v & (~v + 1);
    return v >= 4096 && v <= u32{1} << 30 && (v == low || v == low * 3);
}

class Options {
  public:
    Options(ByteView b, Endian e) : bytes_(b), endian_(e) {}
    u32 u(u64 at, unsigned width = 4) const { return u32(load(bytes_.subspan(at, width), width, endian_)); }
    u64 size() const { return bytes_.size(); }

  private:
    ByteView bytes_;
    Endian endian_;
};

Result<void> gzip(Compressor& c, const Options& o) {
    if (o.size() != 8) return unknown("their size");
    u32 level = o.u(0), window = o.u(4, 2), strategies = o.u(6, 2);
    if (level < 1 || level > 9) return unknown("a level of gzip");
    if (window < 8 || window > 15) return unknown("a window of gzip");
    if (strategies >> 5) return unknown("a strategy of gzip");
    c.level = int(level), c.window = int(window), c.strategies = strategies;
    return {};
}

Result<void> lzo_options(Compressor& c, const Options& o) {
    if (o.size() != 8) return unknown("their size");
    u32 algorithm = o.u(0), level = o.u(4);
    bool best = algorithm == u32(lzo::Algorithm::Lzo1x_999);
    if (algorithm >= lzo::kAlgorithms) return unknown("an algorithm of lzo");
    if (best ? level < 1 || level > 9 : level != 0) return unknown("a level of lzo");
    c.algorithm = lzo::Algorithm(algorithm);
    c.level = best ? int(level) : c.level;
    return {};
}

Result<void> xz(Compressor& c, const Options& o) {
    if (o.size() != 8) return unknown("their size");
    u32 dictionary = o.u(0), filters = o.u(4);
    if (!is_dictionary(dictionary)) return unknown("a dictionary of xz");
    if (filters >> std::size(kFilters)) return unknown("a filter of xz");
    c.dictionary = dictionary, c.filters = filters;
    return {};
}

/// OpenWrt's for xz and lzma: u32 filters and preset, u16 lc, lp, pb, u16 nice length, u32 dictionary.
Result<void> openwrt(Compressor& c, const Options& o) {
    // -Xe sets bits 2 and 4 by mistake, which are filters that it does not mean.
    constexpr u32 kExtreme = 20;
    u32 flags = o.u(0), bits = o.u(4, 2), nice = o.u(6, 2), dictionary = o.u(8);
    bool extreme = (flags & kExtreme) == kExtreme;
    c.lzma.preset = flags >> 16 & 15;
    if (extreme) flags &= ~kExtreme, c.lzma.preset |= lzma2::kExtreme;
    c.lzma.lc = bits & 7, c.lzma.lp = bits >> 3 & 7, c.lzma.pb = bits >> 6 & 7;
    c.lzma.nice = nice;
    c.filters = flags & 0xFFFF;
    c.dictionary = dictionary;
    if (flags >> 20 || bits >> 9 || (flags >> 16 & 15) > 9 || c.lzma.lc + c.lzma.lp > 4 || c.lzma.pb > 4) return unknown("a preset");
    if (nice && (nice < 5 || nice > 273)) return unknown("a match's length");
    if (c.filters >> std::size(kFilters) || (c.codec == Codec::Lzma && c.filters)) return unknown("a filter");
    if (!is_dictionary(dictionary)) return unknown("a dictionary");
    if (c.codec == Codec::Lzma) {
        c.lzma.preset &= 15;        // -Xe is not heeded there
        c.metadata_as_data = true;  // its dictionary is one for all
    }
    return {};
}

Result<void> lz4_options(Compressor& c, const Options& o) {
    if (o.size() != 8 || o.u(0) != 1) return unknown("a version of lz4");
    if (o.u(4) > 1) return unknown("a flag of lz4");
    c.level = o.u(4) ? 12 : 0;
    return {};
}

Result<void> zstd_options(Compressor& c, const Options& o) {
    if (o.size() != 4) return unknown("their size");
    if (o.u(0) < 1 || o.u(0) > u32(zstd::most())) return unknown("a level of zstd");
    c.level = int(o.u(0));
    return {};
}

}  // namespace

const u64 kFilters[6] = {4, 5, 6, 7, 8, 9};  // x86, powerpc, ia64, arm, armthumb, sparc

std::string_view name_of(Codec c) { return kNames[unsigned(c) - 1]; }
std::optional<Codec> codec_of(std::string_view name) {
    for (u16 i = 0; i < std::size(kNames); i++)
        if (kNames[i] == name) return Codec(i + 1);
    return {};
}

Result<Compressor> compressor_of(Codec codec, u32 block_size, ByteView options, Endian endian) {
    Compressor c{.codec = codec, .block_size = block_size};
    c.dictionary = block_size;
    switch (codec) {
        case Codec::Gzip: c.level = 9; break;
        case Codec::Lzma: c.lzma.preset = 5; break;
        case Codec::Lzo: c.level = 8; break;
        case Codec::Xz: break;
        case Codec::Lz4: c.level = 0; break;
        case Codec::Zstd: c.level = 15; break;
        default: return fail(Error::Kind::Unsupported, "a compression that nobody knows");
    }
    if (options.empty()) return c;
    Options o(options, endian);
    switch (codec) {
        case Codec::Gzip: TRY_VOID(gzip(c, o)); break;
        case Codec::Lzma:
            if (o.size() != 12) return unknown("lzma has none");
            TRY_VOID(openwrt(c, o));
            break;
        case Codec::Lzo: TRY_VOID(lzo_options(c, o)); break;
        case Codec::Xz:
            if (o.size() == 12)
                TRY_VOID(openwrt(c, o));
            else
                TRY_VOID(xz(c, o));
            break;
        case Codec::Lz4: TRY_VOID(lz4_options(c, o)); break;
        case Codec::Zstd: TRY_VOID(zstd_options(c, o)); break;
    }
    return c;
}

Result<Bytes> decode_block(Codec codec, ByteView stored, u64 limit, Context& cx) {
    switch (codec) {
        case Codec::Gzip: {
            constexpr u64 kMost = 1032;  // a byte of deflate makes no more
            if (stored.size() > kUnbounded / (2 * kMost)) return cx.limit("memory");
            Bytes out(std::min(limit, stored.size() * kMost));
            auto size = zlib::decode(stored, out);
            if (!size) return fail(Error::Kind::Damaged, "the zlib data does not decode");
            TRY_VOID(cx.spend(&Limits::decoded, *size));
            out.resize(*size);
            return out;
        }
        case Codec::Lzma: return TRY(decode_lzma(stored, limit, cx)).content;
        case Codec::Lzo: return lzo::decode(stored, limit, cx);
        case Codec::Xz: return xz_buffer::decode(stored, limit, cx);
        case Codec::Lz4: return lz4::decode(stored, limit, cx);
        case Codec::Zstd: return zstd::decode(stored, limit, cx);
    }
    return fail(Error::Kind::Unsupported, "a compression that nobody knows");
}

Result<std::optional<Codec>> codec_seen(ByteView stored, u64 limit, Context& cx) {
    bool zlib = stored.size() > 2 && (stored[0] & 15) == 8 && (stored[0] << 8 | stored[1]) % 31 == 0;
    std::vector<Codec> likely;
    if (zlib) likely.push_back(Codec::Gzip);
    if (starts_with(stored,
                    "\xFD"
                    "7zXZ"))
        likely.push_back(Codec::Xz);
    if (starts_with(stored, "\x28\xB5\x2F\xFD")) likely.push_back(Codec::Zstd);
    likely.push_back(Codec::Lzma);
    for (auto codec : likely) {
        auto plain = decode_block(codec, stored, limit, cx);
        if (plain) return codec;
        if (plain.error().kind == Error::Kind::Limit) return std::unexpected(plain.error());
    }
    return std::optional<Codec>{};
}

}  // namespace fieldstrip::squashfs
