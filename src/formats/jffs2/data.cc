#include "formats/jffs2/data.h"

#include "codecs/lzma1.h"
#include "codecs/lzo.h"
#include "codecs/rtime.h"
#include "codecs/rubin.h"
#include "codecs/zlib.h"

namespace fieldstrip::jffs2 {

constexpr size_t kKept = 4;

Result<const Decoder::Data*> Decoder::decode(const Ref& r, const RawInode& raw) {
    for (auto& k : kept_)
        if (k.place == r.place) return k.good ? &k.data : nullptr;
    const u64 size = raw.size();
    if (size > kMostData) return nullptr;
    TRY_VOID(cx_.spend(&Limits::decoded, size));
    if (kept_.size() < kKept) kept_.emplace_back(Kept{});
    auto& k = kept_[next_++ % kKept];
    k.place = r.place;
    k.data.adler = true;
    k.data.content.assign(size, 0);
    k.good = TRY(decode(raw.compr, log_.data(r), k.data.content, k.data.adler));
    return k.good ? &k.data : nullptr;
}

Result<bool> Decoder::decode(u8 compr, ByteView in, std::span<u8> out, bool& adler) {
    switch (compr) {
        case kNone:
        case kCopy:
            if (in.size() != out.size()) return false;
            std::copy(in.begin(), in.end(), out.begin());
            return true;
        case kZero: std::fill(out.begin(), out.end(), u8{0}); return true;
        case kRtime: return rtime::decode(in, out);
        // Linux has had the two kinds of rubin the other way round since 2.6. Neither has a check; the wrong one hardly ever ends well.
        case kRubinMips: return rubin::decode(rubin::Kind::Dynamic, in, out) || rubin::decode(rubin::Kind::Mips, in, out);
        case kDynRubin: return rubin::decode(rubin::Kind::Mips, in, out) || rubin::decode(rubin::Kind::Dynamic, in, out);
        case kZlib:
            if (zlib::decode(in, out) == out.size()) return true;
            adler = false;
            return zlib::decode_unsummed(in, out) == out.size();
        case kLzo: {
            auto made = lzo::decode(in, out.size(), cx_);
            if (!made && made.error().kind == Error::Kind::Limit) return std::unexpected(made.error());
            if (!made || made->size() != out.size()) return false;
            std::copy(made->begin(), made->end(), out.begin());
            return true;
        }
        case kLzma: return lzma1::decode(in, {}, out);
        default: return false;
    }
}

std::string_view name_of(u8 compr) {
    constexpr std::string_view kNames[] = {"none", "zero", "rtime", "rubinmips", "copy", "dynrubin", "zlib", "lzo", "lzma"};
    return compr < std::size(kNames) ? kNames[compr] : "unknown";
}

}  // namespace fieldstrip::jffs2
