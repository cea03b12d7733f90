// What lies where in a JFFS2: which node, of which file, and whether it still counts.
#include "formats/jffs2/volume.h"

namespace fieldstrip::jffs2 {
namespace {

const Ref* holder(std::span<const Ref> all, u64 at) {
    auto r = std::find_if(all.begin(), all.end(), [&](auto& x) { return at >= x.at() && at < x.end(); });
    return r == all.end() ? nullptr : &*r;
}

/// Whether any byte of the file is in that node still.
bool is_live(const Log& log, const Ref& r, u64 size) {
    auto nodes = Log::of(log.inodes, r.id);
    auto pieces = pieces_of(log, nodes, size);
    return std::any_of(pieces.begin(), pieces.end(), [&](auto& p) { return p.node == &r; });
}

}  // namespace

Result<std::vector<Occupant>> Volume::occupants(u64 at, Context& cx) const {
    auto entries = TRY(this->entries(cx));
    std::vector<Occupant> out;
    auto version = [](const Ref& r) { return ", version " + std::to_string(r.version); };
    auto of_inode = [&](u32 ino, Extent extent, const std::string& what, Extent within) {
        bool any = false;
        for (size_t i = 0; i < entries.size(); i++)
            if (tree_.all[i].ino == ino) out.push_back({extent, what, entries[i].path, within}), any = true;
        if (!any) out.push_back({extent, what + ", of inode " + std::to_string(ino) + ", which no name leads to"});
    };
    if (auto* r = holder(log_.inodes, at)) {
        auto raw = log_.inode(*r);
        auto entry = std::find_if(tree_.all.begin(), tree_.all.end(), [&](auto& n) { return n.ino == r->id; });
        const u64 size = entry == tree_.all.end() ? 0 : entries[size_t(entry - tree_.all.begin())].size;
        const bool file = is_read(*this, r->id);
        std::string what = "inode node" + version(*r);
        if (r->flaws)
            what += ", damaged";
        else if (file && raw.size() && !is_live(log_, *r, size))
            what += ", whose data newer nodes replaced";
        const u64 from = std::min<u64>(raw.offset, size);
        of_inode(r->id, {r->at(), r->totlen}, what, file ? Extent{from, std::min<u64>(raw.size(), size - from)} : Extent{});
    }
    if (auto* r = holder(log_.dirents, at)) {
        const Extent extent{r->at(), r->totlen};
        auto index = u32(r - log_.dirents.data());
        bool any = false;
        for (size_t i = 1; i < entries.size(); i++)
            if (tree_.all[i].dirent == index) out.push_back({extent, "dirent" + version(*r), entries[i].path}), any = true;
        if (!any)
            out.push_back({extent, "dirent" + version(*r) + " of the name " + part_of(log_.name(*r)) + " in inode " +
                                       std::to_string(r->id) +
                                       (log_.dirent(*r).ino ? ", which does not count" : ", which says that the name is gone")});
    }
    if (auto* r = holder(log_.xattrs, at)) out.push_back({{r->at(), r->totlen}, "xattr node " + std::to_string(r->id) + version(*r)});
    if (auto* r = holder(log_.xrefs, at)) out.push_back({{r->at(), r->totlen}, "xref node, of inode " + std::to_string(r->id)});
    if (auto* r = holder(log_.nobodys, at)) out.push_back({{r->at(), r->totlen}, "damaged node, of nobody knows whom"});
    return out;
}

}  // namespace fieldstrip::jffs2
