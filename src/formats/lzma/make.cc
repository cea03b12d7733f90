// How a stream was made, and making it so. The recipe keeps the header as it is, whether there is an end marker, and what the encoder was
// told, which may be another dictionary than the header's.
#include "base/text.h"
#include "codecs/lzma_encoder.h"
#include "formats/lzma/stream.h"

namespace fieldstrip::lzma {
namespace {

using lzma_encoder::Params;

Result<Header> header_of(const Recipe& r) {
    auto bytes = from_hex(r.text("header"));
    if (!bytes || (bytes->size() != kHeader && bytes->size() != kShort) || (*bytes)[0] >= 9 * 5 * 5)
        return fail(Error::Kind::Damaged, "the recipe's 'header' is none");
    Header h{.dictionary = le32(*bytes, 1), .has_size = bytes->size() == kHeader};
    h.lc = (*bytes)[0] % 9, h.lp = (*bytes)[0] / 9 % 5, h.pb = (*bytes)[0] / 45;
    if (h.has_size && le64(*bytes, 5) != kUnbounded) h.size = le64(*bytes, 5);
    return h;
}

Result<Params> params_of(const Recipe& r, const Header& h) {
    Params p{.lc = h.lc, .lp = h.lp, .pb = h.pb};
    auto preset = lzma2::preset_of(r.text("preset"));
    u64 dictionary = TRY(r.number("dictionary"));
    if (!preset || dictionary > ~u32{0}) return fail(Error::Kind::Damaged, "the recipe's 'preset' or 'dictionary' is none");
    p.preset = *preset, p.dictionary = u32(dictionary);
    p.marker = r.text("marker") == "yes";
    return p;
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
    auto found = TRY(lzma_encoder::find(all.subspan(h.bytes()), content, known, cx));
    auto p = found.value_or(known.params);
    if (!found) p.preset = lzma2::presets_for(p.dictionary)[0];
    Recipe out;
    out.set("header", hex(all.first(h.bytes())));
    out.set("marker", std::string(s->read.marker ? "yes" : "no"));
    out.set("preset", lzma2::name_of_preset(p.preset));
    out.set("dictionary", u64{p.dictionary});
    out.set("exact", std::string(found ? "yes" : "no"));
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "an LZMA stream has one content");
    auto h = TRY(header_of(recipe));
    auto p = TRY(params_of(recipe, h));
    auto out = *from_hex(recipe.text("header"));
    if (p.lc + p.lp > 4) {  // which liblzma does not make: then as nearly everybody does
        if (recipe.text("exact") == "yes") return fail(Error::Kind::Damaged, "the recipe's lc and lp are more than 4 together");
        p.lc = 3, p.lp = 0;
        out[0] = u8((p.pb * 5 + p.lp) * 9 + p.lc);
    }
    if (!h.has_size && !p.marker) return fail(Error::Kind::Unsupported, "a stream whose end only its space tells is not made anew");
    auto content = contents[0].joined();
    if (h.size) store(std::span(out).subspan(5), 8, Endian::Little, content.size());
    // No match may reach farther back than the header says, unless it was so before.
    if (recipe.text("exact") != "yes") p.dictionary = std::max<u32>(4096, std::min(p.dictionary, h.dictionary));
    TRY_VOID(
        lzma_encoder::encode(content.view(), true, p, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
    Rope rope;
    rope.fresh(std::move(out));
    return rope;
}

std::string made_by(const Recipe& recipe) {
    auto h = header_of(recipe);
    if (!h) return "not found";
    auto p = params_of(recipe, *h);
    if (!p) return "not found";
    std::string out = recipe.text("exact") == "yes" ? "xz --format=lzma" : "not found: nearest is xz --format=lzma";
    bool usual = p->lc == 3 && !p->lp && p->pb == 2;
    if (auto level = lzma2::level_of(p->preset, p->dictionary); level && usual) {
        out += " -" + lzma2::name_of_preset(*level);
    } else {
        out += " --lzma1=preset=" + lzma2::name_of_preset(p->preset);
        auto d = p->dictionary;
        out += ",dict=" + (d % (1 << 20) ? std::to_string(d >> 10) + "KiB" : std::to_string(d >> 20) + "MiB");
        if (!usual) out += ",lc=" + std::to_string(p->lc) + ",lp=" + std::to_string(p->lp) + ",pb=" + std::to_string(p->pb);
    }
    if (h->size) out += p->marker ? ", size in the header" : ", size in the header and no end marker";
    if (!h->has_size) out += ", header of 5 bytes";
    if (p->dictionary != h->dictionary) out += ", the header says dictionary " + std::to_string(h->dictionary);
    return out;
}

}  // namespace fieldstrip::lzma
