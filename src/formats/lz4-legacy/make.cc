// How a legacy LZ4 stream was made: the level is found by encoding its blocks with each and comparing.
#include "base/text.h"
#include "formats/lz4-legacy/blocks.h"

namespace fieldstrip::lz4_legacy {
namespace {

constexpr size_t kMostStreams = 4096;
constexpr int kLevels[] = {0, 9, 12, 3, 4, 5, 6, 7, 8, 10, 11};  // 0: the fast compressor; the likely ones first
constexpr u64 kProbe = 256 << 10, kMargin = 24 << 10;

struct StreamPlan {
    int level = 9;
    u64 size = 0;
    bool exact = true;
};

/// Whether that level makes these bytes, as far as the beginning of the content tells.
Result<bool> may_be(ByteView content, ByteView data, int level, Context& cx) {
    auto probe = content.first(std::min<u64>(content.size(), kProbe));
    auto made = TRY(lz4::encode(probe, level, cx));
    if (probe.size() == content.size()) return equal(made, data);
    u64 n = made.size() > kMargin ? std::min(made.size() - kMargin, lz4::walk(made, 0, probe.size()).settled)
                                  : 0;  // near its end a part is encoded otherwise
    return n <= data.size() && equal(ByteView(made).first(n), data.first(n));
}

Result<StreamPlan> find(ByteView all, const Stream& s, int likely, Context& cx) {
    StreamPlan plan{.level = likely, .exact = false};
    std::vector<int> levels(std::begin(kLevels), std::end(kLevels));
    if (auto one = std::find(levels.begin(), levels.end(), likely); one != levels.end()) std::rotate(levels.begin(), one, one + 1);
    for (auto& b : s.blocks) plan.size += b.made;
    bool near = false;
    for (int level : levels) {
        bool same = true;
        for (auto& b : s.blocks) {
            auto data = all.subspan(b.at + 4, b.size);
            auto content = TRY(lz4::decode(data, kContent, cx));
            same = TRY(may_be(content, data, level, cx));
            if (same && &b == &s.blocks.front() && !near) plan.level = level, near = true;
            same = same && (content.size() <= kProbe || equal(TRY(lz4::encode(content, level, cx)), data));
            if (!same) break;
        }
        if (!same) continue;
        plan.level = level, plan.exact = true;
        break;
    }
    return plan;
}

Result<std::vector<StreamPlan>> plan_of(const Recipe& r) {
    std::vector<StreamPlan> out;
    u64 count = TRY(r.number("streams"));
    if (!count || count > kMostStreams) return fail(Error::Kind::Damaged, "the recipe's 'streams' is no number of streams");
    for (u64 i = 0; i < count; i++) {
        auto name = nth("stream", i);
        u64 level = TRY(r.number(name + ".level"));
        if (level > 12) return fail(Error::Kind::Damaged, "the recipe's '" + name + ".level' is none");
        out.push_back({int(level), TRY(r.number(name + ".size"))});
    }
    return out;
}

}  // namespace

Result<Recipe> recipe_of(ByteView all, const File& file, Context& cx) {
    if (file.cut()) return fail(Error::Kind::Damaged, "a stream that is cut can't be made again", {all.size(), 0});
    if (file.streams.size() > kMostStreams)
        return fail(Error::Kind::Unsupported, "more than " + std::to_string(kMostStreams) + " LZ4 streams are not made again");
    Recipe out;
    out.set("streams", u64(file.streams.size()));
    bool exact = true;
    int likely = 9;
    for (size_t i = 0; i < file.streams.size(); i++) {
        auto plan = TRY(find(all, file.streams[i], likely, cx));
        likely = plan.level;
        exact = exact && plan.exact;
        out.set(nth("stream", i) + ".level", u64(plan.level));
        out.set(nth("stream", i) + ".size", plan.size);
    }
    out.set("exact", std::string(exact ? "yes" : "no"));
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "an LZ4 stream has one content");
    auto plan = TRY(plan_of(recipe));
    auto& content = contents[0];
    Rope out;
    u64 at = 0;
    for (auto& s : plan) {
        u64 left = &s == &plan.back() ? content.size() - at : std::min(s.size, content.size() - at);
        if (!left && at) break;  // it would end with nothing behind its magic
        if (!left) return fail(Error::Kind::Unsupported, "a legacy LZ4 stream of nothing can't be told from other bytes");
        Bytes magic(4);
        store(magic, 4, Endian::Little, kMagic);
        out.fresh(std::move(magic));
        while (left) {
            u64 n = std::min(left, kContent);
            Bytes plain;
            plain.reserve(n);
            content.each({at, n}, [&](ByteView v) { plain.insert(plain.end(), v.begin(), v.end()); });
            auto data = TRY(lz4::encode(plain, s.level, cx));
            Bytes size(4);
            store(size, 4, Endian::Little, data.size());
            out.fresh(std::move(size));
            out.fresh(std::move(data));
            at += n, left -= n;
        }
    }
    return out;
}

std::string made_by(const Recipe& recipe) {
    auto plan = plan_of(recipe);
    if (!plan) return "unknown: the recipe is damaged";
    bool alike = true;
    for (auto& s : *plan) alike = alike && s.level == plan->front().level;
    auto out = "lz4 -l -" + std::to_string(std::max(1, plan->front().level));
    if (plan->size() > 1) out += (alike ? ", each of " : " (others differ), ") + std::to_string(plan->size()) + " streams";
    return recipe.text("exact") == "yes" ? out : "not found (liblz4 makes other bytes): nearest is " + out;
}

}  // namespace fieldstrip::lz4_legacy
