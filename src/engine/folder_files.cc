#include "engine/folder_files.h"

#include "engine/entries.h"
#include "engine/moves.h"
#include "engine/mtree.h"
#include "engine/names.h"

namespace fieldstrip {
namespace {

using Type = Entry::Type;

std::unexpected<Error> refused(const std::string& why) { return fail(Error::Kind::Unsupported, why); }

class Comparison {
  public:
    Comparison(const Record& r, FilesThere there, Context& cx) : record_(r), lines_(r.lines), there_(std::move(there)), cx_(cx) {}

    Result<TreeChange> all() {
        TRY_VOID(read_lines());
        tree_ = TRY(look_at_tree(lines_, there_.folder, there_.copied, cx_));
        if (!tree_.kept.empty())
            out_.notes.push_back(
                shown(tree_.kept.front().path) +
                (tree_.kept.size() > 1 ? " and " + std::to_string(tree_.kept.size() - 1) + " other empty folders are" : " is") +
                " not in this copy of the folder, as copies by git lack them: kept by their lines");
        moves_ = find_moves(lines_, tree_);
        take_kept_along();
        place();
        TRY_VOID(match_lines());
        TRY_VOID(find_new());
        TRY_VOID(contents());
        TRY_VOID(metadata());
        TRY_VOID(removals());
        TRY_VOID(additions());
        warn_of_modes();
        return std::move(out_);
    }

  private:
    /// What became of an entry that was extracted.
    struct Now {
        enum {
            Here,  // on the host
            LineOnly,
            Gone
        } at = LineOnly;
        std::string host;                 // where it is now
        std::string path;                 // of the image, now
        const HostFile* file = nullptr;   // Here
        const MtreeLine* line = nullptr;  // that is its own now
    };

    struct New {
        const HostFile* file = nullptr;
        const MtreeLine* line = nullptr;
        bool made = false;
    };
    using ByPath = bool (*)(std::string_view, std::string_view);

    std::string shown(std::string_view host) const { return record_.place + ".in/" + std::string(host); }

    Result<void> read_lines() {
        if (there_.lines_changed) {
            text_ = TRY(parse_mtree(there_.mtree, record_.mtree));
        } else {
            std::vector<Entry> entries;
            for (auto& l : lines_) entries.push_back(l.entry);
            auto groups = link_groups(entries);
            for (size_t i = 0; i < entries.size(); i++) text_.push_back({std::move(entries[i]), groups[i], i + 1, true, true, true});
        }
        for (auto& l : text_) by_path_[l.entry.path].push_back(&l);
        return {};
    }

    /// The image's path of a path of the host.
    std::string image_of(const std::string& host) {
        if (auto known = tree_.folders.find(host); known != tree_.folders.end()) return known->second;
        auto up = image_of(parent_path(host));
        return (up.empty() ? "" : up + '/') + image_name(last_name(host));
    }

    bool is_gone_folder(const std::string& host) const {
        auto f = tree_.there.find(host);
        return !host.empty() && (f == tree_.there.end() || f->second->type != Type::Directory);
    }

    /// Empty folders that a copy lacks go where the folder that they lie in went.
    void take_kept_along() {
        for (auto& f : tree_.kept) {
            tree_.there.erase(f.path);
            f.path = moved_path(moves_.folders, f.path);
        }
        for (auto& f : tree_.kept)  // of folders in each other the outer one comes first
            if (auto up = parent_path(f.path); up.empty() || !is_gone_folder(up)) tree_.there.emplace(f.path, &f);
    }

