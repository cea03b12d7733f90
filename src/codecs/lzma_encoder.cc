// Source: lzma/lzma12.h and lzma/filter.h of XZ Utils 5.4.
#include "codecs/lzma_encoder.h"

#include "codecs/lzma2_options.h"

namespace fieldstrip::lzma_encoder {
namespace {

constexpr u64 kStep = 1 << 16;
constexpr u64 kProbe = 1 << 20, kProbeContent = 16 << 20;  // packed and unpacked bytes that are compared
constexpr u64 kBudget = u64{192} << 20;                    // bytes that wrong candidates may encode, together

bool set(const Params& p, lzma_options_lzma& o) {
    if (p.lc + p.lp > LZMA_LCLP_MAX || lzma_lzma_preset(&o, p.preset)) return false;
    o.lc = p.lc, o.lp = p.lp, o.pb = p.pb;
    o.dict_size = std::max<u32>(p.dictionary, LZMA_DICT_SIZE_MIN);
    if (p.marker) o.ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
    return true;
}

/// What liblzma would need is within twice the limit, as for other encoders.
bool fits(const lzma_filter* filters, const Context& cx) {
    auto needed = lzma_raw_encoder_memusage(filters);
    return needed != ~u64{0} && needed / 2 <= cx.limits.memory;
}

/// Dictionaries that may have been used: the header's, those of the levels of encoders, none that a match reached beyond.
std::vector<u32> dictionaries(const Known& known) {
    std::vector<u32> out;
    auto add = [&](u32 d) {
        bool there = std::find(out.begin(), out.end(), d) != out.end();
        if (!there && d >= known.farthest && d >= LZMA_DICT_SIZE_MIN) out.push_back(d);
    };
    add(known.params.dictionary);
    for (unsigned bits : {23, 22, 21, 20, 18, 16, 24, 25, 26, 17, 19, 15, 14, 13, 12}) add(u32{1} << bits);
    return out;
}

}  // namespace

Result<void> encode(ByteView content, bool whole, const Params& p, const Take& take, Context& cx) {
    lzma_options_lzma options{};
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA1EXT, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    const auto none = fail(Error::Kind::Unsupported, "LZMA parameters that liblzma " LZMA_VERSION_STRING " does not have");
    if (!set(p, options)) return none;
    if (!fits(filters, cx)) options.dict_size = lzma2::shrink(options.dict_size, content.size());
    if (!fits(filters, cx)) return cx.limit("memory");
    lzma2::Coder coder;
    auto& s = coder.stream;
    s.allocator = lzma2::tables_for(options.dict_size, content.size());
    if (auto ret = lzma_raw_encoder(&s, filters); ret == LZMA_MEM_ERROR)
        return cx.limit("memory");
    else if (ret != LZMA_OK)
        return none;
    Bytes buffer(kStep);
    for (u64 at = 0;;) {
        TRY_VOID(cx.spend(&Limits::decoded, 0));
        if (!s.avail_in && at < content.size()) {
            auto some = content.subspan(at, std::min<u64>(kStep, content.size() - at));
            s.next_in = some.data(), s.avail_in = some.size();
            at += some.size();
        }
        bool last = at == content.size();
        s.next_out = buffer.data(), s.avail_out = buffer.size();
        auto ret = lzma_code(&s, last && whole ? LZMA_FINISH : LZMA_RUN);
        auto n = buffer.size() - s.avail_out;
        if (n && !take(ByteView(buffer).first(n))) return {};
        if (ret == LZMA_STREAM_END) return {};
        if (ret == LZMA_MEM_ERROR) return cx.limit("memory");
        if (ret != LZMA_OK && ret != LZMA_BUF_ERROR) return none;
        if (last && !whole && !s.avail_in && s.avail_out) return {};
    }
}

Result<std::optional<Params>> find(ByteView packed, ByteView content, const Known& known, Context& cx) {
    // So much of the content as makes the bytes that are compared; at least all of what is short.
    bool whole = packed.size() <= kProbe && content.size() <= kProbeContent;
    auto some = content.first(std::min<u64>(content.size(), kProbeContent));
    u64 budget = kBudget;
    auto makes = [&](const Params& p) -> Result<bool> {
        lzma_options_lzma options{};
        const lzma_filter filters[] = {{LZMA_FILTER_LZMA1EXT, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
        if (!set(p, options) || !fits(filters, cx)) return false;
        u64 at = 0;
        bool same = true;
        TRY_VOID(encode(
            some, whole, p,
            [&](ByteView v) {
                same = v.size() <= packed.size() - at && equal(v, packed.subspan(at, v.size()));
                at += v.size();
                return same && (whole || at < kProbe);
            },
            cx));
        bool all = same && (!whole || at == packed.size());
        if (!all) budget -= std::min<u64>(budget, 2 * at + kStep);
        return all;
    };
    for (u32 dictionary : dictionaries(known))
        for (u32 preset : lzma2::presets_for(dictionary)) {
            if (!budget) return std::optional<Params>{};
            auto p = known.params;
            p.preset = preset, p.dictionary = dictionary;
            if (TRY(makes(p))) return p;
        }
    return std::optional<Params>{};
}

}  // namespace fieldstrip::lzma_encoder
