// How a stream was made, and making it so. The recipe keeps for each frame libzstd's parameters and the size of what it holds; skippable
// frames as they are.
#include <map>

#include "base/text.h"
#include "formats/zstd/frames.h"

namespace fieldstrip::zstd {
namespace {

using zstd_frame::Params;

constexpr u64 kMostSkipped = 64 << 10;

using Values = std::map<std::string_view, std::string_view>;

Values values_of(const Recipe& r) {
    Values out;
    for (auto& [name, value] : r.all()) out.emplace(name, value);
    return out;
}
std::string_view text(const Values& v, const std::string& name) {
    auto found = v.find(name);
    return found == v.end() ? std::string_view() : found->second;
}

void note(Recipe& r, const std::string& frame, const Params& p) {
    r.set(frame + ".level", std::to_string(p.level));
    r.set(frame + ".workers", std::string(p.workers ? "yes" : "no"));
    if (p.long_) r.set(frame + ".long", std::string("yes"));
    if (p.window) r.set(frame + ".window", u64{p.window});
    r.set(frame + ".says_size", std::string(p.says_size ? "yes" : "no"));
    r.set(frame + ".checksum", std::string(p.checksum ? "yes" : "no"));
}

Result<Params> params_of(const Values& v, const std::string& frame) {
    auto level = text(v, frame + ".level");
    bool fast = level.starts_with('-');
    auto n = parse_number(level.substr(fast ? 1 : 0));
    auto window = text(v, frame + ".window");
    auto log = window.empty() ? std::optional<u64>(0) : parse_number(window);
    if (!n || *n > 99 || !log || *log > 31) return fail(Error::Kind::Damaged, "the recipe's '" + frame + "' is none");
    auto yes = [&](const char* name) { return text(v, frame + name) == "yes"; };
    return Params{.level = fast ? -int(*n) : int(*n),
                  .workers = yes(".workers"),
                  .long_ = yes(".long"),
                  .window = unsigned(*log),
                  .says_size = yes(".says_size"),
                  .checksum = yes(".checksum")};
}

bool is_frame(const Values& v, const std::string& frame) { return v.contains(frame + ".level") || v.contains(frame + ".magic"); }

}  // namespace

Result<Recipe> recipe_of(ByteView all, Context& cx) {
    Bytes content;
    auto keep = [&](ByteView v) {
        content.insert(content.end(), v.begin(), v.end());
        return content.size() <= cx.limits.memory / 2;
    };
    std::vector<Frame> frames;
    std::string_view why;
    bool any = TRY(read_frames(all, keep, [&](const Frame& f) { frames.push_back(f); }, why, cx));
    if (!any || frames.back().end() != all.size()) return fail(Error::Kind::Damaged, "a stream that is damaged can't be made again");
    Recipe out;
    bool exact = true;
    u64 at = 0;
    for (size_t i = 0; i < frames.size(); i++) {
        auto& f = frames[i];
        auto name = nth("frame", i);
        if (f.skippable) {
            if (f.size > kMostSkipped) return fail(Error::Kind::Unsupported, "a skippable frame of more than 64 KiB is not made again");
            out.set(name + ".magic", u64{all[f.at] & 15u});
            out.set(name + ".data", hex(all.subspan(f.at + 8, f.size - 8)));
            continue;
        }
        if (f.header.dictionary) return fail(Error::Kind::Unsupported, "a frame that needs a dictionary is not made again");
        if (f.read.end == zstd_frame::Read::End::Stopped) return cx.limit("memory");
        if (f.cut || f.damaged) return fail(Error::Kind::Damaged, "a frame that is damaged or cut can't be made again", {f.at, f.size});
        auto part = ByteView(content).subspan(at, f.read.made);
        at += f.read.made;
        auto found = TRY(zstd_frame::find(all.subspan(f.at, f.size), f.header, part, cx));
        out.set(name + ".size", f.read.made);
        note(out, name, found.value_or(zstd_frame::likely(f.header)));
        exact = exact && found;
    }
    out.set("exact", std::string(exact ? "yes" : "no"));
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "a zstd stream has one content");
    auto v = values_of(recipe);
    auto content = contents[0].joined();
    size_t count = 0, last = 0;
    for (; is_frame(v, nth("frame", count)); count++)
        if (v.contains(nth("frame", count) + ".level")) last = count;
    if (!v.contains(nth("frame", last) + ".level")) return fail(Error::Kind::Damaged, "the recipe has no frame");
    Bytes out;
    u64 at = 0;
    for (size_t i = 0; i < count; i++) {
        auto name = nth("frame", i);
        if (v.contains(name + ".magic")) {
            auto magic = parse_number(text(v, name + ".magic"));
            auto data = from_hex(text(v, name + ".data"));
            if (!magic || *magic > 15 || !data || data->size() > kMostSkipped)
                return fail(Error::Kind::Damaged, "the recipe's '" + name + "' is no skippable frame");
            u8 header[8];
            store(header, 4, Endian::Little, 0x184D2A50 + *magic);
            store(std::span(header).subspan(4), 4, Endian::Little, data->size());
            out.insert(out.end(), header, header + 8);
            out.insert(out.end(), data->begin(), data->end());
            continue;
        }
        auto p = TRY(params_of(v, name));
        auto size = parse_number(text(v, name + ".size"));
        if (!size) return fail(Error::Kind::Damaged, "the recipe's '" + name + ".size' is none");
        u64 left = content.size() - at, n = i == last ? left : std::min(*size, left);
        TRY_VOID(zstd_frame::encode(
            content.view().subspan(at, n), p, [&](ByteView b) { return out.insert(out.end(), b.begin(), b.end()), true; }, cx));
        at += n;
    }
    Rope rope;
    rope.fresh(std::move(out));
    return rope;
}

std::string made_by(const Recipe& recipe) {
    auto v = values_of(recipe);
    std::string out = text(v, "exact") == "yes" ? "" : "not found: nearest is ", before;
    size_t shown = 0;
    for (size_t i = 0; is_frame(v, nth("frame", i)); i++) {
        std::string words = "a skippable frame";
        if (v.contains(nth("frame", i) + ".level")) {
            auto p = params_of(v, nth("frame", i));
            if (!p) return "not found";
            words = zstd_frame::words(*p);
        }
        if (words == before) continue;
        if (shown++ == 4) return out + " + …";
        out += (shown > 1 ? " + " : "") + words;
        before = words;
    }
    return out;
}

}  // namespace fieldstrip::zstd