    /// Where each entry is now. What exists by its line alone goes with its folder.
    void place() {
        std::map<std::string, std::string, std::less<>> host_of;  // the image's folders
        for (auto& [host, path] : tree_.folders) host_of.emplace(path, host);
        auto folder_of = [&](std::string_view path) {
            for (auto up = parent_path(path);; up = parent_path(up))
                if (auto h = host_of.find(up); h != host_of.end()) return h->second;
        };
        // The image's path of what a folder took along: the image's own names, whatever the host calls them.
        auto taken_along = [&](const std::string& path, std::string_view host) {
            for (auto& [from, to] : moves_.folders)
                if (is_under(host, from)) return image_of(to) + path.substr(tree_.folders.at(from).size());
            return path;
        };
        now_.resize(lines_.size());
        for (size_t i = 0; i < lines_.size(); i++) {
            auto& l = lines_[i];
            auto& n = now_[i];
            n.path = l.entry.path;
            bool is_root = l.entry.is(Type::Directory) && l.entry.path.empty();
            if (l.host.empty() && !is_root) {
                auto host = folder_of(n.path);
                n.path = taken_along(n.path, host);
                if (n.path == l.entry.path && is_gone_folder(host)) n.at = Now::Gone;
                continue;
            }
            if (is_root) {
                n.at = Now::Here;
                continue;
            }
            auto file_moved = moves_.files.find(i);
            n.host = file_moved != moves_.files.end() ? file_moved->second : moved_path(moves_.folders, l.host);
            auto there = tree_.there.find(n.host);
            bool moved = n.host != l.host;
            bool fresh = !moved && tree_.fresh.contains(l.host);
            if (there == tree_.there.end() || fresh) {
                n.at = Now::Gone;
                continue;
            }
            n.at = Now::Here, n.file = there->second;
            if (!moved) continue;
            n.path = file_moved != moves_.files.end() ? image_of(n.host) : taken_along(n.path, l.host);
            arrived_.insert(there->first);
        }
        for (auto& [from, to] : moves_.folders)
            for (auto& [host, path] : tree_.folders)
                if (auto there = tree_.there.find(moved_path(moves_.folders, host)); is_under(host, from) && there != tree_.there.end())
                    arrived_.insert(there->first);
    }

    Result<void> match_lines() {
        std::unordered_map<std::string_view, size_t> occurrence;
        auto line_at = [&](const std::string& path, size_t nth) -> const MtreeLine* {
            auto found = by_path_.find(path);
            return found != by_path_.end() && nth < found->second.size() ? found->second[nth] : nullptr;
        };
        for (size_t i = 0; i < lines_.size(); i++) {
            auto& e = lines_[i].entry;
            auto& n = now_[i];
            size_t nth = occurrence[e.path]++;
            auto* own = line_at(e.path, nth);
            auto* written = n.path != e.path ? line_at(n.path, 0) : nullptr;
            // Of another kind now, and the line says so: the new one's.
            bool retyped = n.at == Now::Gone && own && own->entry.type != e.type && tree_.fresh.contains(lines_[i].host);
            if (own && !retyped) mine_.insert(own);
            if (n.at == Now::Gone) {
                if (own && !retyped && !ignored_++) first_ignored_ = e.path;
                continue;
            }
            if (written && !mine_.contains(written)) mine_.insert(n.line = written);
            if (!n.line) n.line = own;
            if (n.line) continue;
            if (n.at == Now::LineOnly)
                n.at = Now::Gone;
            else if (n.path == e.path)
                return refused(record_.mtree + " has no line for " + shown(n.host) + ", which is there: remove both");
        }
        if (ignored_)
            out_.notes.push_back(record_.mtree + ": " + std::to_string(ignored_) + (ignored_ == 1 ? " line stands" : " lines stand") +
                                 " for what is gone from the folder, ignored (" + (ignored_ > 1 ? "first: " : "") + first_ignored_ + ")");
        return {};
    }

    /// Files whose bytes are others: of hard links all have the new ones.
    Result<void> contents() {
        struct Changed {
            size_t line;
            std::string digest;
        };
        std::map<u64, Changed> changed;  // by node
        for (size_t i = 0; i < lines_.size(); i++)
            if (auto& n = now_[i]; n.at == Now::Here && lines_[i].entry.is_file())
                out_.contents.emplace(lines_[i].entry.node, there_.folder + '/' + n.host);
        std::unordered_map<std::string_view, size_t> last;
        for (size_t i = 0; i < lines_.size(); i++) last[lines_[i].entry.path] = i;
        for (size_t i = 0; i < lines_.size(); i++) {
            auto& l = lines_[i];
            auto& n = now_[i];
            if (n.at != Now::Here || !l.entry.is_file() || n.file->type != Type::File) continue;
            auto& digest = tree_.content.at(n.host);
            if (digest == l.sha256) continue;
            if (last[l.entry.path] != i)
                return refused(shown(n.host) + ": the image holds " + l.entry.path + " several times and the last one counts: change that");
            auto [twin, fresh] = changed.try_emplace(l.entry.node, Changed{i, digest});
            if (!fresh && twin->second.digest != digest)
                return refused(shown(n.host) + " and " + shown(now_[twin->second.line].host) +
                               " are links of one file and were changed differently");
        }
        std::map<size_t, u64> in_order;
        for (auto& [node, c] : changed) in_order.emplace(c.line, node);
        for (auto& [i, node] : in_order)
            out_.steps.push_back([path = lines_[i].entry.path, file = there_.folder + '/' + now_[i].host](WantedTree& t) -> Result<void> {
                return t.put(path, TRY(read_host_file(file)));
            });
        return {};
    }

