// JFFS2, the journalling flash file system: a log of nodes, each with a header of 12 bytes (magic, type, length, hdr_crc) and most with two
// more checksums, one over their fixed part and one over what follows. Nodes are of either endianness, lie on a grid of 4 and never leave
// an erase block. There is no superblock: a node says which inode or name it is a version of, and the highest version counts. A superseded
// node stays, on some flash with a bit of its type cleared. Blocks may begin with a cleanmarker and may end with a summary of their nodes.
// Source: Linux fs/jffs2 (scan.c, readinode.c, nodelist.h, summary.h) and include/uapi/linux/jffs2.h.
#include "formats/jffs2/header_bit.h"
#include "formats/jffs2/magics.h"
#include "formats/jffs2/old.h"
#include "formats/jffs2/params.h"
#include "formats/jffs2/region.h"
#include "formats/jffs2/space.h"
#include "formats/jffs2/volume.h"
#include "model/walk.h"

namespace fieldstrip {
namespace {

using namespace std::literals;

/// Exact, since it is a power of two nearly always.
std::string size_of_block(u64 n) { return n % 1024 ? std::to_string(n) + " bytes" : std::to_string(n / 1024) + " KiB"; }

/// Its header holds, or does but for one bit.
bool may_begin(ByteView from) {
    if (from.size() < jffs2::kHeader) return false;
    // The magic's higher byte is the same in the two that there are.
    return jffs2::wrong_bit(from.data(), from[1] == jffs2::kMagic >> 8 ? Endian::Little : Endian::Big) != jffs2::kNoBit;
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    if (auto old = jffs2::old_at(space, at, cx)) return Claim{old->extent, old->bits, "hdr_crc of its nodes"};
    auto region = jffs2::region_at(space, at, cx);
    if (!region) return std::unexpected(region.error());
    if (auto before = jffs2::damaged_before(space, at)) {  // a first node whose magic or type has a flipped bit
        if (auto longer = jffs2::region_at(space, *before, cx)) region = std::move(longer);
    }
    // Damaged nodes are what flash has; to call it unsound would have each of its thousand nodes looked at as the begin of another one.
    return Claim{region->extent, region->bits, "hdr_crc and node_crc of its nodes"};
}

constexpr FindingKind kFindings[] = {
    {"dirt", Severity::Note, "Some nodes are damaged or were not written to their end, and newer ones stand for them."},
    {"damaged", Severity::Error, "Some nodes that count are damaged: what was in them is missing, or older than it should be."},
    {"old-magic", Severity::Warning,
     "Its nodes have the magic of 2001, 0x1984: Linux has not read such since, and its content is not read here."},
};

void findings_of(const jffs2::Volume& v, Walk& w) {
    u64 dirt = 0, bad = 0;
    std::optional<u64> first_dirt, first_bad;
    for (auto& [place, damage] : v.damage()) {
        auto& first = damage.counts ? first_bad : first_dirt;
        (damage.counts ? bad : dirt)++;
        first = std::min(first.value_or(~u64{0}), u64{place} * 4);
    }
    auto nodes = [](u64 n) { return std::to_string(n) + (n == 1 ? " node" : " nodes"); };
    if (bad)
        w.finding({&kFindings[1],
                   nodes(bad) + (bad == 1 ? " is" : " are") + " damaged: what was in them is missing or older than it should be",
                   {*first_bad, 12}});
    if (dirt)
        w.finding({&kFindings[0],
                   nodes(dirt) + (dirt == 1 ? " is" : " are") + " damaged or not written to the end: newer ones stand for them",
                   {*first_dirt, 12}});
}

/// Of an erase block that is known: what of the flash is free, and what would be.
Result<std::string> words_of_usage(const jffs2::Volume& v, Context& cx) {
    if (v.blocks().by.empty()) return std::string();
    auto u = TRY(jffs2::usage_of(v, cx));
    std::string out;
    auto add = [&](u64 n, const char* what) {
        if (n) out += ", " + std::to_string(n) + (n == 1 ? " byte " : " bytes ") + what;
    };
    add(u.free, "free"), add(u.dirty, "dirty"), add(u.obsolete, "obsolete");
    return out;
}

Result<Item> open_old(const jffs2::Old& old, const Buffer& bytes) {
    Walk w(bytes.view(), old.endian);
    w.opaque("nodes", bytes.size());
    w.finding({&kFindings[2], "its nodes have the magic 0x1984 of 2001, which Linux does not read", {0, 2}});
    return Item{.label = "JFFS2 of 2001 (magic 0x1984), "s + std::to_string(old.nodes) + " nodes", .layout = TRY(std::move(w).done())};
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    if (auto old = jffs2::old_at(bytes.view(), 0, cx)) return open_old(*old, bytes);
    auto region = jffs2::region_at(bytes.view(), 0, cx);
    if (!region) return fail(Error::Kind::NotThis, std::string(region.error().why), region.error().where);
    auto endian = region->endian;
    Walk w(bytes.view(), endian);
    w.opaque("nodes", bytes.size()).is(kept_inside());
    if (region->cut) {
        auto& node = *region->cut;
        u64 there = bytes.size() - node.at;
        auto say = "the last node is cut short: " + std::to_string(there) + " of " + std::to_string(node.totlen) + " bytes are there";
        w.finding({&findings::cut, std::move(say), {node.at, there}});
    }
    auto blocks = region->blocks.known();
    auto label = "JFFS2, "s + (endian == Endian::Big ? "big" : "little") + " endian, erase block ";
    label += blocks.by.empty() ? "unknown" : size_of_block(blocks.size) + " (by its " + std::string(blocks.by) + ")";
    label += ", " + std::to_string(region->nodes) + (region->nodes == 1 ? " node" : " nodes");
    auto volume = TRY(jffs2::Volume::open(bytes, endian, blocks, cx));
    findings_of(*volume, w);
    label += TRY(words_of_usage(*volume, cx));
    return Item{.label = std::move(label), .layout = TRY(std::move(w).done()), .inside = std::move(volume)};
}

Result<Rope> build(const Recipe& recipe, std::span<const Wanted> wanted, Context& cx) {
    auto params = TRY(jffs2::params_of(recipe));
    jffs2::ContentOf content = [](const Wanted& w) -> Result<Buffer> { return w.content ? w.content->joined() : Buffer(); };
    auto made = TRY(jffs2::make(params, wanted, content, nullptr, cx));
    Rope rope;
    rope.fresh(*std::move(made));
    return rope;
}

constexpr std::string_view kLimits[] = {
    "cleanmarkers and bad-block marks that NAND keeps in its spare bytes are not seen",
    "with the magic 0x1984 of 2001 it is recognised, and not read",
    "a log that a system wrote to is made anew by --rebuild-all with what is in it now, and nothing of what was",
    "data is written with zlib, rtime and lzo; what is encoded with rubin or lzma is read only",
};

}  // namespace

namespace formats {
extern const Format jffs2{.id = "jffs2",
                          .title = "JFFS2 file system",
                          .magics = magics::jffs2,
                          .may_begin = may_begin,
                          .recognise = recognise,
                          .open = open,
                          .build = build,
                          .made_by = jffs2::made_by,
                          .findings = kFindings,
                          .limits = kLimits,
                          .source = "Linux: fs/jffs2, include/uapi/linux/jffs2.h"};
}  // namespace formats

}  // namespace fieldstrip
