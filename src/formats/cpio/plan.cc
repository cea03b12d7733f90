#include "formats/cpio/plan.h"

namespace fieldstrip::cpio {
namespace {

using enum Entry::Type;

/// Inode numbers of an archive: which are used, and the next that is not.
class Inodes {
  public:
    Inodes(const std::vector<Slot>& slots, u64 most) : most_(most) {
        for (auto& s : slots)
            if (!s.fresh) use(s.keep.ino);
    }
    void use(u64 ino) {
        count_[ino]++;
        highest_ = std::max(highest_, ino);
    }
    void drop(u64 ino) { count_[ino]--; }
    u64 users(u64 ino) const {
        auto c = count_.find(ino);
        return c == count_.end() ? 0 : c->second;
    }
    /// Behind the highest, else the lowest that is free.
    std::optional<u64> next() {
        if (highest_ < most_) {
            use(highest_ + 1);
            return highest_;
        }
        while (lowest_ < most_ && users(lowest_)) lowest_++;
        if (users(lowest_)) return {};
        use(lowest_);
        return lowest_;
    }

  private:
    std::unordered_map<u64, u64> count_;
    u64 highest_ = 0, lowest_ = 1, most_;
};

class Planner {
  public:
    Planner(std::span<const Style> styles, std::span<const Wanted> wanted, const Parsed* original, ByteView bytes)
        : styles_(styles), wanted_(wanted), original_(original), bytes_(bytes), plan_(styles.size()) {}

    Result<Plan> run() {
        TRY_VOID(distribute());
        for (size_t i = 0; i < plan_.size(); i++) {
            take_after_neighbours(plan_[i]);
            TRY_VOID(number(plan_[i], styles_[i]));
        }
        return std::move(plan_);
    }

  private:
    /// A new entry lies in the archive of the one before it.
    Result<void> distribute() {
        u64 archive = 0;
        std::unordered_map<u64, u64> homes;  // of files: the archive that their inode is in
        for (auto& w : wanted_) {
            Slot s{.wanted = &w};
            s.fresh = w.entry.keep.empty();
            if (!s.fresh) s.keep = TRY(Keep::of(w.entry.keep));
            if (s.fresh) s.keep.archive = archive;
            archive = s.keep.archive;
            if (archive >= plan_.size()) return refuse(w.entry, "lies in an archive that there is not");
            if (original_ && w.was) {
                if (*w.was >= original_->entries.size()) return refuse(w.entry, "is none of the entries that were");
                s.old = &original_->entries[*w.was], s.member = &original_->members[*w.was];
            }
            if (w.entry.is_file() && homes.try_emplace(w.entry.node, archive).first->second != archive)
                return refuse(w.entry, "can't be a hard link of what lies in another archive of the image");
            s.moved = s.fresh || (s.old && s.old->path != w.entry.path);
            plan_[archive].push_back(std::move(s));
        }
        return {};
    }

    /// How new members look: as the one before them, else as the first that was there.
    static void take_after_neighbours(std::vector<Slot>& slots) {
        const Keep *last = nullptr, *named = nullptr, *folder = nullptr;
        auto look = [&](const Slot& s, bool only_if_none) {
            auto set = [&](const Keep*& to) {
                if (!to || !only_if_none) to = &s.keep;
            };
            set(last);
            if (!s.entry().path.empty()) set(named);
            if (!s.entry().path.empty() && s.entry().is(Directory)) set(folder);
        };
        for (auto& s : slots)
            if (!s.fresh) look(s, true);
        for (auto& s : slots) {
            if (!s.fresh) {
                look(s, false);
                continue;
            }
            auto& k = s.keep;
            if (last) k.dev = last->dev;
            if (last && last->digits && last->digits->which != Digits::Mixed) k.digits = last->digits;
            if (named && !s.entry().path.empty()) k.before = named->before;
            bool is_folder = s.entry().is(Directory);
            if (is_folder && folder && !s.entry().path.empty()) k.after = folder->after;
            k.nlink = is_folder && !(folder && folder->nlink == 1) ? 2 : 1;
        }
    }