    /// The entry as its line says it; where the line is silent, as it was.
    static Entry said(const Entry& was, const MtreeLine& l) {
        Entry e = was;
        if (l.entry.mode) e.mode = l.entry.mode;
        if (l.entry.uid) e.uid = l.entry.uid;
        if (l.entry.gid) e.gid = l.entry.gid;
        if (l.entry.mtime) e.mtime = l.entry.mtime;
        e.type = l.entry.type, e.xattrs = l.entry.xattrs, e.major = l.entry.major, e.minor = l.entry.minor;
        if (e.is(Type::Symlink)) e.target = l.entry.target;
        return e;
    }

    Result<void> metadata() {
        std::vector<Entry> entries;
        for (auto& l : lines_) entries.push_back(l.entry);
        auto groups = link_groups(entries);
        std::map<u64, std::pair<Entry, std::string>> changed;  // by node: how, and of which of the links
        for (size_t i = 0; i < lines_.size(); i++) {
            auto& was = lines_[i].entry;
            auto& n = now_[i];
            if (n.at == Now::Gone) continue;
            auto e = n.line ? said(was, *n.line) : was;
            auto where = n.line ? record_.mtree + " line " + std::to_string(n.line->number) : n.path;
            if (e.type != was.type && !(e.is_device() && was.is_device()))
                return refused(where + ": " + was.path + " is a " + std::string(name_of(was.type)) + " and can't become a " +
                               std::string(name_of(e.type)) + " by its line");
            if (n.line && there_.lines_changed && n.line->link_group != groups[i] && n.line->entry.path == was.path)
                return refused(where + ": inode= can't be changed: links are made by `edit --link`, or as links of the folder");
            if (was.is(Type::Symlink) && n.file && n.file->type == Type::Symlink && n.file->target != was.target) {
                if (e.target != was.target && e.target != n.file->target)
                    return refused(shown(n.host) + " and its line were both changed: one of them only");
                e.target = n.file->target;
            }
            if (e == was) continue;
            if (was.is_file()) {
                auto [twin, fresh] = changed.try_emplace(was.node, e, was.path);
                auto same = twin->second.first;
                same.path = e.path, same.keep = e.keep;
                if (!fresh && !(same == e))
                    return refused(where + ": " + was.path + " and " + twin->second.second +
                                   " are links of one file and their lines were changed differently");
                if (!fresh) continue;
            }
            out_.steps.push_back([path = was.path, e, i](WantedTree& t) { return t.set(path, e, i); });
        }
        return {};
    }

    /// What is gone, and between that and what is new: what moved.
    Result<void> removals() {
        std::map<std::string, std::pair<size_t, size_t>, ByPath> count(path_less);  // path: how many are gone, of how many
        for (size_t i = 0; i < lines_.size(); i++) {
            auto& [gone, all] = count[lines_[i].entry.path];
            gone += now_[i].at == Now::Gone, all++;
        }
        std::vector<std::string> after;  // folders out of which something moved
        for (auto it = count.begin(); it != count.end();) {
            auto& [path, n] = *it;
            auto next = std::next(it);
            if (!n.first) {
                it = next;
                continue;
            }
            if (n.first != n.second)
                return refused(path + " stands several times in the image: remove all of them from the folder, or none");
            bool whole = true;
            for (; next != count.end() && is_under(next->first, path); ++next) whole = whole && next->second.first == next->second.second;
            if (whole) {
                out_.steps.push_back([gone = path](WantedTree& t) { return t.remove(gone); });
                it = next;
            } else {
                after.push_back(path);
                ++it;
            }
        }
        TRY_VOID(renames());
        for (auto it = after.rbegin(); it != after.rend(); ++it)
            out_.steps.push_back([gone = *it](WantedTree& t) { return t.remove(gone); });
        return {};
    }

    /// New folders that something moves into come before it, all else that is new later: as one would do it by hand.
    Result<void> renames() {
        std::map<std::string, std::string> folders;
        for (auto& [from, to] : moves_.folders) folders.emplace(tree_.folders.at(from), to);
        auto rename = [&](const std::string& from, const std::string& host, const std::string& to) -> Result<void> {
            for (auto slash = host.find('/'); slash != host.npos; slash = host.find('/', slash + 1)) {
                auto up = fresh_.find(image_of(host.substr(0, slash)));
                if (up != fresh_.end() && !std::exchange(up->second.made, true)) TRY_VOID(add(up->first, up->second));
            }
            out_.steps.push_back([from, to](WantedTree& t) { return t.rename(from, to); });
            return {};
        };
        for (auto& [from, host] : folders) TRY_VOID(rename(from, host, image_of(host)));
        for (auto& [i, host] : moves_.files) TRY_VOID(rename(lines_[i].entry.path, host, now_[i].path));
        return {};
    }

