// The plan as names and values, and back. What comes back may be anybody's writing.
#include "formats/xz/plan.h"

#include "base/text.h"

namespace fieldstrip::xz {
namespace {

constexpr u64 kMostBlocks = 1 << 20;

/// "60000*3,1234": numbers, repeated ones counted.
std::string runs_words(const std::vector<u64>& v) {
    std::string out;
    for (size_t i = 0; i < v.size();) {
        size_t n = 1;
        while (i + n < v.size() && v[i + n] == v[i]) n++;
        out += (i ? "," : "") + std::to_string(v[i]) + (n > 1 ? "*" + std::to_string(n) : "");
        i += n;
    }
    return out;
}

std::unexpected<Error> bad(const std::string& name, std::string_view value) {
    return fail(Error::Kind::Unsupported, "recipe: '" + name + "' can't be '" + escape(value) + "'");
}

Result<std::vector<u64>> runs(const Recipe& r, const std::string& name) {
    std::vector<u64> out;
    auto text = r.text(name);
    for (auto left = text; !left.empty();) {
        auto one = left.substr(0, left.find(','));
        left.remove_prefix(std::min(left.size(), one.size() + 1));
        auto star = one.find('*');
        auto value = parse_number(one.substr(0, star)),
             count = star == one.npos ? std::optional<u64>(1) : parse_number(one.substr(star + 1));
        if (!value || !count || *value > kUnbounded >> 1 || *count > kMostBlocks - out.size()) return bad(name, text);
        out.insert(out.end(), *count, *value);
    }
    return out;
}

Result<u32> small(const Recipe& r, const std::string& name, u64 most) {
    u64 v = TRY(r.number(name));
    if (v > most) return bad(name, r.text(name));
    return u32(v);
}

std::optional<lzma2::Filter> filter_of(std::string_view words) {
    auto colon = words.find(':');
    auto id = lzma2::id_of(words.substr(0, colon));
    if (!id || *id == lzma2::kLzma2) return {};
    lzma2::Filter f{*id};
    if (colon == words.npos) return *id == lzma2::kDelta ? std::nullopt : std::optional(f);
    auto told = words.substr(colon + 1);
    std::string_view key = *id == lzma2::kDelta ? "dist=" : "start=";
    auto value = told.starts_with(key) ? parse_number(told.substr(key.size())) : std::nullopt;
    if (!value || *value > (*id == lzma2::kDelta ? 256 : ~u32{0}) || (*id == lzma2::kDelta && !*value)) return {};
    if (*id == lzma2::kDelta) return f.properties = {u8(*value - 1)}, f;
    f.properties.resize(4);
    store(f.properties, 4, Endian::Little, *value);
    return f;
}

Result<StreamPlan> stream_of(const Recipe& r, const std::string& s) {
    StreamPlan out;
    auto check = check_of(r.text(s + ".check"));
    if (!check) return bad(s + ".check", r.text(s + ".check"));
    out.check = *check;
    out.sizes = TRY(runs(r, s + ".blocks"));
    if (r.has(s + ".padding")) {
        out.padding = TRY(r.number(s + ".padding"));
        if (out.padding % 4 || out.padding > kMaxPadding) return bad(s + ".padding", r.text(s + ".padding"));
    }
    if (!r.has(s + ".dictionary")) return out;  // a stream without blocks
    out.headers = TRY(runs(r, s + ".headers"));
    out.stored = TRY(runs(r, s + ".stored"));
    auto says = r.text(s + ".headers_say");
    out.says_compressed = says.find("compressed") != says.npos;
    out.says_content = says.find("content") != says.npos;
    out.chain.clear();
    auto filters = r.text(s + ".filters");
    for (auto left = filters; !left.empty() && left != "lzma2";) {
        auto one = left.substr(0, left.find(' '));
        left.remove_prefix(std::min(left.size(), one.size() + 1));
        auto f = filter_of(one);
        if (!f || out.chain.size() == 3) return bad(s + ".filters", filters);
        out.chain.push_back(std::move(*f));
    }
    auto dictionary = TRY(small(r, s + ".dictionary", ~u32{0}));
    out.chain.push_back({lzma2::kLzma2, {lzma2::code_of(dictionary)}});
    out.params.lc = TRY(small(r, s + ".lc", 4));
    out.params.lp = TRY(small(r, s + ".lp", 4 - out.params.lc));
    out.params.pb = TRY(small(r, s + ".pb", 4));
    auto preset = lzma2::preset_of(r.text(s + ".preset"));
    if (!preset) return bad(s + ".preset", r.text(s + ".preset"));
    out.params.preset = *preset;
    if (r.has(s + ".nice")) {
        out.params.nice = TRY(small(r, s + ".nice", 273));
        if (out.params.nice < 5) return bad(s + ".nice", r.text(s + ".nice"));
    }
    if (r.has(s + ".match_finder")) {
        auto finder = lzma2::finder_of(r.text(s + ".match_finder"));
        if (!finder) return bad(s + ".match_finder", r.text(s + ".match_finder"));
        out.params.finder = *finder;
    }
    out.params.fast = r.text(s + ".fast") == "yes";
    return out;
}

}  // namespace

std::string filter_words(const lzma2::Filter& f) {
    auto name = lzma2::name_of(f.id);
    std::string out = name.empty() ? "filter-" + hex_number(f.id) : std::string(name);
    if (f.id == lzma2::kLzma2 || f.properties.empty()) return out;
    if (f.id == lzma2::kDelta && f.properties.size() == 1) return out + ":dist=" + std::to_string(f.properties[0] + 1);
    if (f.properties.size() == 4) return out + ":start=" + std::to_string(le32(f.properties));
    return out + ":" + hex(f.properties);
}

Recipe to_recipe(const Plan& plan) {
    Recipe r;
    r.set("exact", std::string(plan.exact ? "yes" : "no"));
    r.set("streams", plan.streams.size());
    for (size_t i = 0; i < plan.streams.size(); i++) {
        auto& p = plan.streams[i];
        auto s = nth("stream", i);
        r.set(s + ".check", check_name(p.check));
        r.set(s + ".blocks", runs_words(p.sizes));
        if (!p.sizes.empty()) {
            std::string filters;
            for (auto& f : p.chain) filters += (filters.empty() ? "" : " ") + filter_words(f);
            r.set(s + ".filters", filters);
            r.set(s + ".dictionary", p.dictionary());
            r.set(s + ".lc", p.params.lc);
            r.set(s + ".lp", p.params.lp);
            r.set(s + ".pb", p.params.pb);
            r.set(s + ".preset", lzma2::name_of_preset(p.params.preset));
            if (p.params.nice) r.set(s + ".nice", p.params.nice);
            if (p.params.finder) r.set(s + ".match_finder", std::string(lzma2::name_of_finder(p.params.finder)));
            if (p.params.fast) r.set(s + ".fast", std::string("yes"));
            if (p.says_compressed || p.says_content)
                r.set(s + ".headers_say", std::string(p.says_compressed ? "compressed" : "") +
                                              (p.says_compressed && p.says_content ? " " : "") + (p.says_content ? "content" : ""));
            if (!p.headers.empty()) r.set(s + ".headers", runs_words(p.headers));
            if (!p.stored.empty()) r.set(s + ".stored", runs_words(p.stored));
        }
        if (p.padding) r.set(s + ".padding", p.padding);
    }
    return r;
}

std::vector<Recipe> denser(const Recipe& recipe) {
    auto plan = from_recipe(recipe);
    if (!plan) return {};
    bool code = false;  // of a machine whose instructions are four bytes long, as a filter for it says
    for (auto& s : plan->streams)
        for (auto& f : s.chain) code = code || (lzma2::name_of(f.id).starts_with("arm") || lzma2::name_of(f.id) == "powerpc");
    auto with = [&](u32 lc, u32 lp, u32 nice) {
        auto other = *plan;
        other.exact = true;  // it is what is wanted
        for (auto& s : other.streams) s.params.lc = lc, s.params.lp = lp, s.params.nice = nice, s.params.finder = 0, s.params.fast = false;
        return to_recipe(other);
    };
    std::vector<Recipe> out;
    if (code) out.push_back(with(2, 2, 0));
    out.push_back(with(3, 0, 273));
    if (!code) out.push_back(with(4, 0, 0));
    return out;
}

Result<Plan> from_recipe(const Recipe& r) {
    Plan plan{.streams = {}, .exact = r.text("exact") != "no"};
    u64 n = TRY(r.number("streams"));
    if (!n || n > kMostStreams) return bad("streams", r.text("streams"));
    for (size_t i = 0; i < n; i++) plan.streams.push_back(TRY(stream_of(r, nth("stream", i))));
    return plan;
}

BlockHeader header_of(const StreamPlan& p, size_t i, u64 compressed, u64 content) {
    BlockHeader h;
    if (i < p.headers.size())
        h.size = p.headers[i];
    else if (!p.headers.empty())
        h.size = p.headers.back();
    if (p.says_compressed) h.compressed = compressed;
    if (p.says_content) h.content = content;
    h.chain = p.chain;
    if (i < p.stored.size() && p.stored[i]) h.chain = {{lzma2::kLzma2, {0}}};
    return h;
}

}  // namespace fieldstrip::xz
