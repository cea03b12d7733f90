// What of a log counts, and what damage means: whether newer nodes stand for a damaged one, or something is missing.
#include "formats/jffs2/volume.h"

namespace fieldstrip::jffs2 {
namespace {

/// Looks from a damaged node at those that may stand for it. Of very many the last ones are not looked at: they are called missing.
class Judge {
  public:
    explicit Judge(const Log& log) : log_(log) {}

    /// Whether the inode is the same without that node: it was overwritten, or never quite written.
    bool is_dirt(const Ref& r) {
        if (!known_ || r.id != ino_) {
            known_ = true, ino_ = r.id;
            nodes_ = Log::of(log_.inodes, ino_);
            latest_ = latest_of(nodes_);
            now_ = latest_ ? log_.inode(*latest_) : RawInode{};
            pieces_ = pieces_of(log_, nodes_, now_.isize);
            meant_ = holes_are_meant(nodes_);
        }
        if (!latest_) return false;
        auto [first, last] = std::ranges::equal_range(nodes_, r.version, {}, &Ref::version);
        if (std::any_of(first, last, [](auto& o) { return o.good(); })) return true;  // it was written once more
        if ((now_.mode & kFormat) != kRegular) return r.version < latest_->version || r.flaws & Ref::kTorn;
        auto raw = log_.inode(r);
        const u64 from = raw.offset, to = std::min<u64>(from + raw.size(), now_.isize);
        bool missing = false, older = false;
        for (auto p = std::ranges::upper_bound(pieces_, from, {}, &Piece::to); p != pieces_.end() && p->from < to; ++p) {
            if (!step()) return false;
            missing = missing || (!p->node && !meant_);
            older = older || (p->node && p->node->version < r.version);
        }
        if (missing) return false;
        return r.flaws & Ref::kTorn || (r.version < latest_->version && !older);
    }

    bool is_dirt_of_names(const Ref& r) {
        if (r.flaws & Ref::kTorn) return true;
        for (auto& o : Log::of(log_.dirents, r.id)) {
            if (!step()) return false;
            if (!o.good() || o.version < r.version) continue;
            if (o.version == r.version || (!(r.flaws & Ref::kBadBody) && equal(log_.name(o), log_.name(r)))) return true;
        }
        return false;
    }

    bool is_dirt_of_xrefs(const Ref& r) {
        if (r.flaws & Ref::kTorn) return true;
        const u32 xid = log_.xref(r).xid;
        for (auto& o : Log::of(log_.xrefs, r.id)) {
            if (!step()) return false;
            if (o.good() && o.version >= r.version && log_.xref(o).xid == xid) return true;
        }
        return false;
    }

  private:
    bool step() { return left_ && left_--; }
    const Log& log_;
    u64 left_ = u64{1} << 26;
    bool known_ = false;
    u32 ino_ = 0;
    std::span<const Ref> nodes_ = {};
    const Ref* latest_ = nullptr;
    RawInode now_ = {};
    std::vector<Piece> pieces_ = {};
    bool meant_ = false;
};

}  // namespace

bool is_read(const Volume& v, u32 ino) {
    auto* known = known_of(v.log(), ino);
    return known && (v.log().inode(*known).mode & kFormat) == kRegular && v.tree().holds(ino);
}

void Volume::judge() {
    Judge judge(log_);
    for (auto& r : log_.inodes) {
        if (r.good()) continue;
        Damage d{.counts = tree_.holds(r.id) && !judge.is_dirt(r)};  // else nobody has that inode
        if (is_read(*this, r.id)) d.ino = r.id;
        damage_[r.place] = d;
    }
    for (auto& r : log_.dirents)
        if (!r.good()) damage_[r.place].counts = !judge.is_dirt_of_names(r);
    for (auto& r : log_.xattrs)
        if (!r.good()) {
            auto* datum = xattrs_.datum_of(r.id);
            damage_[r.place].counts = !(r.flaws & Ref::kTorn) && !(datum && datum->version >= r.version);
        }
    for (auto& r : log_.xrefs)
        if (!r.good()) damage_[r.place].counts = !judge.is_dirt_of_xrefs(r);
    for (auto& r : log_.nobodys) damage_[r.place].counts = !(r.flaws & Ref::kTorn);
}

Result<std::unique_ptr<Volume>> Volume::open(Buffer bytes, Endian endian, const EraseBlocks::Known& blocks, Context& cx) {
    auto v = std::unique_ptr<Volume>(new Volume(std::move(bytes)));
    v->log_ = TRY(read_log(v->bytes_.view(), endian, cx));
    v->tree_ = read_tree(v->log_);
    v->xattrs_ = Xattrs(v->log_);
    v->blocks_ = blocks;
    v->judge();
    return v;
}

}  // namespace fieldstrip::jffs2
