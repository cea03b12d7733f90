// Finds how an xz file was made. Most of it stands in its headers; what does not (match finder, depth, nice length, mode) is found by
// encoding the beginning of its blocks with each of liblzma's presets and comparing. A wrong one differs within the first LZMA2 chunk, as a
// rule.
#include <bit>

#include "formats/xz/content.h"
#include "formats/xz/plan.h"

namespace fieldstrip::xz {
namespace {

constexpr u64 kProbe = 60 << 10;                                // packed bytes of a stream that are encoded, if they tell
constexpr u64 kProbeMost = 256 << 10, kProbeContent = 8 << 20;  // packed bytes of a block, and unpacked ones of a stream, at most
constexpr u64 kProbeLater = 512 << 10;  // unpacked bytes of a stream behind the first: most likely it was made as that
constexpr u64 kProbeAll = 16 << 20;     // of all streams: a bomb has a hundred, of gigabytes each
constexpr size_t kProbeBlocks = 64;

struct Probe {
    ByteView payload;
    Bytes content;
    bool whole, tells;
    u64 size;  // of all the block's content
};

Result<Probe> probe(ByteView all, const Block& b, const lzma2::Chain& chain, u64 unpacked, Context& cx) {
    auto payload = all.subspan(b.payload_at(), b.payload);
    const auto [some, tells] = lzma2::telling(payload, kProbeMost, unpacked);
    Probe out{payload, {}, some.ended, tells, b.content};
    auto take = [&](ByteView v) {
        v = v.first(std::min<u64>(v.size(), some.content - out.content.size()));
        out.content.insert(out.content.end(), v.begin(), v.end());
        return out.whole || out.content.size() < some.content;
    };
    TRY_VOID(lzma2::decode(payload, chain, b.seen.content, take, cx));
    return out;
}

/// Does this look as liblzma stores what LZMA makes no smaller?
bool is_stored(ByteView all, const Block& b, const BlockHeader& h) {
    constexpr u64 kChunk = 1 << 16;
    if (h.chain != lzma2::Chain{{lzma2::kLzma2, {0}}} || !b.seen.stored || !b.content) return false;
    auto payload = all.subspan(b.payload_at(), b.payload);
    if (payload.size() != b.content + (b.content + kChunk - 1) / kChunk * 3 + 1) return false;
    for (u64 at = 0, left = b.content; left; at += kChunk + 3, left -= std::min(left, kChunk)) {
        u64 n = std::min(left, kChunk) - 1;
        if (payload[at] != (at ? 2 : 1) || payload[at + 1] != u8(n >> 8) || payload[at + 2] != u8(n)) return false;
    }
    return true;
}

struct Finder {
    ByteView all;
    const File& file;
    Context& cx;
    Plan plan = {};
    u64 left = kProbeAll;

