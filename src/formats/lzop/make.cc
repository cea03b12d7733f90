// How an lzop stream was made: method and level stand in its header; whether lzo1x_optimize went over it, and whether it was liblzo2 at
// all, is found by encoding its blocks.
#include "base/text.h"
#include "formats/lzop/members.h"

namespace fieldstrip::lzop {
namespace {

constexpr size_t kMostMembers = 4096;
constexpr u64 kMostCompared = u64{128} << 20;  // of content: what follows was made as what was compared
constexpr u64 kUsual = 256 << 10;

struct MemberPlan {
    Bytes header = {};  // as it lies, with its extra field
    u64 size = 0, block = kUsual;
    lzo::Params params = {};
    bool exact = true;
};

void number(Bytes& out, u64 v) {
    out.resize(out.size() + 4);
    store(std::span(out).last(4), 4, Endian::Big, v);
}

/// One block, as lzop writes it: stored where it gets no smaller.
Result<void> add_block(Bytes& out, const Header& h, const lzo::Params& p, ByteView content, Context& cx) {
    auto data = TRY(lzo::encode(content, p, cx));
    bool stored = data.size() >= content.size();
    auto bytes = stored ? content : ByteView(data);
    number(out, content.size());
    number(out, bytes.size());
    if (h.is(kAdlerContent)) number(out, checksum(content, false));
    if (h.is(kCrcContent)) number(out, checksum(content, true));
    if (h.is(kAdlerData) && !stored) number(out, checksum(bytes, false));
    if (h.is(kCrcData) && !stored) number(out, checksum(bytes, true));
    out.insert(out.end(), bytes.begin(), bytes.end());
    return {};
}

std::vector<lzo::Params> candidates(const Header& h) {
    using enum lzo::Algorithm;
    std::vector<lzo::Params> out;
    auto add = [&](lzo::Algorithm a, int level) {
        for (bool optimize : {false, true}) out.push_back({.algorithm = a, .level = level, .optimize = optimize});
    };
    int level = h.level >= 1 && h.level <= 9 ? h.level : 9;
    if (h.method == 1) add(Lzo1x_1, 1);
    if (h.method == 2) add(Lzo1x_1_15, 1);
    if (h.method == 3) {
        add(Lzo1x_999, level);
        for (int other = 9; other >= 1; other--)
            if (other != level) add(Lzo1x_999, other);
    }
    for (auto a : {Lzo1x_1, Lzo1x_1_15, Lzo1x_1_11, Lzo1x_1_12}) add(a, 1);
    return out;
}

Result<MemberPlan> find(ByteView all, const Member& m, u64& compared, Context& cx) {
    auto bytes = all.subspan(m.at, m.header.size);
    MemberPlan plan{.header = Bytes(bytes.begin(), bytes.end()), .size = m.content};
    if (auto first = read_block(all, m.header, m.begin()); first && m.blocks > 1) plan.block = first->content;
    plan.exact = m.header.holds && m.how == Member::End::Whole;
    auto left = candidates(m.header);
    plan.params = left.front();
    u64 at = m.begin(), done = 0;
    for (u64 k = 0; k < m.blocks; k++) {
        auto b = read_block(all, m.header, at);
        if (!b || b->end() > all.size()) return fail(Error::Kind::Damaged, "a stream that is damaged or cut can't be made again", {at, 0});
        bool good = false;
        auto content = TRY(decode_block(all, *b, good, cx));
        if (!good) return fail(Error::Kind::Damaged, "a block that does not decode can't be made again", b->extent());
        plan.exact = plan.exact && b->content == std::min(plan.block, m.content - done);
        done += b->content;
        if (plan.exact && compared < kMostCompared) {
            auto was = all.subspan(b->at, b->end() - b->at);
            for (size_t i = 0; i < left.size();) {
                Bytes made;
                TRY_VOID(add_block(made, m.header, left[i], content, cx));
                if (equal(made, was)) {
                    if (k) break;  // the first that makes all so far is enough
                    i++;
                } else {
                    left.erase(left.begin() + i64(i));
                }
            }
            plan.exact = !left.empty();
            if (plan.exact) plan.params = left.front();
            compared += b->content;
        }
        at = b->end();
    }
    return plan;
}

Result<std::vector<MemberPlan>> plan_of(const Recipe& r) {
    std::vector<MemberPlan> out;
    u64 count = TRY(r.number("members"));
    if (!count || count > kMostMembers) return fail(Error::Kind::Damaged, "the recipe's 'members' is no number of members");
    for (u64 i = 0; i < count; i++) {
        auto name = nth("member", i);
        MemberPlan m;
        auto header = from_hex(r.text(name + ".header"));
        auto read = read_header(header ? ByteView(*header) : ByteView());
        if (!read || read->size != header->size()) return fail(Error::Kind::Damaged, "the recipe's '" + name + ".header' is none");
        m.header = std::move(*header);
        m.size = TRY(r.number(name + ".size"));
        m.block = TRY(r.number(name + ".block"));
        if (!m.block || m.block > kMostContent) return fail(Error::Kind::Damaged, "the recipe's '" + name + ".block' is none");
        auto algorithm = lzo::algorithm_of(r.text(name + ".algorithm"));
        u64 level = TRY(r.number(name + ".level"));
        if (!algorithm || level > 9) return fail(Error::Kind::Damaged, "the recipe's '" + name + ".algorithm' or level is none");
        m.params = {.algorithm = *algorithm, .level = int(level), .optimize = r.text(name + ".optimize") == "yes"};
        out.push_back(std::move(m));
    }
    return out;
}

std::string command(const MemberPlan& m) {
    auto header = read_header(m.header);
    std::string out;
    if (m.params.algorithm == lzo::Algorithm::Lzo1x_1)
        out = "lzop -3";
    else if (m.params.algorithm == lzo::Algorithm::Lzo1x_1_15)
        out = "lzop -1";
    else if (m.params.algorithm == lzo::Algorithm::Lzo1x_999 && m.params.level >= 7)
        out = "lzop -" + std::to_string(m.params.level);
    else
        out = "liblzo2's " + std::string(lzo::name_of(m.params.algorithm)) + ", level " + std::to_string(m.params.level);
    if (m.params.optimize) out += ", optimized";
    if (header && header->is(kCrcContent)) out += " --crc32";
    if (header && !header->is(kCrcContent) && !header->is(kAdlerContent)) out += " -F";
    return out;
}

}  // namespace

Result<Recipe> recipe_of(ByteView all, const File& file, Context& cx) {
    if (file.members.size() > kMostMembers)
        return fail(Error::Kind::Unsupported, "more than " + std::to_string(kMostMembers) + " lzop streams are not made again");
    Recipe out;
    out.set("members", u64(file.members.size()));
    bool exact = true;
    u64 compared = 0;
    for (size_t i = 0; i < file.members.size(); i++) {
        auto plan = TRY(find(all, file.members[i], compared, cx));
        auto name = nth("member", i);
        exact = exact && plan.exact;
        out.set(name + ".header", hex(plan.header));
        out.set(name + ".size", plan.size);
        out.set(name + ".block", plan.block);
        out.set(name + ".algorithm", std::string(lzo::name_of(plan.params.algorithm)));
        out.set(name + ".level", u64(plan.params.level));
        if (plan.params.optimize) out.set(name + ".optimize", std::string("yes"));
    }
    out.set("exact", std::string(exact ? "yes" : "no"));
    return out;
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "an lzop stream has one content");
    auto plan = TRY(plan_of(recipe));
    auto& content = contents[0];
    Bytes out;
    u64 at = 0;
    for (auto& m : plan) {
        auto header = read_header(m.header);
        if (header->is(kFilter)) return fail(Error::Kind::Unsupported, "lzop's filters are not supported");
        out.insert(out.end(), m.header.begin(), m.header.end());
        u64 left = &m == &plan.back() ? content.size() - at : std::min(m.size, content.size() - at);
        while (left) {
            u64 n = std::min(left, m.block);
            Bytes plain;
            plain.reserve(n);
            content.each({at, n}, [&](ByteView v) { plain.insert(plain.end(), v.begin(), v.end()); });
            TRY_VOID(add_block(out, *header, m.params, plain, cx));
            at += n, left -= n;
        }
        number(out, 0);
    }
    Rope rope;
    rope.fresh(std::move(out));
    return rope;
}

std::string made_by(const Recipe& recipe) {
    auto plan = plan_of(recipe);
    if (!plan) return "unknown: the recipe is damaged";
    auto out = command(plan->front());
    bool alike = true;
    for (auto& m : *plan) alike = alike && command(m) == out;
    if (plan->size() > 1) out += (alike ? ", each of " : " (others differ), ") + std::to_string(plan->size()) + " streams";
    return recipe.text("exact") == "yes" ? out : "not found (liblzo2 makes other bytes): nearest is " + out;
}

}  // namespace fieldstrip::lzop