    /// Hard links, and inode numbers where one is needed.
    Result<void> number(std::vector<Slot>& slots, const Style& style) {
        std::unordered_map<u64, std::vector<size_t>> by_node;
        for (size_t i = 0; i < slots.size(); i++)
            if (slots[i].entry().is_file()) by_node[slots[i].entry().node].push_back(i);
        std::optional<Inodes> inodes;
        auto numbers = [&]() -> Inodes& {
            if (!inodes) inodes.emplace(slots, shape_of(style.variant).number);
            return *inodes;
        };
        for (size_t i = 0; i < slots.size(); i++) {
            auto& s = slots[i];
            if (!s.entry().is_file()) {
                if (s.fresh) s.keep.ino = numbers().next().value_or(0);
                continue;
            }
            auto& group = by_node[s.entry().node];
            if (group[0] != i) continue;
            TRY_VOID(content(slots, group));
            TRY_VOID(links(slots, group, numbers));
            carriers(slots, group, style);
        }
        return {};
    }

    /// Of hard links all have the same content.
    Result<void> content(std::vector<Slot>& slots, const std::vector<size_t>& group) {
        const Rope* rope = nullptr;
        for (auto i : group)
            if (slots[i].wanted->content) rope = &*slots[i].wanted->content;
        std::optional<Member> stored;
        auto& e = slots[group[0]].entry();
        if (!rope) {
            if (original_ && e.node < bytes_.size()) stored = read_member(bytes_, e.node);
            if (!stored || stored->trailer) return refuse(e, "has no content");
        }
        for (auto i : group) slots[i].content = rope, slots[i].stored = stored;
        return {};
    }

    Result<void> links(std::vector<Slot>& slots, const std::vector<size_t>& group, auto numbers) {
        const Slot* leader = nullptr;
        for (auto i : group) {
            auto& s = slots[i];
            bool own = s.old && s.old->node == s.entry().node;
            if (!s.fresh && (!leader || (own && !(leader->old && leader->old->node == s.entry().node)))) leader = &s;
        }
        if (!leader) {
            auto ino = numbers().next();
            if (!ino && group.size() > 1) return refuse(slots[group[0]].entry(), "needs an inode number, and none is free");
            for (auto i : group) slots[i].keep.ino = ino.value_or(0), slots[i].keep.nlink = group.size(), slots[i].touched = true;
            return {};
        }
        const Keep like = leader->keep;
        u64 before = like.links.value_or(like.nlink);
        bool touched = before != group.size();
        for (auto i : group) touched = touched || slots[i].fresh || slots[i].keep.ino != like.ino || slots[i].keep.dev != like.dev;
        if (!touched) return {};
        // Links that lie in no archive are counted on.
        u64 elsewhere = like.nlink > before ? like.nlink - before : 0, nlink = group.size() + elsewhere;
        u64 own = 0, ino = like.ino;
        for (auto i : group) own += !slots[i].fresh && slots[i].keep.ino == ino;
        if (numbers().users(ino) > own) {  // others have that number: they would be taken for links of these
            auto free = numbers().next();
            if (!free && nlink > 1) return refuse(slots[group[0]].entry(), "needs an inode number, and none is free");
            ino = free.value_or(0);
        }
        for (auto i : group) {
            auto& s = slots[i];
            if (!s.fresh && s.keep.ino != ino) numbers().drop(s.keep.ino);
            s.keep.ino = ino, s.keep.dev = like.dev, s.keep.nlink = nlink, s.touched = true;
        }
        return {};
    }

    static void carriers(std::vector<Slot>& slots, const std::vector<size_t>& group, const Style& style) {
        auto usual = [&](size_t i) {
            return style.links == Style::Links::All || i == (style.links == Style::Links::First ? group.front() : group.back());
        };
        bool any = false;
        for (auto i : group) {
            auto& s = slots[i];
            s.carries = !s.touched && s.keep.data ? *s.keep.data : usual(i);
            any = any || s.carries;
        }
        if (!any)
            for (auto i : group) slots[i].carries = usual(i);
    }

    std::span<const Style> styles_;
    std::span<const Wanted> wanted_;
    const Parsed* original_;
    ByteView bytes_;
    Plan plan_;
};

}  // namespace

std::unexpected<Error> refuse(const Entry& e, std::string_view why) {
    return fail(Error::Kind::Unsupported, (e.path.empty() ? "the root" : e.path) + ": " + std::string(why));
}

Result<Plan> plan_of(std::span<const Style> styles, std::span<const Wanted> wanted, const Parsed* original, ByteView bytes) {
    return Planner(styles, wanted, original, bytes).run();
}

}  // namespace fieldstrip::cpio
