// Encoding a block as mksquashfs does.
// Source: squashfs-tools 4.5.1, gzip_wrapper.c, lzo_wrapper.c, xz_wrapper.c, lzma_xz_wrapper.c, lz4_wrapper.c, zstd_wrapper.c (what is
// tried, and which of several is taken: the first of the smallest), mksquashfs.c (mangle2); squashfs-tools-ng lib/sqfs/comp (metadata as
// data).
#include "codecs/lz4.h"
#include "codecs/zlib.h"
#include "codecs/zstd.h"
#include "formats/squashfs/compressor.h"

namespace fieldstrip::squashfs {
namespace {

/// The first of the smallest.
void keep_smaller(std::optional<Bytes>& best, Bytes one) {
    if (!best || one.size() < best->size()) best = std::move(one);
}

Result<Bytes> gzip(const Compressor& c, ByteView plain, bool data) {
    std::optional<Bytes> best;
    u32 strategies = data ? c.strategies : 0;
    if (!strategies) strategies = 1;
    for (int strategy = 0; strategies >> strategy; strategy++) {
        if (!(strategies >> strategy & 1)) continue;
        deflate::Params p{
            .level = c.level, .mem_level = c.mem_level, .strategy = strategy, .window = std::max(9, c.window)};  // zlib makes 9 of 8
        Bytes one;
        TRY(zlib::Deflater::with(p)).encode(plain, one);
        keep_smaller(best, std::move(one));
    }
    return std::move(*best);
}

/// The preset, and its extreme kind where that is tried too.
template <class Encode>
Result<void> each_preset(const Compressor& c, std::optional<Bytes>& best, Encode encode) {
    auto p = c.lzma;
    keep_smaller(best, TRY(encode(p)));
    p.preset |= lzma2::kExtreme;
    if (c.both && p.preset != c.lzma.preset) keep_smaller(best, TRY(encode(p)));
    return {};
}

Result<Bytes> xz(const Compressor& c, ByteView plain, bool data, Context& cx) {
    std::optional<Bytes> best;
    const lzma2::Filter last{lzma2::kLzma2, {lzma2::code_of(data ? c.dictionary : kMetadataSize)}};
    auto with = [&](const lzma2::Chain& chain) {
        return each_preset(c, best, [&](const lzma2::Params& p) { return xz_buffer::encode(plain, chain, p, c.check, cx); });
    };
    TRY_VOID(with({last}));
    for (size_t i = 0; data && i < std::size(kFilters); i++)
        if (c.filters >> i & 1) TRY_VOID(with({{kFilters[i], {}}, last}));
    return std::move(*best);
}

Result<Bytes> lzma(const Compressor& c, ByteView plain, bool data, Context& cx) {
    LzmaFront front{.frame = c.frame,
                    .header = {.lc = c.lzma.lc, .lp = c.lzma.lp, .pb = c.lzma.pb, .dictionary = data ? c.dictionary : kMetadataSize},
                    .marker = c.marker};
    if (c.sized) front.header.size = plain.size();
    std::optional<Bytes> best;
    TRY_VOID(
        each_preset(c, best, [&](const lzma2::Params& p) { return encode_lzma(plain, front, {.preset = p.preset, .nice = p.nice}, cx); }));
    return std::move(*best);
}

}  // namespace

Result<Bytes> encode_block(const Compressor& c, ByteView plain, Context& cx, Use use) {
    bool data = use == Use::Data || c.metadata_as_data;
    auto encode = [&]() -> Result<Bytes> {
        switch (c.codec) {
            case Codec::Gzip: return gzip(c, plain, data);
            case Codec::Lzma: return lzma(c, plain, data, cx);
            case Codec::Lzo: return lzo::encode(plain, {.algorithm = c.algorithm, .level = c.level, .optimize = c.optimize}, cx);
            case Codec::Xz: return xz(c, plain, data, cx);
            case Codec::Lz4: return lz4::encode(plain, c.level, cx);
            case Codec::Zstd: return zstd::encode(plain, c.level, cx);
        }
        return fail(Error::Kind::Unsupported, "a compression that nobody knows");
    };
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    auto out = TRY(encode());
    // Encoders are given room for a block, and what needs more is not packed.
    if (out.size() > (use == Use::Data ? c.block_size : kMetadataSize)) out.assign(plain.begin(), plain.end());
    return out;
}

Result<std::optional<Bytes>> pack_block(const Compressor& c, ByteView plain, Context& cx, Use use) {
    auto out = TRY(encode_block(c, plain, cx, use));
    bool packed = out.size() < plain.size() || (c.keeps_longer && !equal(out, plain));
    return packed ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace fieldstrip::squashfs
