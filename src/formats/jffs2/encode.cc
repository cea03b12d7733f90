#include "formats/jffs2/encode.h"

#include "codecs/lzo.h"
#include "codecs/rtime.h"
#include "codecs/zlib_flushed.h"

namespace fieldstrip::jffs2 {
namespace {

/// What one compressor makes of it; nothing where it gives up.
Result<std::optional<Coded>> one(u8 codec, ByteView content, u64 space, Context& cx) {
    TRY_VOID(cx.spend(&Limits::decoded, content.size()));
    switch (codec) {
        case kZlib:
            if (auto made = zlib::encode_flushed(content, space)) return Coded{kZlib, std::move(made->stream), made->consumed};
            return std::nullopt;
        case kRtime:
            if (auto made = rtime::encode(content, space)) return Coded{kRtime, std::move(made->code), made->consumed};
            return std::nullopt;
        case kLzo: {  // all of it or nothing
            auto made = TRY(lzo::encode(content, {}, cx));
            if (made.size() > space) return std::nullopt;
            return Coded{kLzo, std::move(made), content.size()};
        }
        default: return std::nullopt;
    }
}

}  // namespace

Result<Coded> encode(const Method& m, ByteView content, u64 space, Context& cx) {
    std::optional<Coded> best;
    for (u8 codec : m.codecs) {
        auto made = TRY(one(codec, content, space, cx));
        if (!made) continue;
        if (!m.smallest) return *std::move(made);
        if (made->data.size() < made->consumed && (!best || made->data.size() < best->data.size())) best = std::move(made);
    }
    if (best) return *std::move(best);
    auto stored = content.first(std::min<u64>(content.size(), space));
    return Coded{kNone, Bytes(stored.begin(), stored.end()), stored.size()};
}

}  // namespace fieldstrip::jffs2
