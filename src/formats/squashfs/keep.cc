#include "formats/squashfs/keep.h"

#include "base/text.h"

namespace fieldstrip::squashfs {
namespace {

constexpr std::pair<const char*, std::optional<u64> Kept::*> kNumbers[] = {
    {"ino", &Kept::number},    {"at", &Kept::rank},     {"ext", &Kept::extended}, {"nlink", &Kept::links},
    {"sparse", &Kept::sparse}, {"start", &Kept::start}, {"data", &Kept::run},     {"step", &Kept::step},
    {"frag", &Kept::fragment}, {"off", &Kept::offset},  {"xattr", &Kept::xattr},  {"mode", &Kept::mode}};

class Analyser {
  public:
    explicit Analyser(const Image& image) : image_(image), children_(image.names.size()) {
        for (u32 i = 1; i < image.names.size(); i++) children_[image.names[i].parent].push_back(i);
        out_.nodes.resize(image.nodes.size());
    }

    Analysis run() {
        inode_order();
        numbers();
        data();
        directories();
        names();
        for (u32 i = 0; i < image_.nodes.size(); i++) node(i);
        return std::move(out_);
    }

  private:
    const Inode& inode(u32 node) const { return image_.nodes[node].inode; }
    bool is(u32 node, u16 kind) const { return inode(node).basic() == kind; }

    void inode_order() {
        for (u32 i = 0; i < image_.nodes.size(); i++) out_.order.push_back(i);
        std::stable_sort(out_.order.begin(), out_.order.end(),
                         [&](u32 a, u32 b) { return image_.nodes[a].at.offset < image_.nodes[b].at.offset; });
        auto tree = post_order(
            image_.nodes.size(), [&](u32 n) { return std::span<const u32>(children_[n]); }, [&](u32 n) { return image_.names[n].node; });
        out_.tree_order = tree == out_.order;
        if (out_.tree_order) return;
        for (u64 i = 0; i < out_.order.size(); i++) out_.nodes[out_.order[i]].rank = i;
    }

    void numbers() {
        std::vector<bool> seen(image_.nodes.size() + 1);
        for (u32 i = 0; i < image_.nodes.size(); i++) {
            u32 n = inode(i).number;
            out_.nodes[i].number = n;
            if (!n || n >= seen.size() || seen[n])
                out_.dense = false;
            else
                seen[n] = true;
        }
        u32 parent = inode(0).parent;
        if (parent != image_.nodes.size() + 1) out_.root_parent = parent;
    }

    void data() {
        struct Piece {
            Extent extent;
            u32 node;
        };
        std::vector<Piece> pieces;
        std::optional<u32> no_offset;
        for (u32 i = 0; i < image_.nodes.size(); i++) {
            auto& n = image_.nodes[i];
            if (!n.known || !is(i, kFile)) continue;
            if (n.inode.fragment == kNone && !no_offset) no_offset = n.inode.offset;
            u64 size = 0;
            for (u32 b : n.blocks) size += b & ~kStoredBlock;
            if (size)
                pieces.push_back({{n.inode.start, size}, i});
            else if (n.inode.start)
                out_.nodes[i].start = n.inode.start;
        }
        out_.no_offset = no_offset.value_or(0);
        std::stable_sort(pieces.begin(), pieces.end(), [](auto& a, auto& b) {
            return a.extent.offset != b.extent.offset ? a.extent.offset < b.extent.offset : a.extent.size > b.extent.size;
        });
        for (auto& p : pieces) {
            auto& kept = out_.nodes[p.node];
            if (out_.runs.empty() || !out_.runs.back().extent.holds(p.extent)) {
                if (!out_.runs.empty() && out_.runs.back().extent.meets(p.extent)) out_.gapless = false;
                out_.runs.push_back({p.extent, p.node});
            }
            kept.run = out_.runs.size() - 1;
            auto step = step_in(out_.runs.back(), p.node);
            if (!step) out_.gapless = false;
            if (step.value_or(0)) kept.step = step;
        }
        fragments();
    }

