#include "formats/jffs2/changes.h"

#include <set>

#include "formats/jffs2/data.h"
#include "formats/jffs2/keep.h"
#include "formats/jffs2/nodes.h"
#include "formats/jffs2/numbers.h"

namespace fieldstrip::jffs2 {
namespace {

using EntryType = Entry::Type;

std::unexpected<Error> no(const std::string& path, const std::string& why) {
    return fail(Error::Kind::Unsupported, (path.empty() ? std::string("the root") : path) + ": " + why);
}

std::string_view folder_of(std::string_view path) {
    auto slash = path.rfind('/');
    return path.substr(0, slash == path.npos ? 0 : slash);
}

class Changer {
  public:
    Changer(const Volume& v, std::span<const Entry> was, std::span<const Wanted> wanted, u64 cut, Context& cx)
        : v_(v), log_(v.log()), was_(was), wanted_(wanted), cx_(cx), cut_(cut), numbers_(v), params_(seen_params(v)) {}

    Result<std::vector<Bytes>> all() {
        TRY_VOID(resolve());
        std::set<u32> written;
        for (size_t i : order_) {
            const u32 ino = inos_[i];
            if (written.insert(ino).second) {
                TRY_VOID(inode(wanted_[i], ino));
                TRY_VOID(attributes(wanted_[i].entry, ino));
            }
            if (!wanted_[i].entry.path.empty()) TRY_VOID(name(wanted_[i].entry, ino));
        }
        TRY_VOID(removals());
        for (size_t i : late_) TRY_VOID(metadata(wanted_[i].entry, inos_[i]));
        return std::move(out_);
    }

  private:
    /// Which inode each wanted entry has, new ones by the order of paths; and which names there were.
    Result<void> resolve() {
        for (size_t i = 0; i < wanted_.size(); i++) order_.push_back(i);
        std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) { return wanted_[a].entry.path < wanted_[b].entry.path; });
        for (size_t i = 0; i < v_.tree().all.size(); i++) {
            auto& n = v_.tree().all[i];
            old_of_.try_emplace(n.ino, i);
            if (!i) continue;
            auto name = log_.name(log_.dirents[n.dirent]);
            const u32 pino = v_.tree().all[n.parent].ino;
            old_names_[{pino, std::string(as_text(name))}] = i;
            if (auto part = part_of(name); part != as_text(name)) odd_names_[{pino, part}] = i;
        }
        inos_.resize(wanted_.size());
        std::unordered_map<u64, u32> files;
        std::unordered_map<u32, size_t> others;  // of existing inodes that are no files: who has it first
        for (size_t i : order_) {
            auto& w = wanted_[i];
            auto& e = w.entry;
            u32 ino = 0;
            if (e.path.empty()) {
                ino = kRoot;
            } else if (e.is_file()) {
                if (e.node < kNewNode && !old_of_.contains(u32(e.node))) return no(e.path, "its content is not there");
                auto [known, fresh] = files.try_emplace(e.node, u32(e.node));
                if (fresh && e.node >= kNewNode) known->second = TRY(numbers_.new_inode());
                ino = known->second;
            } else if (w.was) {
                ino = v_.tree().all[*w.was].ino;
                auto [first, fresh] = others.try_emplace(ino, i);
                if (!fresh && !alike(wanted_[first->second].entry, e)) ino = 0;  // it was one with it, and is no longer
            }
            inos_[i] = ino ? ino : TRY(numbers_.new_inode());
            if (e.is(EntryType::Directory)) folders_[e.path] = i;
        }
        return {};
    }
    static bool alike(const Entry& a, const Entry& b) {
        return a.type == b.type && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.mtime == b.mtime && a.target == b.target &&
               a.major == b.major && a.minor == b.minor && a.xattrs == b.xattrs;
    }
    const Entry* old(u32 ino) const {
        auto found = old_of_.find(ino);
        return found == old_of_.end() ? nullptr : &was_[found->second];
    }

    Result<void> inode(const Wanted& w, u32 ino) {
        auto& e = w.entry;
        auto* before = old(ino);
        if (!before) return w.content || !e.is_file() ? fresh(w, ino) : no(e.path, "has no content");
        bool said = !(e.mode == before->mode && e.uid == before->uid && e.gid == before->gid && e.mtime == before->mtime);
        said = said || e.type != before->type || e.target != before->target || e.major != before->major || e.minor != before->minor;
        if (w.content) return content(w, *before, ino, said);
        return said ? metadata(e, ino) : Result<void>();
    }

    /// The fields of an existing inode with what is wanted of it.
    Result<RawInode> raw_of(const Entry& e, u32 ino) {
        auto raw = TRY(inode_of(e));
        if (auto* r = known_of(log_, ino)) {
            auto known = log_.inode(*r);
            if (!r->good() && !e.is_file()) return no(e.path, "its inode is damaged: remove it and add it again");
            raw.atime = known.atime, raw.ctime = known.ctime, raw.flags = known.flags, raw.usercompr = known.usercompr;
        }
        raw.ino = ino;
        return raw;
    }

