// Sources: LZMA SDK 9.22 (public domain), C/LzmaEnc.h for what is called and CPP/7zip/UI/LzmaAlone for what is usual there; Debian's
// lzma 9.22 (lzmp.cpp) for the sets behind -1 ... -9.
#include "codecs/lzma_sdk.h"

#include <LzmaEnc.h>

#include <cstdlib>

namespace fieldstrip::lzma_sdk {
namespace {

constexpr std::string_view kNames[kFinders] = {"bt4", "bt3", "bt2", "hc4"};
constexpr u64 kStep = 1 << 16;                             // of content at a time
constexpr u64 kProbe = 1 << 20, kProbeContent = 64 << 20;  // packed and unpacked bytes that are compared
constexpr u64 kEnough = 1 << 12;                           // packed bytes, where it is not all

// Tables are as large as the dictionary, and the system gives only the pages of them that content reaches.
void* allocate(void*, size_t n) { return n ? std::malloc(n) : nullptr; }
void release(void*, void* p) { std::free(p); }
ISzAlloc memory{allocate, release};

/// The SDK calls these with a pointer to their first member.
struct Source {
    ISeqInStream calls;
    const Fill* fill;
    Context* cx;
    std::optional<Error> error = {};
    static SRes read(void* p, void* to, size_t* n) {
        auto& self = *static_cast<Source*>(p);
        if (auto going_on = self.cx->spend(&Limits::decoded, 0); !going_on) {
            self.error = going_on.error();
            return SZ_ERROR_READ;
        }
        *n = (*self.fill)({static_cast<u8*>(to), std::min<size_t>(*n, kStep)});
        return SZ_OK;
    }
};
/// It never refuses: the SDK writes beyond its buffer then. It is stopped by its reports, which come each 32 KiB.
struct Drain {
    ISeqOutStream calls;
    const Take* take;
    const Source* source;
    bool stopped = false;
    static size_t write(void* p, const void* from, size_t n) {
        auto& self = *static_cast<Drain*>(p);
        // What comes after an error of the source is made of content that was cut.
        if (!self.stopped && n) self.stopped = self.source->error || !(*self.take)({static_cast<const u8*>(from), n});
        return n;
    }
};
struct Report {
    ICompressProgress calls;
    const Drain* drain;
    static SRes go_on(void* p, UInt64, UInt64) { return static_cast<Report*>(p)->drain->stopped ? SZ_ERROR_PROGRESS : SZ_OK; }
};

struct Encoder {
    CLzmaEncHandle handle = LzmaEnc_Create(&memory);
    Encoder() = default;
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;
    ~Encoder() {
        if (handle) LzmaEnc_Destroy(handle, &memory, &memory);
    }
};

/// What it touches at most (the window, a table of hashes, two links for each byte that is kept) is within twice the limit, as for other
/// encoders.
bool fits(u64 dictionary, u64 content, const Context& cx) {
    u64 touched =
        std::min(dictionary * 3 / 2 + (1 << 20), content) + std::min<u64>(dictionary * 2, u64{1} << 27) + 8 * std::min(dictionary, content);
    return touched / 2 <= cx.limits.memory;
}

/// Likely ones first: the sets of `lzma`'s levels, of the SDK's program, of 7-Zip.
std::vector<Params> candidates(const Known& known, u64 content) {
    std::vector<Params> out;
    auto add = [&](u32 dictionary, bool fast, unsigned nice, Finder finder, u32 depth = 0) {
        if (dictionary < 4096 || dictionary < known.farthest) return;
        auto& k = known.params;
        Params p{dictionary, k.lc, k.lp, k.pb, k.marker, fast, nice, finder, depth};
        if (valid(p) && std::find(out.begin(), out.end(), p) == out.end()) out.push_back(p);
    };
    const u32 said = known.params.dictionary;
    for (unsigned nice : {128, 64, 255, 273, 32}) add(said, false, nice, Finder::Bt4);
    for (unsigned nice : {64, 128, 32, 255, 273}) add(said, true, nice, Finder::Hc4);
    for (unsigned nice : {128, 64, 255, 273, 32}) add(said, true, nice, Finder::Bt4);
    for (Finder f : {Finder::Hc4, Finder::Bt3, Finder::Bt2})
        for (unsigned nice : {128, 64, 255, 273, 32}) add(said, false, nice, f);
    for (unsigned nice : {16, 48, 96, 192, 256, 8, 24, 40, 80, 100, 112, 160, 200, 224, 5}) add(said, false, nice, Finder::Bt4);
    for (u32 depth : {1000, 10000, 100, 64, 48, 32})
        for (unsigned nice : {273, 128, 64, 32}) add(said, false, nice, Finder::Bt4, depth);
    // A header may say another dictionary than the encoder was told; of those that hold all of the content one stands for all.
    for (unsigned bits : {23, 24, 25, 22, 21, 20, 19, 18, 16}) {
        if (bits != 23 && content * 2 < u64{1} << bits) continue;
        for (unsigned nice : {128, 64, 255, 273, 32}) add(u32{1} << bits, false, nice, Finder::Bt4);
        add(u32{1} << bits, true, 64, Finder::Hc4);
    }
    return out;
}

}  // namespace

std::string_view name_of(Finder f) { return kNames[unsigned(f)]; }
std::optional<Finder> finder_of(std::string_view name) {
    for (unsigned i = 0; i < kFinders; i++)
        if (kNames[i] == name) return Finder(i);
    return {};
}

bool valid(const Params& p) {
    return p.lc <= 8 && p.lp <= 4 && p.pb <= 4 && p.dictionary >= 4096 && p.dictionary <= kMostDictionary && p.nice >= 5 && p.nice <= 273 &&
           p.depth <= kMostDepth;
}

Result<void> encode(const Fill& fill, u64 size, const Params& p, const Take& take, Context& cx) {
    if (!valid(p)) return fail(Error::Kind::Unsupported, "LZMA parameters that the LZMA SDK does not have");
    if (!fits(p.dictionary, size, cx)) return cx.limit("memory");
    CLzmaEncProps props;
    LzmaEncProps_Init(&props);
    props.dictSize = p.dictionary, props.mc = p.depth;
    props.lc = int(p.lc), props.lp = int(p.lp), props.pb = int(p.pb);
    props.algo = !p.fast, props.fb = int(p.nice);
    props.btMode = p.finder != Finder::Hc4;
    props.numHashBytes = p.finder == Finder::Bt2 ? 2 : p.finder == Finder::Bt3 ? 3 : 4;
    props.writeEndMark = p.marker;
    props.numThreads = 1;
    Encoder encoder;
    if (!encoder.handle) return cx.limit("memory");
    if (LzmaEnc_SetProps(encoder.handle, &props) != SZ_OK)
        return fail(Error::Kind::Unsupported, "LZMA parameters that the LZMA SDK does not have");
    Source source{{Source::read}, &fill, &cx};
    Drain drain{{Drain::write}, &take, &source};
    Report report{{Report::go_on}, &drain};
    auto ret = LzmaEnc_Encode(encoder.handle, &drain.calls, &source.calls, &report.calls, &memory, &memory);
    if (source.error) return std::unexpected(std::move(*source.error));
    if (drain.stopped || ret == SZ_OK) return {};
    if (ret == SZ_ERROR_MEM) return cx.limit("memory");
    return fail(Error::Kind::Unsupported, "the LZMA SDK does not encode this");
}

Result<std::optional<Params>> find(ByteView packed, ByteView content, const Known& known, Params& nearest, Context& cx) {
    const bool whole = packed.size() <= kProbe && content.size() <= kProbeContent;
    const auto some = content.first(std::min<u64>(content.size(), kProbeContent));
    u64 budget = kBudget, farthest = 0;
    for (auto& p : candidates(known, content.size())) {
        if (!budget) break;
        if (!fits(p.dictionary, content.size(), cx)) continue;
        u64 read = 0, at = 0;
        bool same = true, ended = false;
        auto fill = [&](std::span<u8> to) {
            u64 n = std::min<u64>(to.size(), some.size() - read);
            if (n) std::memcpy(to.data(), some.data() + read, n);
            read += n;
            // Behind the beginning that is compared there is more: what is made of the cut content ends otherwise.
            ended = !n && some.size() < content.size();
            return n;
        };
        auto take = [&](ByteView v) {
            if (ended) return false;
            u64 n = std::min<u64>(v.size(), packed.size() - at);
            auto differs = std::mismatch(v.begin(), v.begin() + n, packed.begin() + at);
            same = differs.first == v.end();
            at += u64(differs.first - v.begin());
            return same && (whole || at < kProbe);
        };
        TRY_VOID(encode(fill, content.size(), p, take, cx));
        if (same && (whole ? at == packed.size() : at >= kEnough)) return p;
        if (at >= farthest) farthest = at + 1, nearest = p;
        budget -= std::min<u64>(budget, read + kStep);
    }
    return std::optional<Params>{};
}

}  // namespace fieldstrip::lzma_sdk
