#include "formats/jffs2/space.h"

#include <set>

namespace fieldstrip::jffs2 {
namespace {

u64 padded(u64 n) { return n + gap_to(n, 4); }

/// Where the last byte that is not erased ends, from `begin` on.
u64 used_end(ByteView bytes, u64 begin, u64 end) {
    while (end > begin && bytes[end - 1] == 0xFF) {
        u64 word;
        if (end - begin >= 8 && (std::memcpy(&word, bytes.data() + end - 8, 8), word == ~u64{0}))
            end -= 8;
        else
            end--;
    }
    return end;
}

}  // namespace

std::vector<Block> blocks_of(const Volume& v, u64 room, u64 more, u64 marker) {
    auto bytes = v.bytes().view();
    const u64 size = v.blocks().least, origin = v.blocks().origin % size;
    std::vector<Block> out;
    for (u64 begin = 0; begin < room && more;) {
        u64 end = begin < origin ? origin : begin + size;
        end = std::min(end, room);
        // The erase block may be larger than what is written at a time: it begins with the marker, if it does.
        const bool first = begin % v.blocks().size == v.blocks().origin % v.blocks().size;
        Block b{.begin = begin, .end = end, .used = begin, .marker = first ? marker : 0};
        if (begin < bytes.size())
            b.used = used_end(bytes, begin, std::min(end, bytes.size()));
        else
            more--;
        out.push_back(b);
        begin = end;
    }
    // A node may end with bytes that look erased, and the grid of 4 begins with the first of them.
    auto b = out.begin();
    for (auto& n : v.log().nodes) {
        while (b != out.end() && b->end <= n.at) ++b;
        if (b == out.end()) break;
        b->used = std::max(b->used, std::min(padded(n.end()), b->end));
    }
    for (auto& block : out) block.used = std::min(block.end, padded(block.used));
    return out;
}

namespace {

class Weigher {
  public:
    /// `now`: what it is with the changes behind it; `old`: the bytes without them.
    Weigher(const Volume& now, ByteView old, std::vector<Block>& blocks) : old_(old), blocks_(blocks), now_(&now) {}

    Worth weigh() {
        inodes();
        dirents();
        attributes();
        unknown();
        return std::move(worth_);
    }

  private:
    u32 block_of(u64 at) const { return u32(std::ranges::upper_bound(blocks_, at, {}, &Block::end) - blocks_.begin()); }
    bool is_old(const Ref& r) const { return r.at() < old_.size(); }
    Live live_of(const Ref& r) const { return {r.at(), r.totlen, block_of(r.at())}; }
    void live(const Ref& r) {
        if (is_old(r)) worth_.live.push_back(live_of(r));
    }

    void inodes() {
        auto& log = now_->log();
        for (u32 ino : now_->tree().inodes) {
            auto nodes = Log::of(log.inodes, ino);
            auto* latest = latest_of(nodes);
            if (!latest) continue;
            auto raw = log.inode(*latest);
            std::vector<const Ref*> count = {latest};
            if ((raw.mode & kFormat) == kRegular) {
                bool hole = false;
                for (auto& p : pieces_of(log, nodes, raw.isize)) {
                    if (p.node) count.push_back(p.node);
                    hole = hole || !p.node;
                }
                if (hole && holes_are_meant(nodes))  // that no version is missing says so
                    for (auto& r : nodes)
                        if (r.good()) count.push_back(&r);
            }
            std::ranges::sort(count);
            count.erase(std::unique(count.begin(), count.end()), count.end());
            for (auto* r : count) live(*r);
        }
    }