    Result<void> metadata(const Entry& e, u32 ino) {
        auto raw = TRY(raw_of(e, ino));
        auto* r = known_of(log_, ino);
        if (e.is_file() && r && !r->good()) return no(e.path, "its inode is damaged: replace it, or remove it");
        auto data = TRY(data_of(e, log_.endian));  // Linux wants a target and a number in the newest node
        raw.version = TRY(numbers_.new_version(ino, e.path));
        raw.dsize = u32(data.size());
        put(inode_node(raw, data, log_.endian));
        return {};
    }

    Result<void> fresh(const Wanted& w, u32 ino) {
        auto raw = TRY(inode_of(w.entry));
        raw.ino = ino;
        if (w.content && w.content->size()) return pages(w, raw, [](u64, u64) { return true; }, {});
        raw.version = TRY(numbers_.new_version(ino, w.entry.path));
        auto data = TRY(data_of(w.entry, log_.endian));
        raw.dsize = u32(data.size());
        put(inode_node(raw, data, log_.endian));
        return {};
    }

    /// The pages that differ; else, where it only became shorter, or nothing but its fields changed, a node without data.
    Result<void> content(const Wanted& w, const Entry& before, u32 ino, bool said) {
        Bytes was;
        std::vector<Extent> bad;
        auto take = [&](ByteView b) {
            was.insert(was.end(), b.begin(), b.end());
            return true;
        };
        auto hear = [&](const Check& c) {
            if (c.outcome == Check::Outcome::Fail) bad.push_back(c.within);
        };
        auto lost = TRY(v_.read(before, take, hear, cx_));
        bad.insert(bad.end(), lost.begin(), lost.end());
        auto now = w.content->joined();
        auto differs = [&](u64 from, u64 to) {
            if (to > was.size() || std::any_of(bad.begin(), bad.end(), [&](auto& b) { return b.meets({from, to - from}); })) return true;
            return !equal(ByteView(was).subspan(from, to - from), now.view().subspan(from, to - from));
        };
        auto raw = TRY(raw_of(w.entry, ino));
        const size_t had = out_.size();
        auto nodes = Log::of(log_.inodes, ino);
        auto pieces = pieces_of(log_, nodes, before.size);
        TRY_VOID(pages(w, raw, differs, pieces));
        if (out_.size() > had || (!said && w.entry.size == before.size && bad.empty())) return {};
        raw.version = TRY(numbers_.new_version(ino, w.entry.path));
        put(inode_node(raw, {}, log_.endian));
        return {};
    }

    Result<void> pages(const Wanted& w, RawInode raw, auto&& differs, std::span<const Piece> pieces) {
        auto now = w.content->joined();
        auto all = now.view();
        raw.isize = u32(all.size());
        const u64 most = v_.blocks().least - 68 - std::min(params_.clean, v_.blocks().least / 2) - 16;
        for (u64 at = 0; at < all.size(); at += params_.page) {
            auto page = all.subspan(at, std::min(params_.page, all.size() - at));
            if (!differs(at, at + page.size())) continue;
            auto method = method_at(pieces, at);
            for (u64 from = at; !page.empty();) {
                auto part = page.first(std::min(page.size(), params_.page / cut_));
                auto coded = TRY(encode(method, part, std::min<u64>(part.size(), most), cx_));
                raw.version = TRY(numbers_.new_version(raw.ino, w.entry.path));
                raw.offset = u32(from), raw.dsize = u32(coded.consumed), raw.compr = coded.compr;
                put(inode_node(raw, coded.data, log_.endian));
                from += coded.consumed;
                page = page.subspan(coded.consumed);
            }
        }
        return {};
    }

    /// As the page was encoded before, then as its neighbours are.
    Method method_at(std::span<const Piece> pieces, u64 at) const {
        auto m = params_.method;
        auto p = std::ranges::upper_bound(pieces, at, {}, &Piece::to);
        if (p == pieces.end() || !p->node) return m;
        u8 compr = log_.inode(*p->node).compr;
        auto found = std::find(m.codecs.begin(), m.codecs.end(), compr);
        if (found != m.codecs.end()) std::rotate(m.codecs.begin(), found, found + 1);
        return m;
    }

