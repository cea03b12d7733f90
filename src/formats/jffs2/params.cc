#include "formats/jffs2/params.h"

#include <bit>

#include "base/text.h"
#include "formats/jffs2/data.h"
#include "formats/jffs2/keep.h"

namespace fieldstrip::jffs2 {
namespace {

/// The compressors that mkfs.jffs2 has, those first that it takes by default.
const std::vector<Method>& methods() {
    static const std::vector<Method> all = {
        {false, {kZlib, kRtime}},
        {false, {kLzo, kZlib, kRtime}},
        {true, {kLzo, kZlib, kRtime}},
        {true, {kZlib, kRtime}},
        {false, {}},
        {false, {kZlib}},
        {false, {kRtime}},
        {false, {kLzo}},
        {false, {kLzo, kZlib}},
        {false, {kLzo, kRtime}},
        {true, {kLzo, kZlib}},
        {true, {kLzo, kRtime}},
        {false, {kRtime, kZlib}},
        {false, {kZlib, kLzo, kRtime}},
        {false, {kZlib, kRtime, kLzo}},
        {false, {kZlib, kLzo}},
        {false, {kRtime, kLzo}},
        {false, {kRtime, kZlib, kLzo}},
        {false, {kRtime, kLzo, kZlib}},
        {false, {kLzo, kRtime, kZlib}},
    };
    return all;
}

bool has(const Method& m, u8 codec) { return std::find(m.codecs.begin(), m.codecs.end(), codec) != m.codecs.end(); }

/// How many nodes that count have each codec.
std::map<u8, u64> codecs_of(const Log& log) {
    std::map<u8, u64> out;
    for (auto& r : log.inodes)
        if (auto raw = log.inode(r); r.good() && raw.size()) out[raw.compr]++;
    return out;
}

/// Nodes of which newer ones stand, or that nobody has.
bool has_dead(const Volume& v) {
    auto& log = v.log();
    if (!v.damage().empty()) return true;
    for (size_t i = 0; i + 1 < log.dirents.size(); i++)
        if (log.dirents[i].id == log.dirents[i + 1].id && equal(log.name(log.dirents[i]), log.name(log.dirents[i + 1]))) return true;
    for (auto& r : log.dirents)
        if (!log.dirent(r).ino) return true;
    for (size_t i = 0; i < log.inodes.size(); i++) {
        auto& r = log.inodes[i];
        if (!v.tree().holds(r.id)) return true;
        if (i + 1 == log.inodes.size() || log.inodes[i + 1].id != r.id) continue;
        auto a = log.inode(r), b = log.inode(log.inodes[i + 1]);
        if (!a.size() || a.offset + a.size() != b.offset) return true;
    }
    return false;
}

}  // namespace

Params seen_params(const Volume& v) {
    auto& log = v.log();
    Params p{.endian = log.endian, .block = v.blocks().size, .exact = false};
    u64 last_marker = 0, end = 0;
    for (auto& n : log.nodes) {
        if (n.obsolete) continue;
        if (n.type == kSummary) p.summary = true;
        if (n.type == kCleanmarker && n.at == v.blocks().start_of(n.at)) {
            p.clean = p.clean ? p.clean : n.totlen;
            last_marker = n.at;
        } else {
            end = n.end();
        }
    }
    if (p.clean > p.block / 4) p.clean = 0;
    if (p.clean && last_marker >= end) p.tail = end ? (last_marker - v.blocks().start_of(end - 1)) / p.block : last_marker / p.block + 1;
    u64 most = 0;
    for (auto& r : log.inodes)
        if (auto raw = log.inode(r); r.good() && (raw.mode & kFormat) == kRegular && raw.compr != kZero) most = std::max(most, raw.size());
    p.page = std::bit_ceil(std::max<u64>(4096, std::min(most, p.block / 2)));
    auto used = codecs_of(log);
    for (u8 c : {kLzo, kZlib, kRtime})
        if (used.contains(c)) p.method.codecs.push_back(c);
    std::stable_sort(p.method.codecs.begin(), p.method.codecs.end(), [&](u8 a, u8 b) { return used[a] > used[b]; });
    p.lived_in = has_dead(v);
    return p;
}

Result<Params> find_params(const Volume& v, Context& cx) {
    auto seen = seen_params(v);
    if (seen.lived_in) return seen;
    auto used = codecs_of(v.log());
    for (auto& [codec, n] : used)
        if (codec != kNone && codec != kZlib && codec != kRtime && codec != kLzo) return seen;
    std::vector<Wanted> wanted;
    for (auto& e : TRY(v.entries(cx))) wanted.push_back({e, {}, {}});
    ContentOf content = [&](const Wanted& w) -> Result<Buffer> {
        Bytes all;
        TRY_VOID(cx.spend(&Limits::decoded, 0));
        auto take = [&](ByteView b) {
            all.insert(all.end(), b.begin(), b.end());
            return true;
        };
        auto lost = TRY(v.read(w.entry, take, {}, cx));
        if (!lost.empty()) return fail(Error::Kind::Damaged, w.entry.path + " can't be read whole");
        return Buffer::own(std::move(all));
    };
    std::vector<u64> blocks = {seen.block};
    if (v.blocks().by != "summaries" && v.blocks().by != "cleanmarkers")
        for (u64 size = 0x2000; size <= 0x100000; size *= 2)
            if (size != seen.block) blocks.push_back(size);
    // To encode a large image again takes longer than all else: of its files some, evenly spread. With summaries nodes lie elsewhere.
    constexpr u64 kEncoded = u64{512} << 10;
    Expected expected{v.bytes().view()};
    u64 content_size = 0;
    for (auto& w : wanted) content_size += w.entry.is_file() ? w.entry.size : 0;
    if (!seen.summary) expected.stride = 1 + content_size / kEncoded;
    for (u64 block : blocks)
        for (auto& method : methods()) {
            if (std::any_of(used.begin(), used.end(), [&](auto& u) { return u.first != kNone && !has(method, u.first); })) continue;
            auto p = seen;
            p.block = block, p.method = method;
            auto made = TRY(make(p, wanted, content, &expected, cx));
            if (!made) continue;
            p.exact = true;
            return p;
        }
    return seen;
}

Recipe recipe_of(const Params& p) {
    Recipe r;
    r.set("endian", p.endian == Endian::Big ? "big" : "little");
    r.set("erase_block", p.block);
    r.set("page", p.page);
    r.set("cleanmarker", p.clean);
    if (p.tail) r.set("empty_blocks", p.tail);
    r.set("summaries", p.summary ? "yes" : "no");
    r.set("choice", p.method.smallest ? "smallest" : "first");
    std::string names;
    for (u8 c : p.method.codecs) names += (names.empty() ? "" : ",") + std::string(name_of(c));
    r.set("compressors", names.empty() ? "none" : names);
    if (p.lived_in) r.set("lived_in", "yes");
    r.set("exact", p.exact ? "yes" : "no");
    return r;
}

Result<Params> params_of(const Recipe& r) {
    Params p;
    p.endian = r.text("endian") == "big" ? Endian::Big : Endian::Little;
    p.block = TRY(r.number("erase_block"));
    p.page = TRY(r.number("page"));
    p.clean = TRY(r.number("cleanmarker"));
    if (r.has("empty_blocks")) p.tail = TRY(r.number("empty_blocks"));
    p.summary = r.text("summaries") == "yes";
    p.method.smallest = r.text("choice") == "smallest";
    auto names = r.text("compressors");
    while (!names.empty() && names != "none") {
        auto comma = names.find(',');
        auto name = names.substr(0, comma);
        for (u8 c : {kZlib, kRtime, kLzo})
            if (name == name_of(c)) p.method.codecs.push_back(c);
        names = comma == names.npos ? std::string_view() : names.substr(comma + 1);
    }
    p.exact = r.text("exact") == "yes";
    p.lived_in = r.text("lived_in") == "yes";
    return p;
}

std::string made_by(const Recipe& r) {
    auto p = params_of(r);
    if (!p) return "";
    if (p->lived_in) return "a system that wrote to it: what it held before is still there in part";
    std::string out = p->exact ? "mkfs.jffs2" : "like mkfs.jffs2";
    out += p->endian == Endian::Big ? " -b" : " -l";
    out += p->block % 1024 ? " -e " + std::to_string(p->block) : " -e " + std::to_string(p->block / 1024) + "KiB";
    if (!p->clean) out += " -n";
    if (p->clean > kHeader) out += " -c " + std::to_string(p->clean);
    if (p->page != 4096) out += " -s " + std::to_string(p->page);
    if (p->method.codecs.empty())
        out += " -m none";
    else if (p->method.smallest)
        out += " -m size";
    if (has(p->method, kLzo)) out += " -X lzo";
    if (!p->method.codecs.empty())
        for (u8 c : {kZlib, kRtime})
            if (!has(p->method, c)) out += " -x " + std::string(name_of(c));
    if (p->tail) out += " --pad";
    if (p->summary) out += ", sumtool";
    return out;
}

}  // namespace fieldstrip::jffs2
