#include "formats/squashfs/plan.h"

#include <unordered_map>
#include <unordered_set>

namespace fieldstrip::squashfs {
namespace {

using Type = Entry::Type;
constexpr u64 kMostTarget = 65535;

std::unexpected<Error> no(std::string_view path, const std::string& why) {
    return fail(Error::Kind::Unsupported, std::string(path.empty() ? "the root" : path) + ": " + why);
}

u16 kind_of(Type t) {
    switch (t) {
        case Type::File: return kFile;
        case Type::Directory: return kDirectory;
        case Type::Symlink: return kSymlink;
        case Type::BlockDevice: return kBlockDevice;
        case Type::CharDevice: return kCharDevice;
        case Type::Fifo: return kFifo;
        case Type::Socket: return kSocket;
    }
    return kFile;
}

class Planner {
  public:
    Planner(const Params& p, std::span<const Wanted> wanted, const Image* old, const Analysis* was)
        : p_(p), wanted_(wanted), old_(old), was_(was), item_of_(wanted.size()) {}

    Result<Plan> run() {
        if (wanted_.empty() || !wanted_[0].entry.path.empty() || !wanted_[0].entry.is(Type::Directory))
            return no("", "a squashfs begins with a directory");
        out_.items.reserve(wanted_.size());
        for (u32 i = 0; i < wanted_.size(); i++) TRY_VOID(add(i));
        TRY_VOID(tree());
        order();
        numbers();
        return std::move(out_);
    }

  private:
    Kept kept(const Wanted& w) const {
        if (!old_) return kept_of_line(w.entry.keep);
        std::optional<u32> node;
        if (w.was)
            node = old_->names[*w.was].node;
        else if (w.entry.is_file() && w.entry.node < old_->nodes.size())
            node = u32(w.entry.node);  // a new link to what is there
        return node ? was_->nodes[*node] : Kept{};
    }

    Result<void> add(u32 i) {
        auto& w = wanted_[i];
        auto& e = w.entry;
        if (e.is_file()) {  // all hard links are one
            auto [at, fresh] = files_.try_emplace(e.node, u32(out_.items.size()));
            item_of_[i] = at->second;
            if (!fresh) {
                auto& item = out_.items[at->second];
                item.names++;
                if (item.kept == Kept{}) item.kept = kept(w);  // of a link that was made now
                return {};
            }
        } else {
            item_of_[i] = u32(out_.items.size());
            if (auto twin = twin_of(w)) {
                item_of_[i] = *twin;
                out_.items[*twin].names++;
                return {};
            }
        }
        out_.items.push_back({.type = e.type, .path = e.path, .names = 1, .kept = kept(w)});
        return fill(out_.items.back(), w);
    }

    /// Devices and symlinks have hard links too, which nobody but their inode's number tells of.
    std::optional<u32> twin_of(const Wanted& w) {
        auto number = kept(w).number;
        if (!number || w.entry.is(Type::Directory)) return {};
        auto [at, fresh] = others_.try_emplace(*number, std::pair(&w, u32(out_.items.size())));
        if (fresh) return {};
        auto bare = [](Entry e) { return e.path.clear(), e.keep.clear(), e.node = 0, e; };
        return bare(at->second.first->entry) == bare(w.entry) ? std::optional(at->second.second) : std::nullopt;
    }

    Result<void> fill(Item& item, const Wanted& w) {
        auto& e = w.entry;
        auto& i = item.inode;
        const u32 usual = e.is(Type::Directory) ? 0755 : e.is(Type::Symlink) ? 0777 : 0644;
        u32 mode = e.mode.value_or(usual);
        if (mode > 07777) return no(e.path, "no such permissions");
        i.kind = kind_of(e.type);
        i.mode = u16(mode | (item.kept.mode.value_or(0) & 0xF000));
        i64 mtime = e.mtime.value_or(0);
        if (mtime < 0 || mtime > i64{~u32{0}}) return no(e.path, "a squashfs holds times from 1970 to 2106");
        i.mtime = u32(mtime);
        item.uid = e.uid.value_or(0), item.gid = e.gid.value_or(0);
        if (e.is_device()) {
            if (e.major > 0xFFF || e.minor > 0xFFFFF) return no(e.path, "a squashfs holds 12 and 20 bits of a device's numbers");
            i.rdev = rdev_of(e.major, e.minor);
        }
        if (e.is(Type::Symlink)) {
            if (e.target.empty() || e.target.size() > kMostTarget) return no(e.path, "the target of a symlink has 1 to 65535 bytes");
            item.target = e.target, i.size = e.target.size();
        }
        if (e.is_file()) {
            i.size = e.size;
            if (w.content) {
                item.content = w.content, i.size = w.content->size();
            } else {
                if (!old_ || e.node >= old_->nodes.size()) return no(e.path, "its content is missing");
                item.old = u32(e.node), i.size = old_->nodes[e.node].inode.size;
            }
            if (i.size / p_.super.block_size > 0x3FFFFFFF) return no(e.path, "no file of a squashfs has so many blocks");
        }
        return attributes(item, e);
    }

