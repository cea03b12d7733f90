// Sources: lz4frame.h and lz4.h of LZ4 1.9.4; programs/lz4io.c (how lz4 feeds it: a block at a time, from a buffer that it uses again);
// doc/lz4_Block_format.md.
#include <lz4.h>
#include <lz4frame.h>

#include <bit>
#include <new>

#include "codecs/lz4.h"

namespace fieldstrip::lz4 {

Walked walk(ByteView in, u64 before, u64 limit) {
    Walked out;
    size_t at = 0, begin = 0;
    auto length = [&](u64 n) -> std::optional<u64> {
        if (n < 15) return n;
        for (;;) {
            if (at == in.size()) return {};
            n += in[at];
            if (in[at++] != 255) return n;
        }
    };
    auto cut = [&] { return out.cut = true, out; };
    while (true) {
        if (at == in.size()) return cut();
        out.settled = std::exchange(begin, at);
        u8 token = in[at++];
        auto literals = length(token >> 4);
        if (!literals) return cut();
        if (*literals > limit - out.made) return out;
        if (*literals > in.size() - at) return out.made += in.size() - at, cut();
        at += *literals, out.made += *literals;
        if (at == in.size()) {
            out.whole = true;  // what the token says of a match is not looked at
            out.bits += 3;
            return out;
        }
        if (in.size() - at < 2 + 1 + 5) return cut();  // a match is never among the last bytes: 5 literals and their token follow
        u64 offset = le16(in, at), reach = before + out.made;
        at += 2;
        if (!offset || offset > reach) return out;
        if (reach < 65535) out.bits = std::min(out.bits + 16 - unsigned(std::bit_width(reach)), 64u);
        auto match = length(token & 15);
        if (!match) return cut();
        if (*match + 4 > limit - out.made) return out;
        out.made += *match + 4;
    }
}

namespace {
constexpr u64 kReach = 1 << 16;
}

Decoder::Decoder(u64 most, bool linked) : most_(most), linked_(linked) {}

/// What was made becomes what is looked back into.
void Decoder::turn() {
    if (buffer_.empty()) buffer_.resize((linked_ ? kReach : 0) + most_);
    if (!linked_ || !made_) return;
    u64 keep = std::min(kReach, history_ + made_);
    std::memmove(buffer_.data() + kReach - keep, buffer_.data() + kReach + made_ - keep, keep);
    history_ = keep, made_ = 0;
}

Result<ByteView> Decoder::block(ByteView in, Context& cx) {
    turn();
    auto* to = reinterpret_cast<char*>(buffer_.data()) + (linked_ ? kReach : 0);
    if (in.size() > LZ4_MAX_INPUT_SIZE || in.empty()) return fail(Error::Kind::Damaged, "no LZ4 block");
    int made = LZ4_decompress_safe_usingDict(reinterpret_cast<const char*>(in.data()), to, int(in.size()), int(most_), to - history_,
                                             int(history_));
    if (made < 0) return fail(Error::Kind::Damaged, "the LZ4 data does not decode");
    TRY_VOID(cx.spend(&Limits::decoded, u64(made)));
    made_ = u64(made);
    return ByteView(reinterpret_cast<const u8*>(to), made_);
}

Result<ByteView> Decoder::stored(ByteView in, Context& cx) {
    if (in.size() > most_) return fail(Error::Kind::Damaged, "a stored block that is larger than a block is");
    TRY_VOID(cx.spend(&Limits::decoded, in.size()));
    if (!linked_) return in;
    turn();
    std::memcpy(buffer_.data() + kReach, in.data(), in.size());
    made_ = in.size();
    return in;
}

Result<void> encode_frame(const Source& content, const FrameParams& p, const Take& take, Context& cx) {
    if (p.block < 4 || p.block > 7 || p.level > LZ4F_compressionLevel_max() || p.level < -65537)
        return fail(Error::Kind::Unsupported, "LZ4 has no such level or block size");
    LZ4F_preferences_t prefs{};
    prefs.frameInfo.blockSizeID = LZ4F_blockSizeID_t(p.block);
    prefs.frameInfo.blockMode = p.linked ? LZ4F_blockLinked : LZ4F_blockIndependent;
    prefs.frameInfo.blockChecksumFlag = p.block_checksums ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum;
    prefs.frameInfo.contentChecksumFlag = p.content_checksum ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum;
    prefs.frameInfo.contentSize = p.size.value_or(0);
    prefs.compressionLevel = p.level;
    prefs.autoFlush = 1;
    prefs.favorDecSpeed = p.favor_decoding;
    LZ4F_compressOptions_t options{.stableSrc = p.whole, .reserved = {}};
    struct Ender {
        void operator()(LZ4F_cctx* c) const { LZ4F_freeCompressionContext(c); }
    };
    LZ4F_cctx* made = nullptr;
    if (LZ4F_isError(LZ4F_createCompressionContext(&made, LZ4F_VERSION))) throw std::bad_alloc();
    std::unique_ptr<LZ4F_cctx, Ender> c(made);
    Bytes block, out(std::max<size_t>(LZ4F_HEADER_SIZE_MAX, LZ4F_compressBound(p.block_size(), &prefs)));
    bool wanted = true;
    auto give = [&](size_t n) -> Result<void> {
        if (LZ4F_isError(n)) return fail(Error::Kind::Unsupported, "LZ4 does not encode this");
        if (n && wanted) wanted = take(ByteView(out).first(n));
        return {};
    };
    TRY_VOID(give(LZ4F_compressBegin(c.get(), out.data(), out.size(), &prefs)));
    auto feed = [&](ByteView v) -> Result<void> {
        TRY_VOID(cx.spend(&Limits::decoded, 0));
        return give(LZ4F_compressUpdate(c.get(), out.data(), out.size(), v.data(), v.size(), &options));
    };
    Result<void> done;
    block.reserve(p.whole ? 0 : p.block_size());
    TRY_VOID(content([&](ByteView v) {
        if (p.whole) return block.insert(block.end(), v.begin(), v.end()), true;
        while (!v.empty() && wanted && done) {
            auto n = std::min<u64>(v.size(), p.block_size() - block.size());
            block.insert(block.end(), v.begin(), v.begin() + i64(n));
            v = v.subspan(n);
            if (block.size() < p.block_size()) break;
            done = feed(block);
            block.clear();
        }
        return wanted && bool(done);
    }));
    TRY_VOID(done);
    for (auto v = ByteView(block); !v.empty() && wanted;) {
        auto n = std::min<u64>(v.size(), p.block_size());
        TRY_VOID(feed(v.first(n)));
        v = v.subspan(n);
    }
    if (!wanted) return {};
    return give(LZ4F_compressEnd(c.get(), out.data(), out.size(), nullptr));
}

}  // namespace fieldstrip::lz4
