#include "formats/jffs2/log.h"

#include "formats/jffs2/repair.h"

namespace fieldstrip::jffs2 {
namespace {

bool erased(ByteView b) {
    return std::all_of(b.begin(), b.end(), [](u8 c) { return c == 0xFF; });
}

class Reader {
  public:
    Reader(ByteView bytes, Endian endian) : numbers_{bytes, endian}, endian_(endian) { log_.bytes = bytes, log_.endian = endian; }

    Result<Log> read(Context& cx) {
        using Kind = Scan::Step::Kind;
        Scan scan(log_.bytes, 0, endian_);
        bool expected = true;  // a node should begin here, since one ends here or erased flash does
        for (u64 steps = 1; auto step = scan.next(); steps++) {
            if (steps % 256 == 0) TRY_VOID(cx.spend(&Limits::decoded, 0));
            if (step->kind == Kind::Node) log_.nodes.push_back(step->node);
            if (step->kind == Kind::Node || step->kind == Kind::Cut) node(step->node, 0);
            if (step->kind == Kind::Other && expected)
                if (auto nearly = node_but_for_a_bit(log_.bytes, step->extent.offset, endian_); nearly && !nearly->obsolete)
                    damaged(*nearly);
            expected = step->kind == Kind::Node || step->kind == Kind::Erased;
        }
        auto order = [](const Ref& a, const Ref& b) { return std::tie(a.id, a.version, a.place) < std::tie(b.id, b.version, b.place); };
        for (auto* all : {&log_.inodes, &log_.xattrs, &log_.xrefs}) std::sort(all->begin(), all->end(), order);
        std::sort(log_.dirents.begin(), log_.dirents.end(), [&](const Ref& a, const Ref& b) {
            if (a.id != b.id) return a.id < b.id;
            auto x = as_text(log_.name(a)), y = as_text(log_.name(b));
            return x != y ? x < y : std::tie(a.version, a.place) < std::tie(b.version, b.place);
        });
        return std::move(log_);
    }

  private:
    /// One whose header has a flipped bit; its fixed part is whole when that is put right.
    void damaged(const Node& n) {
        auto* shape = shape_of(n.type);
        std::array<u8, 68> fixed{};
        std::copy_n(log_.bytes.begin() + i64(n.at), shape->size, fixed.begin());
        log_.repaired[u32(n.at / 4)] = fixed;
        node(n, Ref::kBadHeader);
        if (shape->type == kCleanmarker || shape->type == kPadding) log_.repaired.erase(u32(n.at / 4));
    }

    void node(const Node& n, u8 flaws) {
        auto* shape = shape_of(n.type);
        if (n.obsolete || !shape || !shape->node_crc || n.type == kSummary || n.at / 4 > ~u32{0}) return;
        Ref r{.place = u32(n.at / 4), .totlen = n.totlen, .flaws = flaws};
        const u64 left = log_.bytes.size() - n.at, there = std::min<u64>(n.totlen, left);
        if (n.totlen < shape->size || left < shape->size) {
            r.flaws = u8(r.flaws | Ref::kBadFixed | (torn(n.at, there) ? Ref::kTorn : 0));
            return log_.nobodys.push_back(r);
        }
        if (!(flaws & Ref::kBadHeader) && !node_crc_holds(log_.bytes, n, endian_)) {
            r.flaws = u8(r.flaws | Ref::kBadFixed | (torn(n.at, there) ? Ref::kTorn : 0));
            if (r.flaws & Ref::kTorn || !repair(r, *shape)) return log_.nobodys.push_back(r);
        }
        sort_in(r, n, *shape);
    }

    bool torn(u64 at, u64 size) const {
        u64 tail = std::min<u64>(size > kHeader ? size - kHeader : 0, 4);
        return tail && erased(log_.bytes.subspan(at + size - tail, tail));
    }

    /// What lies behind the header, as far as node_crc covers it.
    bool repair(const Ref& r, const Shape& shape) {
        std::array<u8, 68> fixed{};
        std::copy_n(log_.bytes.begin() + i64(r.at()), shape.size, fixed.begin());
        if (!repair_bit(std::span(fixed).first(shape.node_covers), numbers_.n32(r.at() + shape.node_crc))) return false;
        log_.repaired[r.place] = fixed;
        return true;
    }

    void sort_in(Ref& r, const Node& n, const Shape& shape) {
        u64 body = 0, whole = 0;  // its size; what totlen must be, up to the grid
        u32 stored = 0;
        auto* all = &log_.inodes;
        if (n.type == kInode) {
            auto raw = log_.inode(r);
            r.id = raw.ino, r.version = raw.version, body = raw.csize, stored = raw.data_crc;
            if (raw.offset > raw.isize) r.flaws |= Ref::kBadSizes;
        } else if (n.type == kDirent) {
            auto raw = log_.dirent(r);
            r.id = raw.pino, r.version = raw.version, body = raw.nsize, stored = raw.name_crc;
            all = &log_.dirents;
            auto name = log_.name(r);
            if (std::find(name.begin(), name.end(), u8{0}) != name.end() || name.empty()) r.flaws |= Ref::kBadSizes;  // nor a NUL in a name
        } else if (n.type == kXattr) {
            auto raw = log_.xattr(r);
            r.id = raw.xid, r.version = raw.version, body = u64{raw.name_len} + 1 + raw.value_len, stored = raw.data_crc;
            all = &log_.xattrs;
        } else {
            auto raw = log_.xref(r);
            r.id = raw.ino, r.version = raw.xseqno;
            all = &log_.xrefs;
        }
        whole = shape.size + body;
        const u64 there = std::min<u64>(n.totlen, log_.bytes.size() - n.at) - shape.size;
        // Linux does not look at the sum of no data.
        const bool summed = shape.body_crc && (body || n.type != kInode);
        if (body > there || (summed && crc_of(log_.bytes.subspan(n.at + shape.size, body)) != stored)) {
            r.flaws |= Ref::kBadBody;
            u64 tail = std::min<u64>({4, body, there});
            if (body <= there && tail && erased(log_.bytes.subspan(n.at + shape.size + body - tail, tail))) r.flaws |= Ref::kTorn;
        } else if (whole + gap_to(whole, 4) != n.totlen + gap_to(n.totlen, 4) || ((n.type == kXattr || n.type == kXref) && n.totlen % 4)) {
            r.flaws |= Ref::kBadSizes;
        }
        all->push_back(r);
    }

    Log log_;
    Numbers numbers_;
    Endian endian_;
};

}  // namespace

ByteView Log::body(const Ref& r, u64 fixed_size, u64 size) const {
    u64 there = std::min<u64>(r.totlen, bytes.size() - r.at());
    return bytes.subspan(r.at() + std::min(fixed_size, there), std::min(size, there - std::min(fixed_size, there)));
}

std::span<const Ref> Log::of(std::span<const Ref> all, u32 id) {
    auto [first, last] = std::ranges::equal_range(all, id, {}, &Ref::id);
    return {first, last};
}

Result<Log> read_log(ByteView bytes, Endian endian, Context& cx) { return Reader(bytes, endian).read(cx); }

}  // namespace fieldstrip::jffs2