    Result<void> attributes(Item& item, const Entry& e) {
        for (auto& [name, value] : e.xattrs) {
            bool known = std::any_of(std::begin(kPrefixes), std::end(kPrefixes), [&](auto p) { return name.starts_with(p); });
            if (!known) return no(e.path, "a squashfs holds attributes of user, trusted and security, not " + name);
            if (name.size() > 0xFFFF) return no(e.path, "the name of an attribute is too long");
            item.attributes.push_back({name, value, false});
        }
        // In the order that they had.
        std::vector<size_t> order;
        for (std::string_view text = item.kept.order; !text.empty();) {
            auto word = text.substr(0, text.find('.'));
            text.remove_prefix(std::min(text.size(), word.size() + 1));
            order.push_back(size_t(std::atoi(std::string(word).c_str())));
        }
        auto sorted = order;
        std::sort(sorted.begin(), sorted.end());
        for (size_t k = 0; k < sorted.size(); k++)
            if (sorted[k] != k) return {};
        if (order.size() != item.attributes.size()) return {};
        AttributeList list;
        for (size_t k : order) list.push_back(item.attributes[k]);
        item.attributes = std::move(list);
        return {};
    }

    static std::string_view above(std::string_view path) {
        auto slash = path.rfind('/');
        return path.substr(0, slash == path.npos ? 0 : slash);
    }
    Result<std::string> name_of(const Wanted& w) const {
        const std::string_view path = w.entry.path, part = path.substr(path.rfind('/') + 1);
        const auto said = old_ ? std::string() : kept_of_line(w.entry.keep).name;
        const std::string_view kept = !old_ ? said : w.was ? std::string_view(old_->names[*w.was].name) : "";
        if (!kept.empty() && part_of(kept) == part) return std::string(kept);
        if (part.empty()) return no(path, "it has no name");
        if (part.size() > kMostName) return no(path, "no name in a squashfs is longer than 256 bytes");
        return std::string(part);
    }

    Result<void> tree() {
        std::unordered_map<std::string_view, u32> folders;
        std::unordered_set<std::string_view> paths;
        for (u32 i = 0; i < wanted_.size(); i++) {
            auto& e = wanted_[i].entry;
            if (!paths.insert(e.path).second) return no(e.path, "a squashfs can't hold two of that name");
            if (e.is(Type::Directory)) folders.emplace(e.path, item_of_[i]);
        }
        for (u32 i = 1; i < wanted_.size(); i++) {
            auto& e = wanted_[i].entry;
            auto folder = folders.find(above(e.path));
            if (e.path.empty() || folder == folders.end()) return no(e.path, "the directory that it shall be in is none");
            out_.items[folder->second].children.push_back({TRY(name_of(wanted_[i])), item_of_[i]});
            if (e.is(Type::Directory)) out_.items[item_of_[i]].parent = folder->second;
        }
        for (auto& item : out_.items)
            std::stable_sort(item.children.begin(), item.children.end(), [](auto& a, auto& b) { return a.name < b.name; });
        for (auto& item : out_.items) {
            u64 below = 0;
            for (auto& c : item.children) below += p_.links_of_all || out_.items[c.item].type == Type::Directory;
            u64 usual = item.type == Type::Directory ? below + 2 : item.names;
            item.inode.links = u32(item.kept.links.value_or(usual));
        }
        return {};
    }

    /// Inodes as they lay, each behind what is in it, new ones with their directory.
    void order() {
        std::vector<bool> done(out_.items.size());
        auto emit = [&](u32 first) {
            std::vector<std::pair<u32, size_t>> open = {{first, 0}};
            while (!open.empty()) {
                auto& [i, next] = open.back();
                auto& item = out_.items[i];
                if (next < item.children.size()) {
                    u32 child = item.children[next++].item;
                    if (!done[child]) open.emplace_back(child, 0);
                    continue;
                }
                if (!done[i]) done[i] = true, out_.order.push_back(i);
                open.pop_back();
            }
        };
        if (!p_.tree_order) {
            std::vector<u32> ranked;
            for (u32 i = 0; i < out_.items.size(); i++)
                if (out_.items[i].kept.rank) ranked.push_back(i);
            std::stable_sort(ranked.begin(), ranked.end(), [&](u32 a, u32 b) { return out_.items[a].kept.rank < out_.items[b].kept.rank; });
            for (u32 i : ranked)
                if (!done[i]) emit(i);
        }
        emit(0);
    }

    /// As they were; new ones behind these by their paths; then without holes, where there were none.
    void numbers() {
        std::vector<u32> all;
        u64 last = 0;
        for (u32 i = 0; i < out_.items.size(); i++) {
            all.push_back(i);
            last = std::max(last, out_.items[i].kept.number.value_or(0));
        }
        auto key = [&](u32 i) { return std::pair(out_.items[i].kept.number.value_or(kUnbounded), std::string_view(out_.items[i].path)); };
        std::sort(all.begin(), all.end(), [&](u32 a, u32 b) { return key(a) < key(b); });
        for (u32 k = 0; k < all.size(); k++) {
            auto& item = out_.items[all[k]];
            item.inode.number = u32(p_.dense ? k + 1 : item.kept.number ? *item.kept.number : ++last);
        }
    }

    const Params& p_;
    std::span<const Wanted> wanted_;
    const Image* old_;
    const Analysis* was_;
    std::vector<u32> item_of_;
    std::unordered_map<u64, u32> files_;                             // by node: its item
    std::unordered_map<u64, std::pair<const Wanted*, u32>> others_;  // by number
    Plan out_;
};

}  // namespace

Result<Plan> plan_of(const Params& p, std::span<const Wanted> wanted, const Image* old, const Analysis* was) {
    return Planner(p, wanted, old, was).run();
}

}  // namespace fieldstrip::squashfs
