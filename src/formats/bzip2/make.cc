// How a bzip2 was made: the level stands in its header, and libbz2 has no other parameter that changes a byte. Whether it was libbz2 is
// found by making it again.
#include "base/text.h"
#include "formats/bzip2/streams.h"

namespace fieldstrip::bzip2 {
namespace {

constexpr size_t kMostStreams = 4096;
constexpr u64 kMostCompared = u64{128} << 20;  // of content: what follows was made as what was compared

struct StreamPlan {
    unsigned level = 9;
    u64 size = 0;
};

Result<std::vector<StreamPlan>> plan_of(const Recipe& r) {
    std::vector<StreamPlan> out;
    u64 count = TRY(r.number("streams"));
    if (!count || count > kMostStreams) return fail(Error::Kind::Damaged, "the recipe's 'streams' is no number of streams");
    // Runs of equal ones are one line: "stream[3]" holds for all up to the next that is told.
    for (u64 i = 0; i < count; i++) {
        auto name = nth("stream", i);
        if (!r.has(name + ".level")) {
            if (out.empty()) return fail(Error::Kind::Damaged, "the recipe has no '" + name + ".level'");
            out.push_back(out.back());
            continue;
        }
        u64 level = TRY(r.number(name + ".level"));
        if (level < 1 || level > 9) return fail(Error::Kind::Damaged, "the recipe's '" + name + ".level' is none");
        out.push_back({unsigned(level), TRY(r.number(name + ".size"))});
    }
    return out;
}

/// Content of another size: all streams as they were and the last one with what is more; of many equal ones (pbzip2) more of them.
std::vector<StreamPlan> cut_anew(std::vector<StreamPlan> plan, u64 size) {
    bool uniform = plan.size() > 1 && plan[0].size && plan.back().size <= plan[0].size;
    for (size_t i = 0; i + 1 < plan.size(); i++) uniform = uniform && plan[i].size == plan[0].size;
    std::vector<StreamPlan> out;
    for (size_t i = 0; i < plan.size(); i++) {
        if (i && !size) break;
        bool last = i + 1 == plan.size();
        u64 n = last && !uniform ? size : std::min(size, last ? plan[0].size : plan[i].size);
        out.push_back({plan[i].level, n});
        size -= n;
    }
    while (size && out.size() < kMostStreams) {
        u64 n = out.size() + 1 == kMostStreams ? size : std::min(size, plan[0].size);
        out.push_back({plan[0].level, n});
        size -= n;
    }
    return out;
}

/// Whether libbz2 makes the same of what the stream holds.
Result<bool> same(ByteView stream, unsigned level, Context& cx) {
    Source content = [&](const Take& take) -> Result<void> {
        (void)TRY(run(stream, take, {}, true, cx));
        return {};
    };
    u64 at = 0;
    bool equals = true;
    Take compare = [&](ByteView v) {
        equals = equals && v.size() <= stream.size() - at && equal(v, stream.subspan(at, v.size()));
        at += v.size();
        return equals;
    };
    TRY_VOID(encode(content, level, compare, cx));
    return equals && at == stream.size();
}

}  // namespace

Result<Recipe> recipe_of(ByteView all, Context& cx) {
    std::vector<EndTold> streams;
    bool too_many = false;
    auto keep = [&](const EndTold& e) {
        too_many = too_many || streams.size() == kMostStreams;
        if (!too_many) streams.push_back(e);
    };
    auto how = TRY(run(all, [&](ByteView) { return !too_many; }, {{}, keep}, true, cx));
    if (too_many) return fail(Error::Kind::Unsupported, "more than " + std::to_string(kMostStreams) + " bzip2 streams are not made again");
    bool decoded = how.end == Run::End::Whole && !streams.empty();
    for (auto& s : streams) decoded = decoded && s.found;
    if (!decoded) return fail(Error::Kind::Damaged, "a stream that is damaged or cut can't be made again", {how.size, 0});
    Recipe out;
    out.set("streams", u64(streams.size()));
    bool exact = true;
    u64 compared = 0;
    for (size_t i = 0; i < streams.size(); i++) {
        auto& s = streams[i];
        bool as_before = i && s.level == streams[i - 1].level && s.made == streams[i - 1].made;
        if (!as_before) {
            out.set(nth("stream", i) + ".level", u64(s.level));
            out.set(nth("stream", i) + ".size", s.made);
        }
        exact = exact && s.sound;
        if (exact && compared < kMostCompared) exact = TRY(same(all.subspan(s.begin, s.end() - s.begin), s.level, cx));
        compared += s.made;
    }
    out.set("exact", std::string(exact ? "yes" : "no"));
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "a bzip2 stream has one content");
    auto plan = TRY(plan_of(recipe));
    auto& content = contents[0];
    std::optional<u64> size = 0;
    for (auto& s : plan) size = size ? sum(*size, s.size) : size;
    if (size != content.size()) plan = cut_anew(std::move(plan), content.size());
    Bytes out;
    u64 at = 0;
    for (auto& s : plan) {
        Source part = [&](const Take& take) -> Result<void> {
            bool wanted = true;
            content.each({at, s.size}, [&](ByteView v) { wanted = wanted && take(v); });
            return {};
        };
        TRY_VOID(encode(part, s.level, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
        at += s.size;
    }
    Rope rope;
    rope.fresh(std::move(out));
    return rope;
}

std::string made_by(const Recipe& recipe) {
    auto plan = plan_of(recipe);
    if (!plan) return "unknown: the recipe is damaged";
    bool alike = true;
    for (auto& s : *plan) alike = alike && s.level == plan->front().level;
    auto out = "bzip2 -" + std::to_string(plan->front().level);
    if (plan->size() > 1) out += (alike ? ", each of " : " (others differ), ") + std::to_string(plan->size()) + " streams";
    return recipe.text("exact") == "yes" ? out : "not found (libbz2 makes other bytes): nearest is " + out;
}

}  // namespace fieldstrip::bzip2
