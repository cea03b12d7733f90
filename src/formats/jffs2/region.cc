#include "formats/jffs2/region.h"

#include <bit>

namespace fieldstrip::jffs2 {
namespace {

constexpr unsigned kEnough = 1u << 30;  // bits: no more are counted
constexpr u64 kOften = 1024;            // steps between looks at whether to go on

/// Where the node behind this one begins.
u64 next_place(const Node& n) { return n.end() + gap_to(n.totlen, 4); }

bool whole_behind(ByteView space, const Node& node, Endian endian) {
    auto next = node_at(space, next_place(node), endian);
    return next && shape_of(next->type) && next->end() <= space.size() && node_crc_holds(space, *next, endian);
}

/// A first node is one of a type that Linux knows, and whole as far as it can be told without its body. A damaged one counts where a whole
/// one lies right behind it: its header is good, or would be but for one bit.
std::expected<Endian, No> begins(ByteView space, u64 at) {
    No no{"no node: hdr_crc is wrong", {at, std::min(kHeader, space.size() - at)}};
    for (auto endian : {Endian::Little, Endian::Big}) {
        auto node = node_at(space, at, endian);
        if (node && !shape_of(node->type)) {
            no = {"a node of no known type", {at, kHeader}};
        } else if (node && node->end() > space.size()) {
            no = {"its first node is cut short", {at, space.size() - at}};
        } else if (node) {
            if (node_crc_holds(space, *node, endian) || whole_behind(space, *node, endian)) return endian;
            no = {"node_crc of its first node is wrong", {at, node->totlen}};
        } else if (auto nearly = node_but_for_a_bit(space, at, endian); nearly && whole_behind(space, *nearly, endian)) {
            return endian;
        }
    }
    return std::unexpected(no);
}

/// Follows the nodes. `border` is set where a contradiction ends it earlier: then all this is to be done again within it.
std::expected<Region, No> follow(ByteView space, u64 at, Endian endian, Context& cx, std::optional<u64>* border) {
    Region r{.extent = {at, 0}, .endian = endian, .blocks = EraseBlocks(at, endian)};
    Versions versions(space, at, endian);
    Scan scan(space, at, endian);
    u64 other = 0, steps = 0;
    std::optional<u64> behind;  // where the first bytes lie that are neither node nor erased, behind the last node
    while (auto step = scan.next()) {
        if (++steps % kOften == 0 && !cx.spend(&Limits::decoded, 0)) return std::unexpected(No{"stopped", {at, 0}});
        if (step->kind == Scan::Step::Kind::Erased) continue;
        if (step->kind == Scan::Step::Kind::Node) {
            const Node& node = step->node;
            bool good = node_crc_holds(space, node, endian);
            bool summed = good && !node.obsolete && shape_of(node.type) && shape_of(node.type)->node_crc;
            // The magic (16), the type (one of 14, or for later ones nothing), hdr_crc, and node_crc where there is one.
            r.bits = std::min(kEnough, r.bits + (r.nodes ? 48 : 60) + (summed ? 32 : 0));
            r.nodes++;
            r.extent.size = step->extent.end() - at;
            r.blocks.see(space, node);
            r.cut.reset(), behind.reset();
            other = 0;
            if (border && good) {
                versions.add(node);
                if (versions.due() && (*border = versions.contradicted_at(r.blocks.known()))) return r;
            }
            continue;
        }
        if (step->kind == Scan::Step::Kind::Cut && !r.cut) r.cut = step->node;
        if (!behind) behind = step->extent.offset;
        other += step->extent.size;
        if (other >= 4096 && other >= r.blocks.known().size) break;
    }
    // No block could hold it, whatever its header says; or it is our own border that it crosses, which was assumed in the wrong place.
    if (r.cut && (!border || r.cut->totlen > r.blocks.known().size)) r.cut.reset();
    if (r.cut) r.extent.size = space.size() - at;
    // A flipped bit in the last node's header must not make it vanish from what is verified.
    if (auto last = behind && !r.cut ? node_but_for_a_bit(space, *behind, endian) : std::nullopt)
        r.extent.size = std::min(last->end() + gap_to(last->totlen, 4), space.size()) - at;
    if (border) *border = versions.contradicted_at(r.blocks.known());
    return r;
}

}  // namespace

std::optional<u64> damaged_before(ByteView space, u64 at) {
    constexpr u64 kLongest = 8192 + 68;  // of a node as file systems make them: a page, or two
    for (u64 back = kHeader; back <= std::min(at, kLongest); back += 4) {
        const u64 p = at - back;
        for (auto endian : {Endian::Little, Endian::Big}) {
            Numbers n{space, endian};
            const u32 head = u32{n.n16(p)} << 16 | n.n16(p + 2);
            bool near = std::any_of(std::begin(kShapes), std::end(kShapes),
                                    [&](auto& s) { return std::popcount(head ^ (u32{kMagic} << 16 | s.type)) == 1; });
            if (!near) continue;
            auto node = node_but_for_a_bit(space, p, endian);
            if (node && next_place(*node) == at && node_at(space, at, endian)) return p;
        }
    }
    return {};
}

std::expected<Region, No> region_at(ByteView space, u64 at, Context& cx) {
    auto endian = begins(space, at);
    if (!endian) return std::unexpected(endian.error());
    std::optional<u64> border;
    auto region = follow(space, at, *endian, cx, &border);
    if (!region || !border) return region;
    return follow(space.first(*border), at, *endian, cx, nullptr);
}

}  // namespace fieldstrip::jffs2
