// How a stream was made, and making it so. The recipe keeps the header as it is, whether there is an end marker, and what the encoder was
// told, which may be another dictionary than the header's: liblzma by a preset, or the LZMA SDK's by its single options.
#include <bit>

#include "base/text.h"
#include "codecs/lzma_encoder.h"
#include "codecs/lzma_sdk.h"
#include "formats/lzma/stream.h"

namespace fieldstrip::lzma {
namespace {

/// Who encodes; only that one's parameters count.
struct Plan {
    bool sdk = false;
    lzma_encoder::Params liblzma = {};
    lzma_sdk::Params own = {};
};

Result<Header> header_of(const Recipe& r) {
    auto bytes = from_hex(r.text("header"));
    if (!bytes || (bytes->size() != kHeader && bytes->size() != kShort) || (*bytes)[0] >= 9 * 5 * 5)
        return fail(Error::Kind::Damaged, "the recipe's 'header' is none");
    Header h{.dictionary = le32(*bytes, 1), .has_size = bytes->size() == kHeader};
    h.lc = (*bytes)[0] % 9, h.lp = (*bytes)[0] / 9 % 5, h.pb = (*bytes)[0] / 45;
    if (h.has_size && le64(*bytes, 5) != kUnbounded) h.size = le64(*bytes, 5);
    return h;
}

Result<Plan> plan_of(const Recipe& r, const Header& h) {
    Plan out;
    const u64 dictionary = TRY(r.number("dictionary"));
    const bool marker = r.text("marker") == "yes";
    const auto none = [](std::string_view what) { return fail(Error::Kind::Damaged, "the recipe's " + std::string(what) + " is none"); };
    if (dictionary > ~u32{0}) return none("'dictionary'");
    if (r.text("encoder") == "sdk") {
        auto finder = lzma_sdk::finder_of(r.text("match_finder"));
        if (!finder) return none("'match_finder'");
        u64 nice = TRY(r.number("nice")), depth = TRY(r.number("depth"));
        if (nice > 273 || depth > lzma_sdk::kMostDepth) return none("'nice' or 'depth'");
        out.sdk = true;
        out.own = {u32(dictionary), h.lc, h.lp, h.pb, marker, r.text("fast") == "yes", unsigned(nice), *finder, u32(depth)};
        if (!lzma_sdk::valid(out.own)) return none("'nice' or 'dictionary'");
        return out;
    }
    auto preset = lzma2::preset_of(r.text("preset"));
    if (!preset) return none("'preset'");
    out.liblzma = {*preset, u32(dictionary), h.lc, h.lp, h.pb, marker};
    return out;
}

/// The SDK's is tried first where its programs alone write such a header, and is the nearest there.
bool looks_like_sdk(const Header& h, bool marker) { return (h.size && !marker) || h.lc + h.lp > 4; }

struct Found {
    Plan plan;
    bool exact = false;
};
Result<Found> find(ByteView packed, ByteView content, const lzma_encoder::Known& known, bool sdk_first, Context& cx) {
    auto& k = known.params;
    u32 dictionary = std::clamp<u32>(k.dictionary, 4096, lzma_sdk::kMostDictionary);
    Found out{{.sdk = sdk_first,
               .liblzma = {lzma2::presets_for(k.dictionary)[0], k.dictionary, k.lc, k.lp, k.pb, k.marker},
               .own = {.dictionary = dictionary, .lc = k.lc, .lp = k.lp, .pb = k.pb, .marker = k.marker}}};
    for (bool sdk : {sdk_first, !sdk_first}) {
        if (sdk) {
            if (auto p = TRY(lzma_sdk::find(packed, content, known, out.plan.own, cx))) return Found{{.sdk = true, .own = *p}, true};
        } else if (k.lc + k.lp <= 4) {
            if (auto p = TRY(lzma_encoder::find(packed, content, known, cx))) return Found{{.liblzma = *p}, true};
        }
    }
    return out;
}

std::string with_unit(u64 n) { return n % (1 << 20) ? std::to_string(n >> 10) + "KiB" : std::to_string(n >> 20) + "MiB"; }

/// The levels of Debian's `lzma` 9.22.
std::optional<unsigned> level_of(const lzma_sdk::Params& p) {
    struct Level {
        unsigned bits, nice;
        bool fast;
    };
    constexpr Level kLevels[] = {{16, 64, true},   {20, 64, true},   {19, 64, false},  {20, 64, false}, {21, 128, false},
                                 {22, 128, false}, {23, 128, false}, {24, 255, false}, {25, 255, false}};
    for (unsigned i = 0; i < std::size(kLevels); i++) {
        auto& l = kLevels[i];
        auto finder = l.fast ? lzma_sdk::Finder::Hc4 : lzma_sdk::Finder::Bt4;
        if (p == lzma_sdk::Params{u32{1} << l.bits, 3, 0, 2, false, l.fast, l.nice, finder, 0}) return i + 1;
    }
    return {};
}

/// As its program LzmaAlone ("lzma e") wants it; what is usual there is left out.
std::string sdk_words(const lzma_sdk::Params& p) {
    if (auto level = level_of(p)) return "lzma -" + std::to_string(*level) + " (LZMA SDK)";
    std::string out = "lzma e";
    if (p.fast) out += " -a0";
    if (std::has_single_bit(p.dictionary))
        out += " -d" + std::to_string(std::countr_zero(p.dictionary));
    else
        out += " -d" + std::to_string(p.dictionary) + "b";
    out += " -fb" + std::to_string(p.nice);
    if (p.finder != lzma_sdk::Finder::Bt4) out += " -mf" + std::string(lzma_sdk::name_of(p.finder));
    if (p.depth) out += " -mc" + std::to_string(p.depth);
    if (p.lc != 3 || p.lp || p.pb != 2)
        out += " -lc" + std::to_string(p.lc) + " -lp" + std::to_string(p.lp) + " -pb" + std::to_string(p.pb);
    if (p.marker) out += " -eos";
    return out + " (LZMA SDK)";
}

std::string liblzma_words(const lzma_encoder::Params& p, const Header& h) {
    std::string out = "xz --format=lzma";
    bool usual = p.lc == 3 && !p.lp && p.pb == 2;
    if (auto level = lzma2::level_of(p.preset, p.dictionary); level && usual) {
        out += " -" + lzma2::name_of_preset(*level);
    } else {
        out += " --lzma1=preset=" + lzma2::name_of_preset(p.preset) + ",dict=" + with_unit(p.dictionary);
        if (!usual) out += ",lc=" + std::to_string(p.lc) + ",lp=" + std::to_string(p.lp) + ",pb=" + std::to_string(p.pb);
    }
    if (h.size) out += p.marker ? ", size in the header" : ", size in the header and no end marker";
    return out;
}

}  // namespace

Result<Recipe> recipe_of(ByteView all, Context& cx) {
    Bytes content;
    auto keep = [&](ByteView v) {
        content.insert(content.end(), v.begin(), v.end());
        return content.size() <= cx.limits.memory / 2;
    };
    auto s = TRY(read(all, true, keep, cx));
    if (!s || !s->whole() || s->size() != all.size()) {
        if (s && s->read.end == lzma_reader::Read::End::Stopped) return cx.limit("memory");
        return fail(Error::Kind::Damaged, "a stream that is damaged or cut can't be made again");
    }
    auto& h = s->header;
    lzma_encoder::Known known{.params = {.dictionary = h.dictionary, .lc = h.lc, .lp = h.lp, .pb = h.pb, .marker = s->read.marker},
                              .farthest = s->read.farthest};
    auto found = TRY(find(all.subspan(h.bytes()), content, known, looks_like_sdk(h, s->read.marker), cx));
    Recipe out;
    out.set("header", hex(all.first(h.bytes())));
    out.set("marker", std::string(s->read.marker ? "yes" : "no"));
    if (found.plan.sdk) {
        auto& p = found.plan.own;
        out.set("encoder", std::string("sdk"));
        out.set("fast", std::string(p.fast ? "yes" : "no"));
        out.set("nice", u64{p.nice});
        out.set("match_finder", std::string(lzma_sdk::name_of(p.finder)));
        out.set("depth", u64{p.depth});
    } else {
        out.set("preset", lzma2::name_of_preset(found.plan.liblzma.preset));
    }
    out.set("dictionary", u64{found.plan.sdk ? found.plan.own.dictionary : found.plan.liblzma.dictionary});
    out.set("exact", std::string(found.exact ? "yes" : "no"));
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "an LZMA stream has one content");
    auto h = TRY(header_of(recipe));
    auto p = TRY(plan_of(recipe, h));
    auto out = *from_hex(recipe.text("header"));
    const bool marker = recipe.text("marker") == "yes";
    if (!h.has_size && !marker) return fail(Error::Kind::Unsupported, "a stream whose end only its space tells is not made anew");
    auto& content = contents[0];
    if (h.size) store(std::span(out).subspan(5), 8, Endian::Little, content.size());
    // No match may reach farther back than the header says, unless it was so before.
    if (recipe.text("exact") != "yes")
        for (u32* d : {&p.liblzma.dictionary, &p.own.dictionary}) *d = std::max<u32>(4096, std::min(*d, h.dictionary));
    auto take = [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; };
    if (p.sdk) {
        u64 at = 0;
        auto fill = [&](std::span<u8> to) {
            u64 n = std::min<u64>(to.size(), content.size() - at), done = 0;
            content.each({at, n}, [&](ByteView v) {
                std::memcpy(to.data() + done, v.data(), v.size());
                done += v.size();
            });
            at += n;
            return n;
        };
        TRY_VOID(lzma_sdk::encode(fill, content.size(), p.own, take, cx));
    } else {
        auto all = content.joined();
        TRY_VOID(lzma_encoder::encode(all.view(), true, p.liblzma, take, cx));
    }
    Rope rope;
    rope.fresh(std::move(out));
    return rope;
}

std::string made_by(const Recipe& recipe) {
    auto h = header_of(recipe);
    if (!h) return "not found";
    auto p = plan_of(recipe, *h);
    if (!p) return "not found";
    std::string out = recipe.text("exact") == "yes" ? "" : "not found: nearest is ";
    out += p->sdk ? sdk_words(p->own) : liblzma_words(p->liblzma, *h);
    if (p->sdk && !h->size) out += ", size not in the header";
    if (!h->has_size) out += ", header of 5 bytes";
    u32 dictionary = p->sdk ? p->own.dictionary : p->liblzma.dictionary;
    if (dictionary != h->dictionary) out += ", the header says dictionary " + std::to_string(h->dictionary);
    return out;
}

}  // namespace fieldstrip::lzma
