// How LZ4 frames were made. All but the level stands in their headers; that is found by encoding their beginning with each and comparing.
#include "base/text.h"
#include "formats/lz4/frames.h"

namespace fieldstrip::lz4_frames {
namespace {

constexpr size_t kMostFrames = 4096;
constexpr u64 kMostSkipped = 4096, kProbe = 256 << 10, kMargin = 24 << 10;
constexpr u64 kMostCompared = u64{128} << 20;  // of content: what follows was made as what was compared
// The likely ones first. Below 0: --fast=N.
constexpr int kLevels[] = {1, 9, 12, 3, 4, 5, 6, 7, 8, 10, 11, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10};

struct FramePlan {
    Bytes skipped = {};  // a skippable frame as it lies
    lz4::FrameParams params = {};
    u64 size = 0;
    bool exact = true;
};

lz4::FrameParams params_of(const Frame& f) {
    return {.block = f.block ? f.block : 7u,
            .linked = !f.is(kIndependent),
            .block_checksums = f.is(kBlockChecksums),
            .content_checksum = f.is(kContentChecksum),
            .size = f.size};
}

struct Finder {
    ByteView all;
    Context& cx;
    std::optional<lz4::FrameParams> before = {};

    Result<bool> may_be(const Frame&, const lz4::FrameParams&, ByteView probe, u64 size);
    Result<bool> is(const Frame&, const lz4::FrameParams&);
    Result<FramePlan> find(const Frame&);
};

/// Whether these parameters make the first block, as far as the beginning of its content tells.
Result<bool> Finder::may_be(const Frame& f, const lz4::FrameParams& params, ByteView probe, u64 size) {
    auto p = params;
    p.size = {}, p.content_checksum = p.block_checksums = false;
    auto block = read_block(all, f, f.begin());
    if (!block) return true;
    auto data = all.subspan(block->at + 4, block->size);
    Bytes made;
    auto source = [&](const lz4::Take& take) -> Result<void> { return take(probe), Result<void>{}; };
    TRY_VOID(lz4::encode_frame(source, p, [&](ByteView v) { return made.insert(made.end(), v.begin(), v.end()), true; }, cx));
    if (made.size() < 7 + 4 + 4) return false;
    auto encoded = ByteView(made).subspan(7 + 4);
    encoded = encoded.first(std::min<u64>(encoded.size(), le32(made, 7) & ~kStored));
    bool whole = probe.size() == size || probe.size() == f.block_size();
    if (whole) return equal(encoded, data) && ((le32(made, 7) & kStored) != 0) == block->stored;
    if (block->stored || le32(made, 7) & kStored) return true;  // a part of what is stored tells nothing
    u64 n = encoded.size() > kMargin ? std::min(encoded.size() - kMargin, lz4::walk(encoded, 0, probe.size()).settled)
                                     : 0;  // near its end a part is encoded otherwise
    return data.size() >= n && equal(encoded.first(n), data.first(n));
}

Result<bool> Finder::is(const Frame& f, const lz4::FrameParams& p) {
    auto content = [&](const lz4::Take& take) { return decode_frame(all, f, take, cx); };
    auto frame = all.subspan(f.at, f.end - f.at);
    u64 at = 0;
    bool equals = true;
    auto compare = [&](ByteView v) {
        equals = equals && v.size() <= frame.size() - at && equal(v, frame.subspan(at, v.size()));
        at += v.size();
        return equals;
    };
    TRY_VOID(lz4::encode_frame(content, p, compare, cx));
    return equals && at == frame.size();
}

Result<FramePlan> Finder::find(const Frame& f) {
    FramePlan plan{.params = params_of(f), .exact = false};
    Bytes probe;
    Xxh32 sum;
    auto take = [&](ByteView v) {
        plan.size += v.size();
        sum.eat(v);
        auto n = std::min<u64>(v.size(), kProbe - probe.size());
        probe.insert(probe.end(), v.begin(), v.begin() + i64(n));
        return true;
    };
    TRY_VOID(decode_frame(all, f, take, cx));
    bool right = f.header_holds && f.how == Frame::End::Whole && f.size.value_or(plan.size) == plan.size &&
                 (!f.is(kContentChecksum) || le32(all, f.end - 4) == sum.value());
    if (f.size != plan.size) plan.params.size = {};
    std::vector<lz4::FrameParams> candidates;
    if (before) {
        auto same = plan.params;
        same.level = before->level, same.favor_decoding = before->favor_decoding, same.whole = before->whole;
        candidates.push_back(same);
    }
    for (bool whole : {false, true})
        for (bool favor : {false, true})
            for (int level : kLevels) {
                auto one = plan.params;
                one.level = level, one.favor_decoding = favor, one.whole = whole;
                if ((favor && level < 10) || (whole && (!one.linked || plan.size <= f.block_size() || plan.size > cx.limits.memory / 4)))
                    continue;
                candidates.push_back(one);
            }
    bool near = false;
    for (auto& one : candidates) {
        if (!TRY(may_be(f, one, probe, plan.size))) continue;
        if (!near) plan.params = one, near = true;
        bool same = plan.size > kMostCompared || TRY(is(f, one));
        if (!same) continue;
        plan.params = one, plan.exact = right;
        before = one;
        break;
    }
    return plan;
}

void note(Recipe& r, const std::string& name, const FramePlan& f) {
    if (!f.skipped.empty()) return r.set(name + ".skippable", hex(f.skipped));
    auto& p = f.params;
    r.set(name + ".size", f.size);
    r.set(name + ".level", std::to_string(p.level));
    r.set(name + ".block", u64(p.block));
    auto flag = [&](const char* what, bool is) {
        if (is) r.set(name + what, std::string("yes"));
    };
    flag(".linked", p.linked), flag(".block_checksums", p.block_checksums), flag(".content_checksum", p.content_checksum);
    flag(".content_size", p.size.has_value()), flag(".favor_decoding", p.favor_decoding), flag(".whole", p.whole);
    r.set(name + ".exact", std::string(f.exact ? "yes" : "no"));
}

Result<FramePlan> read(const Recipe& r, const std::string& name) {
    FramePlan f;
    if (auto skipped = r.text(name + ".skippable"); !skipped.empty()) {
        auto bytes = from_hex(skipped);
        if (!bytes || bytes->size() < 8 || (le32(*bytes) & ~15u) != kSkippable || le32(*bytes, 4) != bytes->size() - 8)
            return fail(Error::Kind::Damaged, "the recipe's '" + name + ".skippable' is none");
        return f.skipped = std::move(*bytes), f;
    }
    auto& p = f.params;
    f.size = TRY(r.number(name + ".size"));
    auto level = r.text(name + ".level");
    bool below = level.starts_with('-');
    auto n = parse_number(level.substr(below));
    if (!n || *n > (below ? 65537 : 12)) return fail(Error::Kind::Damaged, "the recipe's '" + name + ".level' is none");
    p.level = below ? -int(*n) : int(*n);
    u64 block = TRY(r.number(name + ".block"));
    if (block < 4 || block > 7) return fail(Error::Kind::Damaged, "the recipe's '" + name + ".block' is none");
    p.block = unsigned(block);
    auto flag = [&](const char* what) { return r.text(name + what) == "yes"; };
    p.linked = flag(".linked"), p.block_checksums = flag(".block_checksums"), p.content_checksum = flag(".content_checksum");
    p.favor_decoding = flag(".favor_decoding"), p.whole = flag(".whole");
    if (flag(".content_size")) p.size = f.size;
    f.exact = flag(".exact");
    return f;
}

Result<std::vector<FramePlan>> plan_of(const Recipe& r) {
    std::vector<FramePlan> out;
    u64 count = TRY(r.number("frames"));
    if (!count || count > kMostFrames) return fail(Error::Kind::Damaged, "the recipe's 'frames' is no number of frames");
    for (u64 i = 0; i < count; i++) out.push_back(TRY(read(r, nth("frame", i))));
    return out;
}

/// "lz4 -9 -B4 -BD -BX --content-size --no-frame-crc"
std::string command(const lz4::FrameParams& p) {
    auto out = p.level < 0 ? "lz4 --fast=" + std::to_string(-p.level) : "lz4 -" + std::to_string(p.level);
    if (p.block != 7) out += " -B" + std::to_string(p.block);
    if (p.linked) out += " -BD";
    if (p.block_checksums) out += " -BX";
    if (p.size) out += " --content-size";
    if (!p.content_checksum) out += " --no-frame-crc";
    if (p.favor_decoding) out += " --favor-decSpeed";
    return p.whole ? out + " (LZ4F_compressFrame)" : out;
}

}  // namespace

Result<Recipe> recipe_of(ByteView all, const File& file, Context& cx) {
    if (file.frames.size() > kMostFrames)
        return fail(Error::Kind::Unsupported, "more than " + std::to_string(kMostFrames) + " LZ4 frames are not made again");
    Finder finder{.all = all, .cx = cx};
    Recipe out;
    out.set("frames", u64(file.frames.size()));
    bool exact = true;
    for (size_t i = 0; i < file.frames.size(); i++) {
        auto& f = file.frames[i];
        FramePlan plan;
        if (f.skippable) {
            if (f.end - f.at > kMostSkipped)
                return fail(Error::Kind::Unsupported, "a skippable frame of more than 4 KiB is not made again", {f.at, f.end - f.at});
            auto bytes = all.subspan(f.at, f.end - f.at);
            plan.skipped.assign(bytes.begin(), bytes.end());
        } else {
            plan = TRY(finder.find(f));
        }
        exact = exact && plan.exact;
        note(out, nth("frame", i), plan);
    }
    out.set("exact", std::string(exact ? "yes" : "no"));
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "an LZ4 stream has one content");
    auto plan = TRY(plan_of(recipe));
    auto& content = contents[0];
    size_t last = 0;
    for (size_t i = 0; i < plan.size(); i++)
        if (plan[i].skipped.empty()) last = i;
    Bytes out;
    u64 at = 0;
    for (size_t i = 0; i < plan.size(); i++) {
        auto& f = plan[i];
        out.insert(out.end(), f.skipped.begin(), f.skipped.end());
        if (!f.skipped.empty()) continue;
        Extent part{at, i == last ? content.size() - at : std::min(f.size, content.size() - at)};
        if (f.params.size) f.params.size = part.size;
        auto source = [&](const lz4::Take& take) -> Result<void> {
            bool wanted = true;
            content.each(part, [&](ByteView v) { wanted = wanted && take(v); });
            return {};
        };
        TRY_VOID(lz4::encode_frame(source, f.params, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
        at += part.size;
    }
    Rope rope;
    rope.fresh(std::move(out));
    return rope;
}

std::string made_by(const Recipe& recipe) {
    auto plan = plan_of(recipe);
    if (!plan) return "unknown: the recipe is damaged";
    std::vector<std::string> words;
    size_t frames = 0;
    for (auto& f : *plan) {
        if (!f.skipped.empty()) continue;
        frames++;
        if (auto one = command(f.params); words.empty() || words.back() != one) words.push_back(one);
    }
    std::string out;
    for (size_t i = 0; i < std::min<size_t>(words.size(), 3); i++) out += (i ? " + " : "") + words[i];
    if (words.size() > 3) out += " + …";
    if (frames > words.size()) out += ", " + std::to_string(frames) + " frames";
    return recipe.text("exact") == "yes" ? out : "not found (liblz4 makes other bytes): nearest is " + out;
}

}  // namespace fieldstrip::lz4_frames
