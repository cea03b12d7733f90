#include "formats/squashfs/compressor.h"
#include "codecs/zlib.h"
namespace fieldstrip::squashfs {
Result<Compressor> compressor_of(Codec c, u32 b, ByteView, Endian) { return Compressor{c, b}; }
Result<Bytes> decode_block(Codec c, ByteView stored, u64 limit, Context& cx) {
    if (c != Codec::Gzip) return fail(Error::Kind::Unsupported, "codec");
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    thread_local zlib::Inflater i;
    Bytes out(limit);
    auto n = i.decode(stored, out);
    if (!n) return fail(Error::Kind::Damaged, "zlib");
    out.resize(*n);
    TRY_VOID(cx.spend(&Limits::decoded, *n));
    return out;
}
Result<Bytes> encode_block(const Compressor& c, ByteView plain, Context&) {
    auto d = TRY(zlib::Deflater::with({.level = c.level}));
    Bytes out;
    d.encode(plain, out);
    return out;
}
Result<Found> find_compressor(const Compressor& said, std::span<const Sample>, Context&) { return Found{said, true}; }
std::string words_of(const Compressor&) { return "gzip"; }
void write_compressor(const Compressor& c, Recipe& r) { r.set("block_size", u64{c.block_size}); }
Result<Compressor> read_compressor(const Recipe& r) { return Compressor{Codec::Gzip, u32(TRY(r.number("block_size")))}; }
}