    /// New files, and new lines of what has none.
    Result<void> find_new() {
        for (auto& f : tree_.files) {
            if (!tree_.fresh.contains(f.path) || arrived_.contains(f.path)) continue;
            auto [it, is_new] = fresh_.emplace(image_of(f.path), New{&f});
            if (!is_new) return refused(shown(f.path) + " and " + shown(it->second.file->path) + " are the same name in the image");
        }
        for (auto& l : text_) {
            if (mine_.contains(&l)) continue;
            auto& n = fresh_[l.entry.path];
            auto where = record_.mtree + " line " + std::to_string(l.number) + ": " + l.entry.path;
            if (n.line) return refused(where + " stands there twice");
            n.line = &l;
            if (n.file && n.file->type != l.entry.type)
                return refused(where + " is a " + std::string(name_of(l.entry.type)) + " by its line and a " +
                               std::string(name_of(n.file->type)) + " in the folder");
            if (!n.file && l.entry.is_file()) return refused(where + ": there is no such file in " + record_.place + ".in");
        }
        for (size_t i = 0; i < lines_.size(); i++)
            if (auto& n = now_[i]; n.at == Now::Here && n.file && n.file->type == Type::File && n.file->links > 1)
                linked_.emplace(std::pair(n.file->device, n.file->inode), n.path);
        return {};
    }

    Result<void> additions() {
        for (auto& [path, n] : fresh_)
            if (!n.made) TRY_VOID(add(path, n));
        return {};
    }

    Result<void> add(const std::string& path, const New& n) {
        auto e = n.file ? entry_of(*n.file, path) : n.line->entry;
        if (n.file && n.line) {
            if (e.is(Type::Symlink) && e.target != n.line->entry.target)
                return refused(shown(n.file->path) + " and its line name different targets");
            e = said(e, *n.line);
        }
        std::string twin;
        if (n.file && e.is_file() && n.file->links > 1) {
            auto [first, is_first] = linked_.try_emplace({n.file->device, n.file->inode}, path);
            if (!is_first) twin = first->second;
        }
        auto file = n.file ? there_.folder + '/' + n.file->path : std::string();
        out_.steps.push_back([e, file, twin, line = n.line ? std::optional(*n.line) : std::nullopt](WantedTree& t) -> Result<void> {
            if (!twin.empty() && t.holds().links) {
                TRY_VOID(t.link(e.path, twin));
                return line ? t.set(e.path, said(t.find(e.path)->entry, *line)) : Result<void>();
            }
            if (!e.is_file()) return t.make(e);
            return t.make(e, TRY(read_host_file(file)));
        });
        return {};
    }

    void warn_of_modes() {
        u64 count = 0;
        std::string first;
        for (size_t i = 0; i < lines_.size(); i++) {
            auto& e = lines_[i].entry;
            auto* f = now_[i].file;
            if (now_[i].at != Now::Here || !f || f->type != e.type || e.is(Type::Symlink)) continue;
            u32 written = e.is(Type::Directory) || (e.mode.value_or(0) & 0111) ? 0755 : 0644;
            if (f->mode != written && !count++) first = shown(now_[i].host);
        }
        if (count)
            out_.warnings.push_back(first + (count > 1 ? " and " + std::to_string(count - 1) + " more have" : " has") +
                                    " other permissions than extract gave, which changes nothing: modes are in " + record_.mtree);
    }

    const Record& record_;
    const std::vector<Record::Line>& lines_;
    FilesThere there_;
    Context& cx_;
    std::vector<MtreeLine> text_;
    std::unordered_map<std::string_view, std::vector<const MtreeLine*>> by_path_;
    std::unordered_set<const MtreeLine*> mine_;  // lines of what was extracted
    HostTree tree_;
    Moves moves_;
    std::vector<Now> now_;
    std::unordered_set<std::string_view> arrived_;         // new on the host, and known under another name
    std::map<std::string, New, ByPath> fresh_{path_less};  // by path of the image
    std::map<std::pair<u64, u64>, std::string> linked_;    // by file of the host: a path of it
    u64 ignored_ = 0;
    std::string first_ignored_;
    TreeChange out_;
};

}  // namespace

Result<TreeChange> compare_files(const Record& r, FilesThere there, Context& cx) { return Comparison(r, std::move(there), cx).all(); }

}  // namespace fieldstrip
