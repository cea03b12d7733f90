// Members as bytes: copied where nothing changed, else written anew.
#include <unordered_map>

#include "formats/tar/sparse.h"
#include "formats/tar/volume.h"

namespace fieldstrip::tar {
namespace {

using enum Entry::Type;

struct Slot {
    const Wanted* wanted;
    Keep keep = {};
    bool fresh = false;
    const Entry* old = nullptr;  // as it was
    const Member* member = nullptr;
    const Entry& entry() const { return wanted->entry; }
};

/// What is stored of a member: data, with a map before it or not.
struct Data {
    Rope rope = {};
    std::optional<Sparse> sparse = {};
};

class Writer {
  public:
    Writer(const Style& style, std::span<const Wanted> wanted, const Parsed* original, const Buffer& bytes, Context& cx)
        : style_(style), wanted_(wanted), original_(original), bytes_(bytes), cx_(cx) {}

    Result<Rope> run() {
        TRY_VOID(plan());
        for (size_t i = 0; i < slots_.size(); i++) {
            if (i % 1024 == 0) TRY_VOID(cx_.spend(&Limits::decoded, 0));
            if (!slots_[i].fresh) loose(slots_[i].keep.index);
            TRY_VOID(member(slots_[i]));
        }
        loose(kUnbounded);
        if (!out_.size()) return fail(Error::Kind::Unsupported, "a tar archive without an entry is nothing but zeros, and none any more");
        if (original_) {
            if (original_->end < bytes_.size()) align();
            copy({original_->end, bytes_.size() - original_->end});
        } else {
            out_.fill(style_.zeros, 0);
        }
        return std::move(out_);
    }

  private:
    void copy(Extent e) {
        if (e.size) out_.copy(bytes_.slice(e));
    }
    void align() {
        if (u64 gap = gap_to(out_.size(), kBlock)) out_.fill(gap, 0);
    }

    /// New hard links lie behind the one that has the data, so that it stays where it is.
    Result<void> plan() {
        std::unordered_map<u64, size_t> owners;
        std::vector<Slot> all;
        for (auto& w : wanted_) {
            Slot s{.wanted = &w};
            s.fresh = w.entry.keep.empty();
            if (s.fresh)
                s.keep.index = kUnbounded;
            else
                s.keep = TRY(Keep::of(w.entry.keep));
            if (original_ && w.was) {
                if (*w.was >= original_->entries.size()) return refuse(w.entry, "is none of the entries that were");
                s.old = &original_->entries[*w.was], s.member = &original_->members[*w.was];
            }
            if (w.entry.is_file() && !s.fresh) owners.try_emplace(w.entry.node, all.size());
            all.push_back(std::move(s));
        }
        std::unordered_map<size_t, std::vector<size_t>> behind;
        std::vector<bool> waits(all.size());
        for (size_t i = 0; i < all.size(); i++) {
            if (!all[i].fresh || !all[i].entry().is_file()) continue;
            auto owner = owners.find(all[i].entry().node);
            if (owner == owners.end() || owner->second < i) continue;
            behind[owner->second].push_back(i), waits[i] = true;
        }
        for (size_t i = 0; i < all.size(); i++) {
            if (waits[i]) continue;
            slots_.push_back(std::move(all[i]));
            if (auto b = behind.find(i); b != behind.end())
                for (auto k : b->second) slots_.push_back(std::move(all[k]));
        }
        return {};
    }

    /// What is no entry, and lies before the entry of that number.
    void loose(u64 index) {
        auto emit = [&](auto& list, auto&& f) {
            for (; loose_ < list.size() && list[loose_].first <= index; loose_++) align(), f(list[loose_].second);
        };
        auto globals = [&](ByteView b) {
            if (auto m = read_member(b, 0)) add_globals(globals_, b, *m);
        };
        if (original_)
            emit(original_->loose, [&](const Extent& e) { globals(bytes_.view().subspan(e.offset, e.size)), copy(e); });
        else
            emit(style_.loose, [&](const Bytes& b) { globals(b), out_.fresh(b); });
    }

    Result<void> member(Slot& s) {
        align();
        auto& e = s.entry();
        Role role;
        role.hard = TRY(link_of(s));
        if (unchanged(s, role)) {
            copy({s.member->at, s.member->next - s.member->at});
        } else {
            Data data;
            if (!role.hard) data = TRY(data_of(s));
            if (data.sparse) role.sparse = &*data.sparse;
            role.size = data.rope.size() + (data.sparse ? data.sparse->map_bytes : 0);
            auto head = TRY(Head(e, s.keep, style_, globals_, role).bytes());
            u64 length = head.size();
            if (s.member && length <= bytes_.size() - s.member->at && equal(head, bytes_.view().subspan(s.member->at, length)))
                copy({s.member->at, length});
            else
                out_.fresh(std::move(head));
            out_.append(data.rope);
            u64 gap = gap_to(data.rope.size(), kBlock);
            if (s.keep.fill && s.keep.fill->size() == gap)
                out_.fresh(*s.keep.fill);
            else
                out_.fill(gap, 0);
        }
        bool cut = s.member && s.member->is_cut && s.member->next == bytes_.size();
        if (cut && (&s != &slots_.back() || !unchanged(s, role)))
            return refuse(e, "is cut off: it can't be written again, and nothing can be put behind it");
        if (e.is_file()) {
            auto& owner = owners_[e.node];
            if (!owner) owner = &s;
            last_of_[e.node] = &s;
        }
        paths_[e.path] = &s;
        return {};
    }

