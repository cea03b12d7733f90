// Sources: lz4.h and lz4hc.h of LZ4 1.9.4, doc/lz4_Block_format.md (how much a byte can stand for).
#include "codecs/lz4.h"

#include <lz4.h>
#include <lz4hc.h>

namespace fieldstrip::lz4 {

Result<Bytes> decode(ByteView in, u64 limit, Context& cx) {
    if (in.size() > LZ4_MAX_INPUT_SIZE) return fail(Error::Kind::Unsupported, "an LZ4 block of more than 2 GiB");
    auto most = std::min<u64>(in.size() * 256 + 64, LZ4_MAX_INPUT_SIZE);  // a byte says 255 more of a match at most
    Bytes out(std::min(limit, most));
    char none = 0;
    int made = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), out.empty() ? &none : reinterpret_cast<char*>(out.data()),
                                   int(in.size()), int(out.size()));
    if (made < 0) return fail(Error::Kind::Damaged, "the LZ4 data does not decode");
    TRY_VOID(cx.spend(&Limits::decoded, u64(made)));
    out.resize(size_t(made));
    return out;
}

Result<Bytes> encode(ByteView in, int level, Context& cx) {
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    if (in.size() > LZ4_MAX_INPUT_SIZE) return fail(Error::Kind::Unsupported, "an LZ4 block of more than 2 GiB");
    if (level < 0 || level > LZ4HC_CLEVEL_MAX) return fail(Error::Kind::Unsupported, "LZ4 has no level " + std::to_string(level));
    if (in.empty()) return Bytes{0};  // the library may look at bytes that are not there
    Bytes out(size_t(LZ4_compressBound(int(in.size()))));
    auto* from = reinterpret_cast<const char*>(in.data());
    auto* to = reinterpret_cast<char*>(out.data());
    int made = level ? LZ4_compress_HC(from, to, int(in.size()), int(out.size()), level)
                     : LZ4_compress_default(from, to, int(in.size()), int(out.size()));
    if (made <= 0) return fail(Error::Kind::Unsupported, "LZ4 does not encode this");
    out.resize(size_t(made));
    return out;
}

}  // namespace fieldstrip::lz4
