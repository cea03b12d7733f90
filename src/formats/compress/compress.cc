// compress (.Z): two bytes of magic, a byte with the most bits of a code and whether the table may be emptied, then LZW codes up to the end
// of its space: no end is written, and no checksum. Source: ncompress 4.2 (its behaviour), The Open Group's XCU compress.
#include "base/text.h"
#include "codecs/lzw.h"
#include "formats/compress/magics.h"
#include "model/format.h"
#include "model/walk.h"

namespace fieldstrip {
namespace compress {
namespace {

constexpr u64 kHeader = 3;
constexpr u8 kMagic[] = {0x1F, 0x9D};
constexpr Bits kFlags[] = {{"bits", 0, 5}, {"block_mode", 7, 1}};

std::optional<lzw::Params> params_of(ByteView in) {
    if (in.size() <= kHeader || !starts_with(in, "\x1F\x9D") || in[2] & 0x60) return {};
    lzw::Params p{.most = in[2] & 0x1Fu, .block = (in[2] & 0x80) != 0};
    return p.most >= 9 && p.most <= 16 ? std::optional(p) : std::nullopt;
}

/// The first code is a byte: the table has nothing else yet.
bool may_begin(ByteView in) { return params_of(in) && in.size() > kHeader + 1 && !(in[kHeader + 1] & 1); }

bool nothing(ByteView) { return true; }

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto all = space.subspan(at);
    auto p = params_of(all);
    if (!p) return std::unexpected(No{"no header"});
    if (!cx.spend(&Limits::decoded, 0)) return std::unexpected(No{"stopped at a limit before its end"});
    auto r = lzw::read(all.subspan(kHeader), *p, nothing, cx);
    if (!r) return std::unexpected(No{"stopped at a limit before its end"});
    if (r->end != lzw::Read::End::Whole) return std::unexpected(No{r->why, {at + kHeader + r->used, 0}});
    return Claim{{at, all.size()}, 16 + 4 + r->bits, "each code is in the table by then, up to the end of the space"};
}

class Content final : public Coded {
  public:
    Content(Buffer bytes, lzw::Params p) : bytes_(std::move(bytes)), params_(p) {}
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<Lost> decode(size_t, const Sink& sink, const CheckSink& checks, Context& cx) const override {
        auto r = TRY(lzw::read(bytes_.view().subspan(kHeader), params_, sink, cx));
        if (r.end == lzw::Read::End::Stopped) return Lost{};
        bool whole = r.end == lzw::Read::End::Whole;
        Extent covers{kHeader, bytes_.size() - kHeader};
        if (checks) checks({"decode", {kHeader, 0}, {&covers, 1}, {}, {}, whole ? Check::Outcome::Pass : Check::Outcome::Fail});
        if (!whole) return fail(Error::Kind::Damaged, "LZW codes: " + std::string(r.why), {kHeader + r.used, 0});
        return Lost{};
    }
    Result<Recipe> recipe(Context& cx) const override {
        Bytes content;
        auto keep = [&](ByteView v) {
            content.insert(content.end(), v.begin(), v.end());
            return content.size() <= cx.limits.memory / 2;
        };
        auto packed = bytes_.view().subspan(kHeader);
        auto r = TRY(lzw::read(packed, params_, keep, cx));
        if (r.end == lzw::Read::End::Stopped) return cx.limit("memory");
        if (r.end != lzw::Read::End::Whole) return fail(Error::Kind::Damaged, "a stream that is damaged can't be made again");
        u64 at = 0;
        bool same = true;
        auto compare = [&](ByteView v) {
            same = v.size() <= packed.size() - at && equal(v, packed.subspan(at, v.size()));
            at += v.size();
            return same;
        };
        TRY_VOID(lzw::encode(content, params_, compare, cx));
        Recipe out;
        out.set("bits", u64{params_.most});
        out.set("block_mode", std::string(params_.block ? "yes" : "no"));
        out.set("exact", std::string(same && at == packed.size() ? "yes" : "no"));
        return out;
    }

  private:
    Buffer bytes_;
    lzw::Params params_;
};

Result<Item> open(const Buffer& bytes, Context&) {
    auto p = params_of(bytes.view());
    if (!p) return fail(Error::Kind::NotThis, "no compress header");
    Walk w(bytes.view(), Endian::Little);
    w.magic("magic", kMagic);
    w.u8("flags").bits(kFlags).is(kept_inside()).hex();
    w.opaque("codes", w.left());
    auto layout = TRY(std::move(w).done());
    auto label = "compress stream: codes of up to " + std::to_string(p->most) + " bits" + (p->block ? "" : ", no block mode");
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::make_unique<Content>(bytes, *p)};
}

Result<lzw::Params> params_of(const Recipe& r) {
    u64 most = TRY(r.number("bits"));
    if (most < 9 || most > 16) return fail(Error::Kind::Damaged, "the recipe's 'bits' are not 9 to 16");
    return lzw::Params{.most = unsigned(most), .block = r.text("block_mode") == "yes"};
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "a compress stream has one content");
    auto p = TRY(params_of(recipe));
    auto content = contents[0].joined();
    if (!content.size()) return fail(Error::Kind::Unsupported, "a compress stream of nothing is only a header, and nobody would find it");
    Bytes out = {kMagic[0], kMagic[1], u8(p.most | (p.block ? 0x80 : 0))};
    TRY_VOID(lzw::encode(content.view(), p, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
    Rope rope;
    rope.fresh(std::move(out));
    return rope;
}

std::string made_by(const Recipe& recipe) {
    auto p = params_of(recipe);
    if (!p) return "not found";
    auto out = "compress -b " + std::to_string(p->most) + (p->block ? "" : " -C");
    return recipe.text("exact") == "yes" ? out : "not found: nearest is " + out;
}

constexpr std::string_view kLimits[] = {
    "it has no end: it is found where it lies to the end of its space, padding behind it included",
    "made again byte for byte: what ncompress 4.2 makes",
};

}  // namespace
}  // namespace compress

namespace formats {
extern const Format compress{.id = "compress",
                             .title = "compress stream (.Z)",
                             .magics = magics::compress,
                             .may_begin = fieldstrip::compress::may_begin,
                             .recognise = fieldstrip::compress::recognise,
                             .open = fieldstrip::compress::open,
                             .make = fieldstrip::compress::make,
                             .made_by = fieldstrip::compress::made_by,
                             .limits = fieldstrip::compress::kLimits,
                             .source = "ncompress 4.2; The Open Group, XCU compress"};
}  // namespace formats

}  // namespace fieldstrip