    void dirents() {
        auto& log = now_->log();
        for (u32 pino : now_->tree().inodes) {
            auto* latest = latest_of(Log::of(log.inodes, pino));
            auto names = names_in(log, pino);
            // The newest of them tells the folder's time.
            const Ref* newest = nullptr;
            for (auto* r : names)
                if (latest && r->version > latest->version && log.dirent(*r).mctime && (!newest || r->version > newest->version))
                    newest = r;
            for (auto* r : names) {
                if (log.dirent(*r).ino || r == newest) {
                    live(*r);
                } else if (is_old(*r)) {
                    Worth::Denial d{live_of(*r), {}};
                    for (auto& o : Log::of(log.dirents, pino))
                        if (o.good() && &o != r && is_old(o) && equal(log.name(o), log.name(*r))) d.blocks.push_back(block_of(o.at()));
                    worth_.denials.push_back(std::move(d));
                }
            }
        }
    }

    void attributes() {
        auto& log = now_->log();
        std::set<const Ref*> data;
        for (u32 ino : now_->tree().inodes) {
            auto refs = Log::of(log.xrefs, ino);
            std::map<u32, const Ref*> newest;
            for (auto& r : refs)
                if (r.good()) newest[log.xref(r).xid] = &r;
            for (auto& [xid, r] : newest) {
                if (!(r->version & 1)) {
                    live(*r);
                    if (auto* datum = now_->xattrs().datum_of(xid)) data.insert(datum);
                } else if (is_old(*r)) {
                    Worth::Denial d{live_of(*r), {}};
                    for (auto& o : refs)
                        if (o.good() && &o != r && is_old(o) && log.xref(o).xid == xid) d.blocks.push_back(block_of(o.at()));
                    worth_.denials.push_back(std::move(d));
                }
            }
        }
        for (auto* r : data) live(*r);
    }

    /// Nodes that newer systems may know are copied where they ask for it; what is damaged and counts stays where it is.
    void unknown() {
        constexpr u16 kCopyIt = 0x4000, kKinds = 0xC000;
        for (auto& n : now_->log().nodes) {
            if (n.end() > old_.size()) break;
            if (n.obsolete || shape_of(n.type)) continue;
            const u16 kind = n.type & kKinds;
            if (kind == kCopyIt) worth_.live.push_back({n.at, n.totlen, block_of(n.at)});
            if (kind != kCopyIt && kind) blocks_[block_of(n.at)].fixed = true;
        }
        for (auto& [place, damage] : now_->damage())
            if (damage.counts && u64{place} * 4 < old_.size()) blocks_[block_of(u64{place} * 4)].fixed = true;
    }

    ByteView old_;
    std::vector<Block>& blocks_;
    const Volume* now_;
    Worth worth_;
};

}  // namespace

Result<Worth> worth_of(const Volume& v, std::span<const Bytes> changes, std::vector<Block>& blocks, Context& cx) {
    auto old = v.bytes().view();
    Bytes all(old.begin(), old.end());
    all.resize(padded(all.size()), 0xFF);
    for (auto& node : changes) {
        all.insert(all.end(), node.begin(), node.end());
        all.resize(padded(all.size()), 0xFF);
    }
    auto now = TRY(Volume::open(Buffer::own(std::move(all)), v.log().endian, v.blocks(), cx));
    return Weigher(*now, old, blocks).weigh();
}

Result<Usage> usage_of(const Volume& v, Context& cx) {
    const u64 size = v.bytes().size();
    auto blocks = blocks_of(v, size, 1, 0);
    auto worth = Weigher(v, v.bytes().view(), blocks).weigh();
    Usage u;
    u64 used = 0, good = 0;
    for (auto& b : blocks) u.free += b.end - b.used, used += b.used - b.begin;
    for (auto& l : worth.live) good += padded(l.size);
    for (auto& d : worth.denials)
        if (!d.blocks.empty()) good += padded(d.node.size);
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    for (auto& n : v.log().nodes) {
        const u64 on_grid = std::min(n.at + padded(n.totlen), size) - n.at;
        if (n.obsolete)
            u.obsolete += on_grid;
        else if (n.type == kCleanmarker || n.type == kSummary)
            good += on_grid;
    }
    u.dirty = used - std::min(used, good + u.obsolete);
    return u;
}

}  // namespace fieldstrip::jffs2
