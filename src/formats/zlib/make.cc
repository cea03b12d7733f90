// How a stream was made, and making it so. The recipe keeps its two bytes and the program with its parameters.
#include "base/text.h"
#include "codecs/deflate_nearest.h"
#include "codecs/zlib.h"
#include "formats/zlib/stream.h"

namespace fieldstrip::zlib_stream {

deflate::Params hinted(ByteView in) {
    constexpr int kLevels[] = {1, 5, 6, 9};
    return {.level = kLevels[in[1] >> 6], .window = std::max(9, 8 + (in[0] >> 4))};  // zlib makes 9 of 8
}

Result<Recipe> recipe_of(ByteView all, Context& cx) {
    const u64 most =
        cx.limits.memory / 4;  // of the content is kept; of more, the rest is decoded again for each candidate that gets so far
    Bytes content;
    bool kept = true;
    auto s = TRY(read_alone(
        all,
        [&](ByteView v) {
            kept = kept && v.size() <= most - content.size();
            if (kept) content.insert(content.end(), v.begin(), v.end());
            return true;
        },
        cx));
    if (!s.whole || s.end() != all.size()) return fail(Error::Kind::Damaged, "a stream that is damaged or cut can't be made again");
    auto encoded = all.subspan(kHeader, s.read.used);
    deflate::Source source = [&](const deflate::Take& take) -> Result<void> {
        if (kept) return take(content), Result<void>();
        deflate::Reader reader;
        (void)TRY(reader.read(encoded, take, cx));
        return {};
    };
    deflate::Budget budget;
    auto likely = hinted(all);
    auto search = deflate::find(source, encoded, likely, deflate::Among::NotGzip, budget, cx);
    if (!search) return std::unexpected(search.error());
    const bool found = search->has_value();
    Recipe out;
    out.set("header", hex(all.first(kHeader)));
    deflate::Nearest nearest{.params = likely};
    if (!found) nearest = TRY(deflate::nearest(source, s.read.made, encoded.size(), likely, cx));
    for (auto& [name, value] : deflate::fields_of(found ? **search : nearest.params)) out.set(name, value);
    if (nearest.shortest) out.set("shortest", std::string("yes"));
    if (found && !s.holds()) out.set("end", std::string("wrong"));
    out.set("exact", found && s.holds() ? "yes" : "no");
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "a zlib stream has one content");
    auto header = from_hex(recipe.text("header"));
    if (!header || header->size() != kHeader) return fail(Error::Kind::Damaged, "the recipe's 'header' is no zlib header");
    auto params = TRY(deflate::params_of([&](std::string_view name) { return recipe.text(name); }));
    Bytes now = *header;
    Rope out;
    auto put = [&](ByteView v) {
        now.insert(now.end(), v.begin(), v.end());
        if (now.size() >= u64{4} << 20) out.fresh(std::exchange(now, {}));
        return true;
    };
    const Extent whole{0, contents[0].size()};
    u32 adler = 1;
    deflate::Source source = [&](const deflate::Take& take) -> Result<void> {
        bool wanted = true;
        contents[0].each(whole, [&](ByteView v) { wanted = wanted && take(v); });
        return {};
    };
    contents[0].each(whole, [&](ByteView v) { adler = zlib::adler32(v, adler); });
    TRY_VOID(deflate::encode(source, params, put, cx));
    u8 end[kEnd];
    store(end, kEnd, Endian::Big, adler);
    put(end);
    out.fresh(std::move(now));
    return out;
}

std::string made_by(const Recipe& recipe) {
    auto params = deflate::params_of([&](std::string_view name) { return recipe.text(name); });
    if (!params) return "unknown: the recipe is damaged";
    auto out = deflate::words(*params);
    if (recipe.text("exact") == "yes") return out;
    if (recipe.text("end") == "wrong") return out + "; with a wrong adler32, which would be right";
    return "not found (of zlib, GNU gzip, pigz and libdeflate none makes these bytes): nearest is " + out +
           std::string(recipe.text("shortest") == "yes" ? deflate::kAsShort : "");
}

}  // namespace fieldstrip::zlib_stream
