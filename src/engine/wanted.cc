#include "engine/wanted.h"

#include "engine/entries.h"

namespace fieldstrip {
namespace {

std::unexpected<Error> refuse(std::string_view path, std::string_view why) {
    return fail(Error::Kind::Unsupported, (path.empty() ? std::string("the root") : std::string(path)) + ": " + std::string(why));
}

/// Calls f(folder) for each folder that the path lies in, the root's "" last.
void each_folder(std::string_view path, auto&& f) {
    while (!path.empty()) {
        auto slash = path.rfind('/');
        path = path.substr(0, slash == path.npos ? 0 : slash);
        f(std::string(path));
    }
}

}  // namespace

WantedTree::WantedTree(std::span<const Entry> entries, const Holds& holds) : holds_(holds) {
    by_path_.reserve(entries.size());
    for (size_t i = 0; i < entries.size(); i++) {
        list_.push_back({entries[i], i, {}});
        note(std::prev(list_.end()));
    }
}

void WantedTree::note(At it) {
    auto& e = it->entry;
    by_path_[e.path].push_back(it);
    if (e.is_file()) by_node_[e.node].push_back(it);
    each_folder(e.path, [&](std::string folder) { inside_[std::move(folder)]++; });
}

void WantedTree::forget(At it) {
    auto& e = it->entry;
    auto drop = [&](auto& map, const auto& key) {
        auto found = map.find(key);
        std::erase(found->second, it);
        if (found->second.empty()) map.erase(found);
    };
    drop(by_path_, e.path);
    if (e.is_file()) drop(by_node_, e.node);
    each_folder(e.path, [&](const std::string& folder) {
        if (auto n = inside_.find(folder); !--n->second) inside_.erase(n);
    });
    ends_known_ = false;
}

/// Where the entries of each folder end in the order.
void WantedTree::find_ends() {
    if (std::exchange(ends_known_, true)) return;
    ends_.clear();
    for (auto it = list_.begin(); it != list_.end(); ++it) {
        ends_[it->entry.path] = it;
        each_folder(it->entry.path, [&](std::string folder) { ends_[std::move(folder)] = it; });
    }
}

const Wanted* WantedTree::find(std::string_view path) const {
    auto found = by_path_.find(std::string(path));
    return found == by_path_.end() ? nullptr : &*found->second.back();
}

bool WantedTree::is_folder(std::string_view path) const {
    if (path.empty()) return true;
    if (auto* w = find(path)) return w->entry.is(Entry::Type::Directory);
    return inside_.contains(std::string(path));
}

Result<void> WantedTree::may_stand(std::string_view path) const {
    if (path.empty() || find(path) || inside_.contains(std::string(path))) return refuse(path, "is there already");
    if (path.find('\0') != path.npos) return refuse(path, "a name can't hold a NUL");
    for (size_t from = 0; from <= path.size();) {
        auto name = path.substr(from, path.find('/', from) - from);
        if (name.empty() || name == "." || name == "..") return refuse(path, "is no name for an entry");
        from += name.size() + 1;
    }
    if (auto folder = parent_path(path); !is_folder(folder))
        return refuse(path, find(folder) ? folder + " is no folder" : "there is no folder " + folder + ": make it first");
    return {};
}

Result<void> WantedTree::may_hold(const Entry& e) const {
    using enum Entry::Type;
    bool can = e.is(Directory) ? holds_.folders
               : e.is(Symlink) ? holds_.symlinks
               : e.is_device() ? holds_.devices
               : e.is(Fifo)    ? holds_.fifos
               : e.is(Socket)  ? holds_.sockets
                               : true;
    if (!can) return refuse(e.path, "this format can't hold a " + std::string(name_of(e.type)));
    if (!e.xattrs.empty() && !holds_.xattrs) return refuse(e.path, "this format can't hold extended attributes");
    return {};
}

void WantedTree::insert(Wanted w) {
    find_ends();
    auto end = ends_.find(parent_path(w.entry.path));
    auto before = end == ends_.end() ? list_.end() : end->second;  // the one that it comes behind
    auto it = list_.insert(before == list_.end() ? before : std::next(before), std::move(w));
    note(it);
    ends_[it->entry.path] = it;
    each_folder(it->entry.path, [&](std::string folder) {
        auto [last, fresh] = ends_.try_emplace(std::move(folder), it);
        if (!fresh && last->second == before) last->second = it;
    });
}

Result<void> WantedTree::put(std::string_view path, Rope content) {
    auto* w = find(path);
    if (!w) return refuse(path, "no such entry");
    if (!w->entry.is_file()) return refuse(path, "is a " + std::string(name_of(w->entry.type)) + " and no regular file");
    for (auto it : by_node_.at(w->entry.node)) it->entry.size = content.size(), it->content = content;
    steps_.push_back("replaced " + std::string(path));
    return {};
}

Result<void> WantedTree::make(Entry e, std::optional<Rope> content) {
    TRY_VOID(may_stand(e.path));
    TRY_VOID(may_hold(e));
    using enum Entry::Type;
    u32 usual = e.is(Directory) ? 0755 : e.is(Symlink) ? 0777 : e.is(File) ? 0644 : 0600;
    e.mode = held_mode(e.type, e.mode.value_or(usual));
    e.uid = holds_.owner ? std::optional(e.uid.value_or(0)) : std::nullopt;
    e.gid = holds_.owner ? std::optional(e.gid.value_or(0)) : std::nullopt;
    e.mtime = holds_.mtime ? std::optional(e.mtime.value_or(0)) : std::nullopt;
    e.node = fresh_++, e.keep.clear();
    if (e.is_file() && !content) content.emplace();
    e.size = content ? content->size() : 0;
    steps_.push_back("added " + e.path);
    insert({std::move(e), {}, std::move(content)});
    return {};
}

/// What the format can say of it.
std::optional<u32> WantedTree::held_mode(Entry::Type type, u32 mode) const {
    if (holds_.mode) return mode;
    if (!holds_.executable || (type != Entry::Type::File && type != Entry::Type::Directory)) return {};
    return mode & 0111 ? 0755 : 0644;
}

Result<void> WantedTree::link(const std::string& path, std::string_view existing) {
    TRY_VOID(may_stand(path));
    auto* w = find(existing);
    if (!w || !w->entry.is_file()) return refuse(path, "links to no regular file: " + std::string(existing));
    if (!holds_.links) return refuse(path, "this format can't hold hard links");
    Wanted twin{w->entry, {}, w->content};
    twin.entry.path = path, twin.entry.keep.clear();
    steps_.push_back("linked " + path + " to " + std::string(existing));
    insert(std::move(twin));
    return {};
}

std::vector<WantedTree::At> WantedTree::below(std::string_view path) {
    std::vector<At> out;
    if (inside_.contains(std::string(path))) {
        for (auto it = list_.begin(); it != list_.end(); ++it)
            if (is_under(it->entry.path, path)) out.push_back(it);
    } else if (auto found = by_path_.find(std::string(path)); found != by_path_.end()) {
        out = found->second;
    }
    return out;
}

Result<void> WantedTree::remove(std::string_view path) {
    if (path.empty()) return refuse(path, "can't be removed");
    auto gone = below(path);
    if (gone.empty()) return refuse(path, "no such entry");
    for (auto it : gone) forget(it), list_.erase(it);
    steps_.push_back("removed " + std::string(path) + (gone.size() > 1 ? " (" + std::to_string(gone.size()) + " entries)" : ""));
    return {};
}

/// Who unpacks an archive in its order needs the folder first: what comes before it is moved behind the last of its entries.
void WantedTree::put_behind_folder(const std::vector<At>& moved, const std::string& folder) {
    auto* entry = find(folder);
    auto it = list_.begin();
    while (it != list_.end() && it != moved.front() && &*it != entry) ++it;
    if (!entry || it == list_.end() || &*it == entry) return;
    std::list<Wanted> apart;
    for (auto m : moved) apart.splice(apart.end(), list_, m);
    auto end = list_.end();
    for (it = list_.begin(); it != list_.end(); ++it)
        if (is_under(it->entry.path, folder)) end = it;
    list_.splice(std::next(end), apart);
}

Result<void> WantedTree::rename(std::string_view path, const std::string& to) {
    if (path.empty()) return refuse(path, "can't be renamed");
    auto moved = below(path);
    if (moved.empty()) return refuse(path, "no such entry");
    if (is_under(to, path)) return refuse(path, "can't be moved to " + to);
    TRY_VOID(may_stand(to));
    for (auto it : moved) {
        forget(it);
        it->entry.path = to + it->entry.path.substr(path.size());
        note(it);
    }
    if (parent_path(to) != parent_path(path)) put_behind_folder(moved, parent_path(to));
    steps_.push_back("renamed " + std::string(path) + " to " + to);
    return {};
}

Result<void> WantedTree::set(std::string_view path, const Entry& now, std::optional<size_t> was) {
    auto found = by_path_.find(std::string(path));
    if (found == by_path_.end()) return refuse(path, "no such entry");
    auto one = found->second.back();
    if (was)
        for (auto it : found->second)
            if (it->was == was) one = it;
    auto old = one->entry;
    auto group = old.is_file() ? by_node_.at(old.node) : std::vector<At>{one};
    bool mode = now.mode != old.mode, owner = now.uid != old.uid || now.gid != old.gid, time = now.mtime != old.mtime,
         xattrs = now.xattrs != old.xattrs;
    if (mode && held_mode(now.type, now.mode.value_or(0)) != now.mode)
        return refuse(path, holds_.executable
                                ? "this format holds no permissions but whether a file or folder can be executed: 0755 or 0644"
                                : "this format holds no permissions");
    if (owner && !holds_.owner) return refuse(path, "this format holds no owners");
    if (time && !holds_.mtime) return refuse(path, "this format holds no times");
    if (xattrs && !holds_.xattrs) return refuse(path, "this format can't hold extended attributes");
    if ((now.type != old.type && !(now.is_device() && old.is_device())) || (now.target != old.target && !old.is(Entry::Type::Symlink)))
        return refuse(path, "can't become another kind of entry");
    for (auto it : group) {
        auto& e = it->entry;
        if (mode || owner || time) {  // of an entry of which nothing is said (a root without an inode) all is, then
            if (holds_.mode) e.mode = e.mode.value_or(e.is(Entry::Type::Directory) ? 0755 : 0644);
            if (holds_.owner) e.uid = e.uid.value_or(0), e.gid = e.gid.value_or(0);
            if (holds_.mtime) e.mtime = e.mtime.value_or(0);
        }
        if (mode && now.mode) e.mode = now.mode;
        if (owner) e.uid = now.uid ? now.uid : e.uid, e.gid = now.gid ? now.gid : e.gid;
        if (time && now.mtime) e.mtime = now.mtime;
        if (xattrs) e.xattrs = now.xattrs;
        e.type = now.type, e.target = now.target, e.major = now.major, e.minor = now.minor;
    }
    steps_.push_back("changed " + std::string(path));
    return {};
}

std::vector<Wanted> WantedTree::tree() const { return {list_.begin(), list_.end()}; }

}  // namespace fieldstrip