    bool headers(const Stream&, StreamPlan&, std::vector<BlockHeader>&);
    Result<bool> preset(const Stream&, StreamPlan&);
    Result<void> stream(const Stream&);
};

/// What the headers say, put into the plan; false where one plan can't say it for all blocks.
bool Finder::headers(const Stream& s, StreamPlan& p, std::vector<BlockHeader>& headers) {
    auto blocks = file.of(s);
    for (auto& b : blocks) {
        auto h = b.header ? read_block_header(all.subspan(b.at)) : std::nullopt;
        if (!h) return false;
        headers.push_back(std::move(*h));
    }
    const BlockHeader* first = nullptr;  // that is not stored
    bool any_stored = false;
    for (size_t i = 0; i < headers.size(); i++) {
        p.stored.push_back(is_stored(all, blocks[i], headers[i]));
        any_stored = any_stored || p.stored.back();
        if (!p.stored.back() && !first) first = &headers[i];
    }
    if (!any_stored) p.stored.clear();
    if (!first) first = &headers[0];
    p.chain = first->chain;
    p.says_compressed = first->compressed.has_value();
    p.says_content = first->content.has_value();
    for (size_t i = 0; i < headers.size(); i++) {
        if (write_block_header(header_of(p, i, blocks[i].payload, blocks[i].content)).size() == headers[i].size && p.headers.empty())
            continue;
        if (p.headers.empty())
            for (auto& h : headers) p.headers.push_back(h.size);
    }
    for (size_t i = 0; i < headers.size(); i++)
        if (!equal(write_block_header(header_of(p, i, blocks[i].payload, blocks[i].content)), all.subspan(blocks[i].at, headers[i].size)))
            return false;
    return true;
}

/// The preset that makes all that is compared; false where none does.
Result<bool> Finder::preset(const Stream& s, StreamPlan& p) {
    auto blocks = file.of(s);
    std::optional<u8> properties;
    bool one_kind = true;
    for (auto& b : blocks) {
        if (b.seen.properties && !properties) properties = b.seen.properties;
        one_kind = one_kind && b.seen.one_kind && (!b.seen.properties || b.seen.properties == properties);
    }
    if (properties) lzma2::set_properties(p.params, *properties);
    std::vector<Probe> probes;
    u64 packed = kProbe, unpacked = std::min(left, plan.streams.empty() ? kProbeContent : kProbeLater);
    if (!unpacked) {
        p.params.preset = plan.streams.back().params.preset;
        return false;
    }
    for (size_t i = 0; i < blocks.size() && packed && unpacked && probes.size() < kProbeBlocks; i++) {
        if (!blocks[i].content || (!p.stored.empty() && p.stored[i])) continue;
        auto one = probe(all, blocks[i], p.chain, unpacked, cx);
        if (!one && one.error().kind == Error::Kind::Limit) return std::unexpected(one.error());
        if (!one) return false;
        packed -= std::min(packed, blocks[i].payload);
        unpacked -= std::min<u64>(unpacked, one->content.size());
        left -= std::min<u64>(left, one->content.size());
        probes.push_back(std::move(*one));
    }
    auto presets = lzma2::presets_for(p.dictionary());
    if (!plan.streams.empty())  // as the stream before, most likely
        if (auto same = std::find(presets.begin(), presets.end(), plan.streams.back().params.preset); same != presets.end())
            std::rotate(presets.begin(), same, same + 1);
    std::vector<lzma2::Params> tried;
    for (u32 preset : presets) {
        tried.push_back(p.params);
        tried.back().preset = preset;
    }
    for (auto& more : lzma2::single_options(p.params)) tried.push_back(more);
    // Tables for a large dictionary cost more than all else, and what a probe holds needs no larger one than itself. The size decides on
    // more than how far back is looked (how the tables are hashed, and so in which order; which shows hardly ever), so who fails is tried
    // with the real one, if none else is found.
    constexpr u64 kSmall = u64{1} << 21;
    u64 needed = kSmall;
    for (auto& one : probes) needed = std::max(needed, std::bit_ceil(u64{one.content.size()}));
    const lzma2::KeptTables tables;
    auto makes_all = [&](const lzma2::Params& params, u32 dictionary) -> Result<bool> {
        if (!probes.empty() && probes[0].whole && !lzma2::may_make(probes[0].payload, probes[0].content, p.chain, params, dictionary, cx))
            return false;
        bool all_same = true;
        for (size_t i = 0; i < probes.size() && all_same; i++) {
            auto& one = probes[i];
            all_same = TRY(lzma2::makes(one.payload, one.content, one.whole, one.size, p.chain, params, dictionary, cx));
        }
        return all_same;
    };
    for (u64 dictionary : {needed, u64{p.dictionary()}}) {
        if (dictionary > p.dictionary()) continue;
        for (auto& params : tried) {
            if (!TRY(makes_all(params, u32(dictionary)))) continue;
            p.params = params;
            return one_kind && (probes.empty() || std::ranges::any_of(probes, &Probe::tells));
        }
        if (dictionary == p.dictionary()) break;
    }
    return false;
}

Result<void> Finder::stream(const Stream& s) {
    StreamPlan p{.check = s.check, .padding = s.padding};
    for (auto& b : file.of(s)) p.sizes.push_back(b.content);
    if (s.count) {
        std::vector<BlockHeader> read;
        bool good = headers(s, p, read);
        good = TRY(preset(s, p)) && good;
        plan.exact = plan.exact && good;
    }
    plan.exact = plan.exact && s.sound() && check_known(s.check);
    plan.streams.push_back(std::move(p));
    return {};
}

}  // namespace

Result<Plan> find_plan(ByteView all, const File& file, Context& cx) {
    if (file.streams.size() > kMostStreams)
        return fail(Error::Kind::Unsupported, "more than " + std::to_string(kMostStreams) + " xz streams behind each other");
    Finder finder{.all = all, .file = file, .cx = cx};
    for (auto& s : file.streams) TRY_VOID(finder.stream(s));
    return std::move(finder.plan);
}

Result<Recipe> Content::recipe(Context& cx) const {
    auto out = TRY(early_recipe(cx));
    TRY_VOID(settle(out, cx));
    return out;
}

Result<Recipe> Content::early_recipe(Context& cx) const { return to_recipe(TRY(find_plan(bytes_.view(), file_, cx))); }

/// Only the beginning was encoded: behind it, what does not decode can't be made from what does.
Result<void> Content::settle(Recipe& recipe, Context& cx) const {
    if (recipe.text("exact") == "no") return {};
    if (holds_ == Holds::NotAsked) TRY_VOID(decode(0, [](ByteView) { return true; }, {}, cx));
    if (holds_ != Holds::Yes) recipe.set("exact", std::string("no"));
    return {};
}

}  // namespace fieldstrip::xz