    bool leads_to(std::string_view link, const Entry& e) const {
        auto to = paths_.find(std::string(spelled(link).path));
        if (to == paths_.end()) return false;
        auto& t = to->second->entry();
        if (e.is_file()) return t.is_file() && t.node == e.node;
        return t.type == e.type && t.target == e.target && t.major == e.major && t.minor == e.minor;
    }

    /// Of a hard link how it spells the name of another one before it; nothing where the entry stands for itself.
    Result<std::optional<std::string>> link_of(const Slot& s) const {
        auto& e = s.entry();
        auto& k = s.keep;
        if (!e.is_file()) return k.is_hard && k.link && leads_to(*k.link, e) ? k.link : std::nullopt;
        auto owner = owners_.find(e.node);
        if (owner == owners_.end()) return k.is_dangling && k.link && !e.size ? k.link : std::nullopt;
        if (k.link && leads_to(*k.link, e)) return k.link;
        for (auto* other : {owner->second, last_of_.at(e.node)}) {
            auto name = name_of(other->entry(), other->keep, style_);
            if (leads_to(name, e)) return name;
        }
        return refuse(e, "is a hard link of what has another content by then");
    }

    bool unchanged(const Slot& s, const Role& role) const {
        if (!s.old) return false;
        auto& e = s.entry();
        bool was_link = s.member->type == '1';
        if (was_link != role.hard.has_value() || (was_link && *role.hard != original_->links[*s.wanted->was])) return false;
        if (was_link || !e.is_file()) {
            auto old = *s.old;
            old.size = e.size, old.node = e.node;
            return old == e;
        }
        return !s.wanted->content && *s.old == e && e.node == s.member->at;
    }

    Result<Data> data_of(const Slot& s) const {
        Data out;
        auto& e = s.entry();
        if (!e.is_file()) {
            if (!s.keep.other_data) return out;
            if (!s.member || s.member->is_cut) return refuse(e, "has data, which only a file can have: it can't be written again");
            out.rope.copy(bytes_.slice(s.member->data));
            return out;
        }
        if (s.wanted->content) {
            auto& content = *s.wanted->content;
            if (s.keep.sparse) out.sparse = fitted(*s.keep.sparse, content);
            out.rope = out.sparse ? pieces_of(*out.sparse, content) : content;
            return out;
        }
        auto from = original_ && e.node < bytes_.size() ? read_member(bytes_.view(), e.node) : std::nullopt;
        if (!from || from->is_loose || from->size() != e.size) return refuse(e, "has no content");
        if (from->is_cut) return refuse(e, "its end is cut off, so it can't be written again");
        if (!from->sparse) {
            if (from->data.size) out.rope.copy(bytes_.slice(from->data));
            return out;
        }
        auto pieces = Extent{from->data.offset + from->sparse->map_bytes, from->sparse->stored};
        if (s.keep.sparse) {
            if (pieces.size) out.rope.copy(bytes_.slice(pieces));
            out.sparse = std::move(from->sparse);
            return out;
        }
        u64 at = 0, stored = pieces.offset;
        for (auto& p : from->sparse->pieces) {
            if (p.offset > at) out.rope.fill(p.offset - at, 0);
            if (p.size) out.rope.copy(bytes_.slice({stored, p.size}));
            at = p.end(), stored += p.size;
        }
        if (e.size > at) out.rope.fill(e.size - at, 0);
        return out;
    }

    const Style& style_;
    std::span<const Wanted> wanted_;
    const Parsed* original_;
    const Buffer& bytes_;
    Context& cx_;
    std::vector<Slot> slots_;
    size_t loose_ = 0;
    Globals globals_;
    std::unordered_map<u64, const Slot*> owners_, last_of_;  // of a node: the one with the data, the last one
    std::unordered_map<std::string, const Slot*> paths_;     // what is there so far
    Rope out_;
};

}  // namespace

Result<Rope> write(const Style& style, std::span<const Wanted> wanted, const Parsed* original, const Buffer& bytes, Context& cx) {
    return Writer(style, wanted, original, bytes, cx).run();
}

Result<Rope> build(const Recipe& recipe, std::span<const Wanted> wanted, Context& cx) {
    return write(TRY(Style::of(recipe)), wanted, nullptr, {}, cx);
}

}  // namespace fieldstrip::tar
