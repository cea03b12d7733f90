// How lzip members were made: by lzip's own encoder, or in the same format by liblzma's. Where neither did, the nearest of liblzma's is
// found by size.
#include "base/digest.h"
#include "base/text.h"
#include "codecs/lzlib.h"
#include "codecs/lzma_alone.h"
#include "formats/lzip/members.h"

namespace fieldstrip::lzip {
namespace {

constexpr size_t kMostMembers = 4096;
constexpr u64 kMostTried = u64{8} << 20;  // of content, encoded with each preset of liblzma
constexpr u64 kBudget = u64{64} << 20;    // of content that lzip's encoder gets in vain
constexpr u32 kPresets[] = {6, 6 | lzma2::kExtreme, 9, 9 | lzma2::kExtreme, 4, 3, 1, 0};

struct MemberPlan {
    u8 dictionary = 0x17;  // as its header says
    u64 size = 0;
    u32 preset = 6;
    std::optional<lzlib::Params> own = {};  // lzip's encoder; else liblzma's
    bool exact = true;
};

Result<Bytes> encode(ByteView content, const MemberPlan& p, Context& cx) {
    Bytes out;
    if (p.own) {
        TRY_VOID(lzlib::encode(content, *p.own, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
        return out;
    }
    out = {'L', 'Z', 'I', 'P', 1, p.dictionary};
    lzma_alone::Header header{.dictionary = *dictionary_of(p.dictionary), .size = content.size()};
    auto data = TRY(lzma_alone::encode_raw(content, header, {.preset = p.preset, .marker = true}, cx));
    out.insert(out.end(), data.begin(), data.end());
    out.resize(out.size() + kTrailer);
    auto trailer = std::span(out).last(kTrailer);
    store(trailer, 4, Endian::Little, crc32(content));
    store(trailer.subspan(4), 8, Endian::Little, content.size());
    store(trailer.subspan(12), 8, Endian::Little, out.size());
    return out;
}

Result<MemberPlan> find(ByteView member, ByteView content, u64& budget, u64& tried, Context& cx) {
    MemberPlan best{.dictionary = member[5], .size = content.size(), .exact = false};
    if (auto own = TRY(lzlib::find(member, content, *dictionary_of(member[5]), budget, cx))) {
        best.own = own, best.exact = true;
        return best;
    }
    u64 off = kUnbounded;
    for (u32 preset : kPresets) {
        if (tried > kMostTried) break;
        tried += content.size();
        auto one = best;
        one.preset = preset;
        auto made = TRY(encode(content, one, cx));
        if (equal(made, member)) return one.exact = true, one;
        // One that is longer may not have the room.
        u64 by = made.size() > member.size() ? made.size() - member.size() + (u64{1} << 32) : member.size() - made.size();
        if (by < off) off = by, best = one;
    }
    return best;
}

Result<std::vector<MemberPlan>> plan_of(const Recipe& r) {
    std::vector<MemberPlan> out;
    u64 count = TRY(r.number("members"));
    if (!count || count > kMostMembers) return fail(Error::Kind::Damaged, "the recipe's 'members' is no number of members");
    for (u64 i = 0; i < count; i++) {
        auto name = nth("member", i);
        u64 dictionary = TRY(r.number(name + ".dictionary"));
        const auto none = fail(Error::Kind::Damaged, "the recipe's '" + name + "' has a value that can't be");
        if (dictionary > 255 || !dictionary_of(u8(dictionary))) return none;
        MemberPlan one{.dictionary = u8(dictionary), .size = TRY(r.number(name + ".size"))};
        if (r.has(name + ".match_length")) {
            u64 told = TRY(r.number(name + ".told")), length = TRY(r.number(name + ".match_length"));
            if (told > u64{1} << 29 || length > 273) return none;
            one.own = {u32(told), u32(length)};
        } else {
            auto preset = lzma2::preset_of(r.text(name + ".preset"));
            if (!preset) return none;
            one.preset = *preset;
        }
        out.push_back(one);
    }
    return out;
}

}  // namespace

Result<Recipe> recipe_of(ByteView all, Context& cx) {
    Recipe out;
    std::vector<MemberPlan> plan;
    bool exact = true;
    u64 at = 0, tried = 0, budget = kBudget;
    while (at < all.size()) {
        if (plan.size() == kMostMembers)
            return fail(Error::Kind::Unsupported, "more than " + std::to_string(kMostMembers) + " lzip members are not made again");
        if (!read_header(all.subspan(at))) return fail(Error::Kind::Damaged, "what follows a member is none", {at, all.size() - at});
        Bytes content;
        u64 size = 0;
        bool kept = true;
        auto keep = [&](ByteView v) {
            size += v.size();
            kept = kept && size <= cx.limits.memory / 4;
            if (kept) content.insert(content.end(), v.begin(), v.end());
            return true;
        };
        auto m = TRY(read_member(all, at, true, keep, cx));
        if (!m.decoded()) return fail(Error::Kind::Damaged, "a stream that is damaged or cut can't be made again", {at, m.end - at});
        auto member = all.subspan(at, m.end - at);
        MemberPlan one{.dictionary = member[5], .size = size, .exact = false};
        if (kept) one = TRY(find(member, content, budget, tried, cx));
        one.exact = one.exact && holds(all, m);
        exact = exact && one.exact;
        plan.push_back(one);
        at = m.end;
    }
    out.set("members", u64(plan.size()));
    for (size_t i = 0; i < plan.size(); i++) {
        out.set(nth("member", i) + ".dictionary", u64(plan[i].dictionary));
        out.set(nth("member", i) + ".size", plan[i].size);
        if (auto& own = plan[i].own) {
            out.set(nth("member", i) + ".told", u64{own->dictionary});
            out.set(nth("member", i) + ".match_length", u64{own->match_length});
        } else {
            out.set(nth("member", i) + ".preset", lzma2::name_of_preset(plan[i].preset));
        }
    }
    out.set("exact", std::string(exact ? "yes" : "no"));
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "an lzip stream has one content");
    auto plan = TRY(plan_of(recipe));
    auto& content = contents[0];
    Rope out;
    u64 at = 0;
    for (auto& m : plan) {
        u64 n = &m == &plan.back() ? content.size() - at : std::min(m.size, content.size() - at);
        Rope part;
        content.each({at, n}, [&](ByteView v) { part.fresh(Bytes(v.begin(), v.end())); });
        out.fresh(TRY(encode(part.joined().view(), m, cx)));
        at += n;
    }
    return out;
}

std::string made_by(const Recipe& recipe) {
    auto plan = plan_of(recipe);
    if (!plan) return "unknown: the recipe is damaged";
    auto& first = plan->front();
    std::string out;
    if (auto& own = first.own) {
        auto levels = lzlib::levels();
        auto level = std::find(levels.begin(), levels.end(), *own);
        if (level != levels.end())
            out = "lzip -" + std::to_string(level - levels.begin());
        else
            out = "lzip -s" + std::to_string(own->dictionary) + " -m" + std::to_string(own->match_length);
    } else {
        out = "liblzma preset " + lzma2::name_of_preset(first.preset) + ", dictionary " + human_size(*dictionary_of(first.dictionary));
    }
    if (plan->size() > 1) out += ", and " + std::to_string(plan->size() - 1) + " more members";
    return recipe.text("exact") == "yes" ? out : "not found: nearest is " + out;
}

}  // namespace fieldstrip::lzip
