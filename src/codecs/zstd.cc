// Sources: zstd.h and zstd_errors.h of zstd 1.5.4; RFC 8878 (frames, blocks).
#define ZSTD_STATIC_LINKING_ONLY  // ZSTD_decompressBound
#include "codecs/zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <new>

namespace fieldstrip::zstd {
namespace {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};

}  // namespace

Result<Bytes> decode(ByteView in, u64 limit, Context& cx) {
    // What the headers of frames and blocks say, so that a large limit makes no large buffer. Of a hostile one it may still be much.
    auto most = ZSTD_decompressBound(in.data(), in.size());
    if (in.empty() || most == ZSTD_CONTENTSIZE_ERROR) return fail(Error::Kind::Damaged, "the zstd data does not decode");
    most = std::min<u64>(most, limit);
    if (most > cx.limits.memory) return cx.limit("memory");
    static thread_local const std::unique_ptr<ZSTD_DCtx, Deleter<ZSTD_freeDCtx>> d(ZSTD_createDCtx());  // each begins anew in it
    if (!d) throw std::bad_alloc();
    Bytes out(most);
    u8 none = 0;
    auto made = ZSTD_decompressDCtx(d.get(), out.empty() ? &none : out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(made)) {
        bool more = ZSTD_getErrorCode(made) == ZSTD_error_dstSize_tooSmall;
        return fail(Error::Kind::Damaged, more ? "the zstd data holds more than it may" : "the zstd data does not decode");
    }
    TRY_VOID(cx.spend(&Limits::decoded, made));
    out.resize(made);
    return out;
}

Result<Bytes> encode(ByteView in, int level, Context& cx) {
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel())
        return fail(Error::Kind::Unsupported, "zstd has no level " + std::to_string(level));
    std::unique_ptr<ZSTD_CCtx, Deleter<ZSTD_freeCCtx>> c(ZSTD_createCCtx());
    if (!c) throw std::bad_alloc();
    Bytes out(ZSTD_compressBound(in.size()));
    auto made = ZSTD_compressCCtx(c.get(), out.data(), out.size(), in.data(), in.size(), level);
    if (ZSTD_isError(made)) return fail(Error::Kind::Unsupported, "zstd does not encode this");
    out.resize(made);
    return out;
}

int most() { return ZSTD_maxCLevel(); }

}  // namespace fieldstrip::zstd