    /// With which block of the run the file begins, if its blocks are blocks of the run.
    std::optional<u64> step_in(const Run& run, u32 node) const {
        auto stored = [&](u32 n) {
            std::vector<u32> sizes;
            for (u32 b : image_.nodes[n].blocks)
                if (b) sizes.push_back(b);
            return sizes;
        };
        if (run.node == node) return 0;
        auto all = stored(run.node), own = stored(node);
        u64 at = run.extent.offset, step = 0;
        for (; at < inode(node).start && step < all.size(); step++) at += all[step] & ~kStoredBlock;
        bool same =
            at == inode(node).start && all.size() - step >= own.size() && std::equal(own.begin(), own.end(), all.begin() + i64(step));
        return same ? std::optional(step) : std::nullopt;
    }

    void fragments() {
        for (u32 i = 0; i < image_.fragments.size(); i++) {
            auto at = image_.fragments[i].start;
            auto run = std::lower_bound(out_.runs.begin(), out_.runs.end(), at, [](auto& r, u64 x) { return r.extent.offset < x; });
            out_.fragments.emplace_back(i, u32(run - out_.runs.begin()));
        }
        std::stable_sort(out_.fragments.begin(), out_.fragments.end(),
                         [&](auto& a, auto& b) { return image_.fragments[a.first].start < image_.fragments[b.first].start; });
        u64 at = image_.data;
        size_t next = 0;
        for (u32 r = 0; r <= out_.runs.size(); r++) {
            for (; next < out_.fragments.size() && out_.fragments[next].second <= r; next++) {
                auto& f = image_.fragments[out_.fragments[next].first];
                if (f.start != at) out_.gapless = false;
                at = f.start + (f.size & ~kStoredBlock);
            }
            if (r == out_.runs.size()) break;
            if (out_.runs[r].extent.offset != at) out_.gapless = false;
            at = out_.runs[r].extent.end();
        }
        if (at != image_.super.inode_table) out_.gapless = false;
    }

    /// Whose lists are these, and what do their inodes count?
    void directories() {
        u64 by[2] = {}, subfolders = 0, all = 0;
        for (u32 name = 0; name < image_.names.size(); name++) {
            u32 n = image_.names[name].node;
            auto& dir = image_.nodes[n];
            if (!is(n, kDirectory) || !dir.known || dir.broken) continue;
            u64 below = 0;
            for (u32 c : children_[name]) below += is(image_.names[c].node, kDirectory);
            subfolders += dir.inode.links == below + 2, all += dir.inode.links == children_[name].size() + 2;
            if (children_[name].empty()) continue;
            auto lists = listings(name);
            auto is_list = image_.directories.get(dir.list, dir.inode.size - 3);
            for (auto maker : {Maker::Mksquashfs, Maker::Libsquashfs})
                by[size_t(maker)] += is_list && equal(list_of(maker, lists, dir.inode.offset, image_.endian).bytes, *is_list);
        }
        out_.links_of_all = all > subfolders;
        if (by[1] > by[0] || (by[1] == by[0] && (out_.links_of_all || stored_sizes()))) out_.maker = Maker::Libsquashfs;
    }
    /// A list of attributes says how long it is as it is stored (libsquashfs), or as Linux hands it out (mksquashfs).
    bool stored_sizes() const {
        for (size_t i = 0; i < image_.xattrs.all.size(); i++) {
            if (!image_.xattrs.all[i]) continue;
            u64 handed_out = 0;
            for (auto& a : *image_.xattrs.all[i]) handed_out += a.name.size() + 1 + a.value.size();
            return image_.xattrs.places[i].size != handed_out;
        }
        return false;
    }
    std::vector<Listing> listings(u32 name) const {
        std::vector<Listing> out;
        for (u32 c : children_[name]) {
            auto& n = image_.nodes[image_.names[c].node];
            out.push_back({image_.names[c].name, n.place, n.inode.number, n.inode.basic()});
        }
        return out;
    }

    /// What is said once for all names of an inode.
    void names() {
        names_.resize(image_.nodes.size());
        for (u32 i = 0; i < image_.names.size(); i++) {
            u32 n = image_.names[i].node;
            names_[n]++;
            if (!is(n, kDirectory)) continue;
            u64 below = 0;
            for (u32 c : children_[i]) below += out_.links_of_all || is(image_.names[c].node, kDirectory);
            u64 usual = below + 2;
            if (inode(n).links != usual) out_.nodes[n].links = inode(n).links;
            auto made = list_of(out_.maker, listings(i), inode(n).offset, image_.endian);
            extended(n, usual, made.indexed);
        }
    }
    void extended(u32 n, u64 links, bool indexed) {
        bool needs = needs_extended(inode(n), links, indexed);
        if (inode(n).extended() != needs) out_.nodes[n].extended = inode(n).extended();
    }

