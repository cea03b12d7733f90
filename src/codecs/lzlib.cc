// Sources: lzlib 1.13, lzlib.h and doc/lzlib.info; lzip 1.23, doc/lzip.info (its levels).
#include "codecs/lzlib.h"

#include <lzlib.h>

namespace fieldstrip::lzlib {
namespace {

constexpr Params kLevels[] = {{kFastDictionary, 16}, {1 << 20, 5},  {3 << 19, 6},  {1 << 21, 8},   {3 << 20, 12},
                              {1 << 22, 20},         {1 << 23, 36}, {1 << 24, 68}, {3 << 23, 132}, {1 << 25, 273}};
constexpr u64 kStep = 1 << 16;
constexpr u64 kMostMember = u64{1} << 50;  // lzlib's: a member is not split

struct Encoder {
    LZ_Encoder* handle;
    Encoder(u32 dictionary, u32 match_length) : handle(LZ_compress_open(int(dictionary), int(match_length), kMostMember)) {}
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;
    ~Encoder() {
        if (handle) LZ_compress_close(handle);
    }
};

/// As a header says a dictionary: 2^n less some sixteenths, rounded up.
u8 code_of(u32 dictionary) {
    unsigned bits = 12;
    while (u64{1} << bits < dictionary) bits++;
    u32 sixteenth = u32{1} << (bits - 4);
    unsigned less = bits > 12 ? std::min<u32>(7, ((u32{1} << bits) - dictionary) / sixteenth) : 0;
    return u8(bits | less << 5);
}

/// lzip cuts it to the file, which decides how large its tables are.
u32 cut(u32 dictionary, u64 content) {
    if (dictionary == kFastDictionary) return dictionary;
    return u32(std::min<u64>(dictionary, std::max<u64>(content, 4096)));
}
bool fits(u32 dictionary, const Context& cx) { return u64{dictionary} * 12 + (8 << 20) <= 2 * cx.limits.memory; }

}  // namespace

std::span<const Params> levels() { return kLevels; }

Result<void> encode(ByteView content, const Params& p, const Take& take, Context& cx) {
    const auto none = fail(Error::Kind::Unsupported, "lzip parameters that lzlib does not have");
    const u32 dictionary = cut(p.dictionary, content.size());
    if (p.dictionary < 4096 || dictionary > u32{1} << 29 || p.match_length < 5 || p.match_length > 273) return none;
    if (!fits(dictionary, cx)) return cx.limit("memory");
    Encoder e(dictionary, p.match_length);
    if (!e.handle || LZ_compress_errno(e.handle) == LZ_mem_error) return cx.limit("memory");
    if (LZ_compress_errno(e.handle) != LZ_ok) return none;
    // Of level 0 lzip cuts what the header says, and lzlib does not; the stream is the same.
    std::optional<u8> code;
    if (p.dictionary == kFastDictionary) code = code_of(u32(std::clamp<u64>(content.size(), 4096, 1 << 16)));
    Bytes buffer(kStep);
    u64 made = 0;
    for (bool finished = false; !finished;) {
        TRY_VOID(cx.spend(&Limits::decoded, 0));
        if (!content.empty()) {
            int wrote = LZ_compress_write(e.handle, content.data(), int(std::min<u64>(content.size(), kStep)));
            if (wrote < 0) return none;
            content = content.subspan(size_t(wrote));
        }
        if (content.empty()) LZ_compress_finish(e.handle);
        for (;;) {
            int n = LZ_compress_read(e.handle, buffer.data(), int(buffer.size()));
            if (n < 0) return none;
            if (!n) break;
            if (code && made <= 5 && made + u64(n) > 5) buffer[5 - made] = *code;
            made += u64(n);
            if (!take(ByteView(buffer).first(size_t(n)))) return {};
        }
        finished = LZ_compress_finished(e.handle) == 1;
    }
    return {};
}

Result<std::optional<Params>> find(ByteView member, ByteView content, u32 dictionary, u64& budget, Context& cx) {
    std::vector<Params> likely;
    auto add = [&](Params p) {
        if (std::find(likely.begin(), likely.end(), p) == likely.end()) likely.push_back(p);
    };
    // A header's dictionary is the level's, or the content's size rounded up. The usual level first, then those with that dictionary.
    for (bool same : {true, false})
        for (unsigned level : {6, 9, 0, 1, 2, 3, 4, 5, 7, 8}) {
            auto p = kLevels[level];
            bool cut_to_it = p.dictionary > dictionary && content.size() <= dictionary;
            if (p.dictionary == dictionary || cut_to_it || (!level && dictionary == 1 << 16)) {
                if (same) add(p);
            } else if (!same && level) {
                add({dictionary, p.match_length});
            }
        }
    for (auto& p : likely) {
        if (!budget) break;
        if (!fits(cut(p.dictionary, content.size()), cx)) continue;
        u64 at = 0;
        bool equals = true;
        auto take = [&](ByteView v) {
            equals = v.size() <= member.size() - at && equal(v, member.subspan(at, v.size()));
            at += v.size();
            return equals;
        };
        TRY_VOID(encode(content, p, take, cx));
        if (equals && at == member.size()) return p;
        budget -= std::min<u64>(budget, std::max<u64>(kStep, std::min<u64>(content.size(), 4 * at)));
    }
    return std::optional<Params>{};
}

}  // namespace fieldstrip::lzlib