    Result<void> name(const Entry& e, u32 ino) {
        auto folder = folders_.find(folder_of(e.path));
        if (folder == folders_.end()) return no(e.path, "there is no folder for it");
        const u32 pino = inos_[folder->second];
        auto& above = wanted_[folder->second].entry;
        auto slash = e.path.rfind('/');
        auto text = slash == e.path.npos ? e.path : e.path.substr(slash + 1);
        if (auto known = old_names_.find({pino, text}); known != old_names_.end()) {
            kept_.insert(known->second);
            if (v_.tree().all[known->second].ino == ino) return {};
        }
        // A name that can't stand in a path is there already, or it is none.
        if (auto odd = odd_names_.find({pino, text}); odd != odd_names_.end() && v_.tree().all[odd->second].ino == ino) {
            kept_.insert(odd->second);
            return {};
        }
        auto raw = TRY(inode_of(e));
        RawDirent d{.pino = pino, .ino = ino, .type = type_of_mode(raw.mode)};
        d.mctime = above.mtime ? u32(*above.mtime) : raw.mtime;
        return dirent(d, TRY(name_of(e)), folder->second);
    }

    Result<void> dirent(RawDirent d, const std::string& text, size_t folder) {
        d.version = TRY(numbers_.new_version(d.pino, text));
        put(dirent_node(d, text, log_.endian));
        auto& above = wanted_[folder].entry;
        // Linux takes no time of 0 from a name, so that the folder's would be an older one's.
        if (above.mtime == 0 && std::find(late_.begin(), late_.end(), folder) == late_.end()) late_.push_back(folder);
        return {};
    }

    /// Names that are not wanted any more, in folders that are; what is in other folders goes with them.
    Result<void> removals() {
        std::map<u32, size_t> folder_by_ino;
        for (auto& [path, i] : folders_) folder_by_ino[inos_[i]] = i;
        std::vector<size_t> gone;
        for (auto& [key, i] : old_names_)
            if (!kept_.contains(i) && folder_by_ino.contains(key.first)) gone.push_back(i);
        std::sort(gone.begin(), gone.end(), [&](size_t a, size_t b) { return was_[a].path < was_[b].path; });
        for (size_t i : gone) {
            auto& n = v_.tree().all[i];
            auto& r = log_.dirents[n.dirent];
            RawDirent d{.pino = r.id, .ino = 0, .type = 0};
            const size_t folder = folder_by_ino.at(r.id);
            auto& above = wanted_[folder].entry;
            d.mctime = above.mtime ? u32(*above.mtime) : log_.dirent(r).mctime;
            TRY_VOID(dirent(d, std::string(as_text(log_.name(r))), folder));
        }
        return {};
    }

    Result<void> attributes(const Entry& e, u32 ino) {
        auto* before = old(ino);
        static const std::map<std::string, Bytes> none;
        auto& had = before ? before->xattrs : none;
        if (had == e.xattrs) return {};
        for (auto& held : v_.xattrs().of(ino)) {
            auto now = e.xattrs.find(Xattrs::name_of(log_, *held.datum));
            if (now != e.xattrs.end() && equal(now->second, Xattrs::value_of(log_, *held.datum))) continue;
            put(xref_node({.ino = ino, .xid = held.xid, .xseqno = TRY(numbers_.new_seqno()) | 1}, log_.endian));
        }
        for (auto& [name, value] : e.xattrs) {
            auto was = had.find(name);
            if (was != had.end() && was->second == value) continue;
            auto parts = xattr_name(name);
            if (!parts || parts->rest.size() > 255 || value.size() > 0xFFFF ||
                64 + parts->rest.size() + value.size() > v_.blocks().least / 2)
                return no(e.path, "a JFFS2 can't hold the attribute " + name);
            u32 xid = numbers_.datum(name, value);
            if (!xid) {
                xid = TRY(numbers_.new_datum(name, value));
                put(xattr_node({.xid = xid, .version = 1, .xprefix = parts->prefix}, parts->rest, value, log_.endian));
            }
            put(xref_node({.ino = ino, .xid = xid, .xseqno = TRY(numbers_.new_seqno())}, log_.endian));
        }
        return {};
    }

    void put(Bytes node) { out_.push_back(std::move(node)); }

    const Volume& v_;
    const Log& log_;
    std::span<const Entry> was_;
    std::span<const Wanted> wanted_;
    Context& cx_;
    u64 cut_;
    Numbering numbers_;
    Params params_;
    std::vector<size_t> order_;                                // of wanted: by path
    std::vector<u32> inos_;                                    // of wanted
    std::unordered_map<u32, size_t> old_of_;                   // inode → its first entry
    std::map<std::pair<u32, std::string>, size_t> old_names_;  // → its entry
    std::map<std::pair<u32, std::string>, size_t> odd_names_;  // those that are shown otherwise, as they are shown
    std::map<std::string, size_t, std::less<>> folders_;       // path → wanted
    std::set<size_t> kept_;                                    // old entries whose names stay
    std::vector<size_t> late_;                                 // folders that need a node of their own behind all
    std::vector<Bytes> out_;
};

}  // namespace

Result<std::vector<Bytes>> changes(const Volume& v, std::span<const Entry> was, std::span<const Wanted> wanted, u64 cut, Context& cx) {
    return Changer(v, was, wanted, cut, cx).all();
}

}  // namespace fieldstrip::jffs2