    void node(u32 i) {
        auto& n = image_.nodes[i];
        auto& k = out_.nodes[i];
        if (!n.known) return;
        if (n.inode.mode & ~07777) k.mode = n.inode.mode & ~07777;
        if (!is(i, kDirectory)) {
            bool says = !is(i, kFile) || n.inode.extended();
            if (says && n.inode.links != names_[i]) k.links = n.inode.links;
            extended(i, names_[i], false);
        }
        if (is(i, kFile)) {
            u64 usual = sparse_of(out_.maker, n.blocks, n.inode.size, image_.super.block_size);
            if (n.inode.sparse != usual) k.sparse = n.inode.sparse;
            if (n.inode.fragment != kNone)
                k.fragment = n.inode.fragment, k.offset = n.inode.offset;
            else if (n.inode.offset != out_.no_offset)
                k.offset = n.inode.offset;
        }
        if (n.inode.xattr == kNone) return;
        k.xattr = n.inode.xattr;
        if (n.inode.xattr >= image_.xattrs.all.size() || !image_.xattrs.all[n.inode.xattr]) return;
        auto& list = *image_.xattrs.all[n.inode.xattr];
        std::map<std::string_view, size_t> sorted;
        for (auto& a : list) sorted.emplace(a.name, 0);
        size_t place = 0;
        bool differs = false;
        for (auto& [name, at] : sorted) at = place++;
        std::string order;
        for (size_t a = 0; a < list.size(); a++) {
            size_t at = sorted[list[a].name];
            differs = differs || at != a;
            order += (a ? "." : "") + std::to_string(at);
        }
        if (differs) k.order = order;
    }

    const Image& image_;
    std::vector<std::vector<u32>> children_;  // of names
    std::vector<u64> names_;                  // how many an inode has
    Analysis out_;
};

}  // namespace

Analysis analyse(const Image& image) { return Analyser(image).run(); }

std::string line_of(const Kept& k, std::string_view name) {
    std::string out;
    for (auto& [key, field] : kNumbers)
        if (k.*field) Recipe::append(out, key, std::to_string(*(k.*field)));
    if (!k.order.empty()) Recipe::append(out, "order", k.order);
    if (name.empty()) name = k.name;
    if (!name.empty()) Recipe::append(out, "name", hex(as_bytes(name)));
    return out;
}

Kept kept_of_line(std::string_view line) {
    auto r = Recipe::of_line(line);
    Kept k;
    for (auto& [name, field] : kNumbers)
        if (auto v = r.number(name)) k.*field = *v;
    k.order = r.text("order");
    if (auto name = from_hex(r.text("name"))) k.name = as_text(*name);
    return k;
}

bool needs_extended(const Inode& i, u64 links, bool indexed) {
    if (i.xattr != kNone) return true;
    if (i.basic() == kDirectory) return indexed || i.size > 0xFFFF;
    return i.basic() == kFile && (links > 1 || i.size >> 32 || i.start >> 32 || i.sparse);
}

u64 sparse_of(Maker maker, std::span<const u32> blocks, u64 size, u32 block_size) {
    u64 out = 0;
    if (maker == Maker::Mksquashfs) return 0;
    for (size_t i = 0; i < blocks.size(); i++)
        if (!blocks[i]) out += std::min<u64>(block_size, size - i * block_size);
    return out;
}

std::vector<u32> post_order(size_t nodes, const std::function<std::span<const u32>(u32)>& children, const std::function<u32(u32)>& node) {
    std::vector<u32> out;
    std::vector<bool> done(nodes);
    std::vector<std::pair<u32, size_t>> open = {{0, 0}};
    while (!open.empty()) {
        auto& [name, next] = open.back();
        auto below = children(name);
        if (next < below.size()) {
            u32 child = below[next++];
            open.emplace_back(child, 0);
            continue;
        }
        u32 n = node(name);
        open.pop_back();
        if (!done[n]) done[n] = true, out.push_back(n);
    }
    return out;
}

}  // namespace fieldstrip::squashfs
