// Where everything will lie: as mkcramfs lays it out. Source: util-linux disk-utils/mkfs.cramfs.c.
#include "formats/cramfs/plan.h"

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "codecs/zlib.h"

namespace fieldstrip::cramfs {
namespace {

std::unexpected<Error> no(const std::string& path, const std::string& why) {
    return fail(Error::Kind::Unsupported, (path.empty() ? "the root" : path) + ": " + why);
}

class Planner {
  public:
    Planner(const Params& p, std::span<const Wanted> wanted, const Volume* old, std::span<const Entry> was, Context& cx)
        : p_(p), wanted_(wanted), old_(old), was_(was), cx_(cx) {}

    Result<Plan> run() {
        TRY_VOID(plan_tree());
        TRY_VOID(plan_data());
        TRY_VOID(place_data(place_lists(p_.boot + kSuper + p_.inserted)));
        return std::move(out_);
    }

  private:
    Result<void> plan_tree();
    Result<void> plan_data();
    Result<size_t> old_data(const Wanted&, const Inode&);
    Result<size_t> new_data(const Rope&);
    u64 place_lists(u64 at);
    Result<void> place_data(u64 at);

    const Params& p_;
    std::span<const Wanted> wanted_;
    const Volume* old_;
    std::span<const Entry> was_;
    Context& cx_;
    Plan out_;
    std::map<std::pair<u64, u64>, size_t> old_at_;  // offset and size
    std::map<Bytes, size_t> new_by_digest_;
    std::optional<zlib::Deflater> deflater_;
    std::unordered_map<u64, size_t> node_of_;  // an inode's place
};

Result<void> Planner::plan_tree() {
    std::unordered_map<std::string_view, u32> folders;
    std::unordered_set<std::string_view> paths;
    if (wanted_.empty() || !wanted_[0].entry.path.empty() || !wanted_[0].entry.is(Entry::Type::Directory))
        return no("", "a cramfs begins with a directory");
    out_.items.resize(wanted_.size());
    for (u32 i = 0; i < wanted_.size(); i++) {
        auto& e = wanted_[i].entry;
        if (!paths.insert(e.path).second) return no(e.path, "a cramfs can't hold two of that name");
        if (e.is(Entry::Type::Directory)) folders.emplace(e.path, i);
        out_.items[i].inode = TRY(inode_of(e));
        bool broken = old_ && wanted_[i].was && old_->image().nodes[*wanted_[i].was].broken;
        if (broken && e.is(Entry::Type::Directory))
            return no(e.path, "its list is damaged: what else was in it would be lost (remove it first)");
    }
    for (u32 i = 1; i < wanted_.size(); i++) {
        auto& e = wanted_[i].entry;
        auto slash = e.path.rfind('/');
        auto above = folders.find(std::string_view(e.path).substr(0, slash == e.path.npos ? 0 : slash));
        if (above == folders.end()) return no(e.path, "the directory that it shall be in is none");
        auto& item = out_.items[i];
        item.name = TRY(name_of(e));
        item.inode.name_words = std::max(item.inode.name_words, u32((item.name.size() + 3) / 4));
        out_.items[above->second].children.push_back(i);
    }
    if (p_.super.flags & flags::kSorted)
        for (auto& item : out_.items)
            std::stable_sort(item.children.begin(), item.children.end(),
                             [&](u32 a, u32 b) { return out_.items[a].name < out_.items[b].name; });
    return {};
}

Result<size_t> Planner::old_data(const Wanted& w, const Inode& inode) {
    auto& e = w.entry;
    auto found = node_of_.find(e.node);
    if (!old_ || found == node_of_.end()) return no(e.path, "its content is missing");
    auto& node = old_->image().nodes[found->second];
    if (node.inode.size != inode.size || !old_->image().has_data(node.inode)) return no(e.path, "its content is of another size");
    auto [at, fresh] = old_at_.try_emplace({node.inode.offset(), node.inode.size}, out_.data.size());
    if (fresh) out_.data.push_back({.old = &node});
    return at->second;
}

Result<size_t> Planner::new_data(const Rope& content) {
    if (!deflater_) deflater_ = TRY(zlib::Deflater::with(p_.zlib));
    Data d;
    const u64 table = 4 * ((content.size() + p_.block - 1) / p_.block);
    Bytes block;
    auto flush = [&] {
        if (!(p_.super.flags & flags::kHoles) || one_value(block) != 0) deflater_->encode(block, d.blocks);
        d.ends.push_back(table + d.blocks.size());
        block.clear();
    };
    Result<void> spent;
    content.each([&](ByteView v) {
        while (!v.empty()) {
            auto n = std::min<u64>(v.size(), p_.block - block.size());
            block.insert(block.end(), v.begin(), v.begin() + i64(n));
            v = v.subspan(n);
            if (block.size() < p_.block) continue;
            flush();
            if (spent && d.ends.size() % 64 == 0) spent = cx_.spend(&Limits::decoded, 0);
        }
    });
    if (!block.empty()) flush();
    TRY_VOID(std::move(spent));
    if (!p_.share) return out_.data.push_back(std::move(d)), out_.data.size() - 1;
    auto [at, fresh] = new_by_digest_.try_emplace(data_digest(content.size(), d.ends, d.blocks), out_.data.size());
    if (fresh) out_.data.push_back(std::move(d));
    return at->second;
}

Result<void> Planner::plan_data() {
    if (old_)
        for (size_t i = 0; i < old_->image().nodes.size(); i++) node_of_.emplace(old_->image().nodes[i].at, i);
    // What stays first, so that what is new and the same shares with it.
    std::vector<u32> fresh;
    std::unordered_set<u64> fresh_sizes;
    for (u32 i = 1; i < wanted_.size(); i++) {
        auto& w = wanted_[i];
        auto& inode = out_.items[i].inode;
        if (w.entry.is(Entry::Type::Symlink)) {
            bool same = old_ && w.was && was_[*w.was].is(Entry::Type::Symlink) && was_[*w.was].target == w.entry.target;
            if (same)
                inode.size = old_->image().nodes[*w.was].inode.size;
            else if (w.entry.target.empty() || w.entry.target.size() > 4095)
                return no(w.entry.path, "the target of a symlink has 1 to 4095 bytes");
            else
                inode.size = u32(w.entry.target.size());
            if (!inode.size) continue;
            if (!same) {
                fresh.push_back(i), fresh_sizes.insert(inode.size);
                continue;
            }
        } else if (!w.entry.is_file() || (inode.type() != kFile && !(w.content && w.content->size()))) {
            continue;
        } else if (w.content) {
            inode.mode = (kFile << 12) | (inode.mode & 07777);
            if (w.content->size() > kMostSize) return no(w.entry.path, "no file in a cramfs is longer than 16777215 bytes");
            inode.size = u32(w.content->size());
            if (inode.size) fresh.push_back(i), fresh_sizes.insert(inode.size);
            continue;
        }
        if (inode.size) out_.items[i].data = TRY(old_data(w, inode));
    }
    if (p_.share && !fresh.empty())
        for (size_t k = 0; k < out_.data.size(); k++)
            if (fresh_sizes.contains(out_.data[k].old->inode.size))
                if (auto digest = data_digest(old_->image(), out_.data[k].old->inode)) new_by_digest_.emplace(*digest, k);
    for (u32 i : fresh) {
        Rope target;
        if (!wanted_[i].entry.is_file()) {
            auto text = as_bytes(wanted_[i].entry.target);
            target.fresh(Bytes(text.begin(), text.end()));
        }
        out_.items[i].data = TRY(new_data(wanted_[i].entry.is_file() ? *wanted_[i].content : target));
    }
    u64 rank = 0;
    depth_first([&](u32 i) -> auto& { return out_.items[i].children; },
                [&](u32 i) {
                    if (!out_.items[i].data) return;
                    auto& d = out_.data[*out_.items[i].data];
                    if (d.placed) return;
                    d.placed = true;
                    if (p_.ranks) rank = Recipe::of_line(wanted_[i].entry.keep).number("data").value_or(rank);
                    d.rank = rank;
                    out_.data_order.push_back(*out_.items[i].data);
                });
    std::stable_sort(out_.data_order.begin(), out_.data_order.end(),
                     [&](size_t a, size_t b) { return out_.data[a].rank < out_.data[b].rank; });
    return {};
}

/// Lists follow each other as `ls -UR` shows them.
u64 Planner::place_lists(u64 at) {
    std::vector<u32> open = {0};
    while (!open.empty()) {
        auto i = open.back();
        open.pop_back();
        auto& dir = out_.items[i];
        auto first = i64(open.size());
        u64 size = 0;
        for (u32 child : dir.children) {
            size += kInode + out_.items[child].inode.name();
            if (!out_.items[child].children.empty()) open.push_back(child);
        }
        std::reverse(open.begin() + first, open.end());
        dir.inode.size = u32(std::min(size, kMostSize + 1));
        if (size || (!i && !(Recipe::of_line(wanted_[0].entry.keep).has("offset")))) dir.inode.offset_words = u32(at / 4);
        if (size) out_.lists.push_back(i);
        at += size;
    }
    return at;
}

Result<void> Planner::place_data(u64 at) {
    for (u32 i : out_.lists)
        if (out_.items[i].inode.size > kMostSize)
            return no(wanted_[i].entry.path, "no directory of a cramfs is longer than 16777215 bytes");
    auto too_big = [&] { return fail(Error::Kind::Unsupported, "a cramfs can't be larger than 256 MiB: data must begin below"); };
    if (at > kMostOffset) return too_big();
    for (size_t k : out_.data_order) {
        auto& d = out_.data[k];
        if (at >= kMostOffset) return too_big();
        d.at = at;
        if (!d.old) {
            out_.blocks += d.ends.size();
            at += d.ends.back();
        } else {
            auto e = data_extent(old_->image(), d.old->inode);
            out_.blocks += old_->image().blocks(d.old->inode);
            at += e.size;
        }
        at += gap_to(at, 4);
    }
    out_.end = at;
    for (auto& item : out_.items) {
        if (!item.data) continue;
        auto& d = out_.data[*item.data];
        // Pointers that lead outside stay as they are.
        bool outside = d.old && !data_extent(old_->image(), d.old->inode).size;
        item.inode.offset_words = outside ? d.old->inode.offset_words : u32(d.at / 4);
    }
    return {};
}

}  // namespace

Result<Plan> plan_of(const Params& p, std::span<const Wanted> wanted, const Volume* old, std::span<const Entry> was, Context& cx) {
    return Planner(p, wanted, old, was, cx).run();
}

}  // namespace fieldstrip::cramfs
