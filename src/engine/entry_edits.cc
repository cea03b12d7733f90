#include "engine/entry_edits.h"

#include <ctime>
#include <map>

#include "base/text.h"
#include "engine/host_files.h"
#include "engine/places.h"

namespace fieldstrip {
namespace {

using Words = std::span<const std::string>;

std::unexpected<Error> refuse(const std::string& path, const std::string& why) { return fail(Error::Kind::Unsupported, path + ": " + why); }

/// "//etc/passwd" as the path that it is.
Result<std::string> plain_path(Node& root, std::string_view path, Context& cx) {
    if (!path.starts_with("//")) return std::string(path);
    std::string rest;
    auto* n = TRY(walk_image(root, path, rest, cx));
    return n->path() + (rest.empty() ? "" : '/' + rest);
}

/// Seconds, or ISO 8601 ("2018-06-06", "2018-06-06T07:07:07", with or without Z): UTC.
std::optional<i64> parse_time(const std::string& s) {
    bool before = s.starts_with('-');
    if (auto n = parse_number(std::string_view(s).substr(before)); n && !(*n >> 62)) return before ? -i64(*n) : i64(*n);
    for (auto* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"}) {
        std::tm tm{};
        auto* end = strptime(s.c_str(), form, &tm);
        if (end && !*end) return timegm(&tm);
    }
    return {};
}

std::optional<u32> parse_mode(std::string_view s) {
    u32 mode = 0;
    for (char c : s) {
        if (c < '0' || c > '7' || mode > 0777) return {};
        mode = mode * 8 + u32(c - '0');
    }
    return s.empty() ? std::nullopt : std::optional(mode);
}

std::optional<u32> parse_u32(std::string_view s) {
    auto n = parse_number(s);
    return n && *n <= 0xFFFFFFFF ? std::optional(u32(*n)) : std::nullopt;
}

/// What is made without a time of its own is as old as its folder: the same bytes whenever it is done.
Entry fresh(const WantedTree& tree, const std::string& path, Entry::Type type, u32 mode) {
    auto* folder = tree.find(parent_path(path));
    return {.type = type, .path = path, .mode = mode, .uid = 0, .gid = 0, .mtime = folder ? folder->entry.mtime.value_or(0) : 0};
}

/// An entry changed by `change`, which says what was wrong with the words.
Result<void> change_entry(WantedTree& tree, const std::string& path, const std::function<std::string(Entry&)>& change) {
    auto* w = tree.find(path);
    if (!w) return refuse(path, "no such entry");
    auto now = w->entry;
    if (auto wrong = change(now); !wrong.empty()) return refuse(path, wrong);
    return tree.set(path, now);
}

Result<void> make_device(WantedTree& tree, const std::string& path, Words w) {
    auto major = parse_u32(w[2]), minor = parse_u32(w[3]);
    if ((w[1] != "c" && w[1] != "b") || !major || !minor) return refuse(path, "--mknod needs PATH c|b MAJOR MINOR");
    auto e = fresh(tree, path, w[1] == "c" ? Entry::Type::CharDevice : Entry::Type::BlockDevice, 0600);
    e.major = *major, e.minor = *minor;
    return tree.make(std::move(e));
}

Result<void> set_xattr(WantedTree& tree, const std::string& path, const std::string& assignment) {
    return change_entry(tree, path, [&](Entry& e) -> std::string {
        auto equals = assignment.find('=');
        if (equals == assignment.npos || !equals) return "--xattr needs NAME=BASE64";
        auto name = assignment.substr(0, equals);
        auto value = from_base64(std::string_view(assignment).substr(equals + 1));
        if (!value) return "'" + assignment.substr(equals + 1) + "' is no base64";
        if (equals + 1 == assignment.size())
            e.xattrs.erase(name);
        else
            e.xattrs[name] = *value;
        return "";
    });
}

}  // namespace

Result<EntryPlace> locate(Node& root, std::string_view given, const Changes& changes, Context& cx) {
    auto path = TRY(plain_path(root, given, cx));
    std::string rest = path;
    for (Node* n = &root;;) {
        n = TRY(n->walk(std::string(rest), rest, cx, false));
        if (rest.empty()) return EntryPlace{n, ""};
        auto c = changes.find(n);
        auto* tree = c == changes.end() ? nullptr : c->second.tree.get();
        auto& list = *TRY(n->entries(cx));
        // The longest that is there, by what was changed so far; a file that begins the path has something in it.
        auto entry = [&](std::string_view p) -> std::optional<std::pair<const Entry*, std::optional<size_t>>> {
            if (tree) {
                auto* w = tree->find(p);
                if (!w) return {};
                return std::pair(&w->entry, w->content ? std::nullopt : w->was);
            }
            auto i = list.find(p);
            if (!i) return {};
            return std::pair(&list.all()[*i], i);
        };
        if (entry(rest)) return EntryPlace{n, rest};
        Node* inner = nullptr;
        for (auto slash = rest.rfind('/'); slash != rest.npos && slash; slash = rest.rfind('/', slash - 1)) {
            auto found = entry(std::string_view(rest).substr(0, slash));
            if (!found || !found->first->is_file()) continue;
            if (!found->second) return refuse(std::string(given), "it lies in a file that this same command puts in: change it before");
            inner = TRY(n->entry(*found->second, cx));
            rest.erase(0, slash);
            break;
        }
        if (!inner) return EntryPlace{n, rest};
        n = inner;
    }
}

Result<WantedTree*> tree_of(Node& files, Changes& changes, Context& cx) {
    auto* list = TRY(files.entries(cx));
    if (!list) return refuse(files.path(), "is no file system and no archive");
    auto& tree = changes[&files].tree;
    if (!tree) tree = std::make_shared<WantedTree>(list->all(), TRY(files.item(cx))->files()->holds());
    return tree.get();
}

Result<void> add_host(WantedTree& tree, const std::string& path, const std::string& host) {
    auto top = TRY(look_at(host));
    std::map<std::pair<u64, u64>, std::string> linked;
    auto one = [&](const HostFile& f, const std::string& as, const std::string& from) -> Result<void> {
        if (f.type != Entry::Type::File) return tree.make(entry_of(f, as));
        if (f.links > 1 && tree.holds().links) {
            auto [first, is_first] = linked.try_emplace({f.device, f.inode}, as);
            if (!is_first) return tree.link(as, first->second);
        }
        return tree.make(entry_of(f, as), TRY(read_host_file(from)));
    };
    TRY_VOID(one(top, path, host));
    if (top.type != Entry::Type::Directory) return {};
    auto files = TRY(list_folder(host));
    for (auto& f : files) TRY_VOID(one(f, path + '/' + f.path, host + '/' + f.path));
    return {};
}

Result<void> edit_entry(Node& root, std::string_view name, Words w, Changes& changes, Context& cx) {
    auto place = TRY(locate(root, w[0], changes, cx));
    if (place.path.empty() && !TRY(place.files->entries(cx))) return refuse(w[0], "is no entry of a file system");
    auto& tree = *TRY(tree_of(*place.files, changes, cx));
    auto& path = place.path;
    auto second = [&]() -> Result<std::string> {  // another place in the same file system
        auto other = TRY(locate(root, w[1], changes, cx));
        if (other.files != place.files) return refuse(w[1], "is not in the file system " + place.files->path());
        return other.path;
    };
    if (name == "add") return add_host(tree, path, w[1]);
    if (name == "mkdir") return tree.make(fresh(tree, path, Entry::Type::Directory, 0755));
    if (name == "symlink") {
        auto e = fresh(tree, path, Entry::Type::Symlink, 0777);
        e.target = w[1];
        return tree.make(std::move(e));
    }
    if (name == "link") return tree.link(path, TRY(second()));
    if (name == "mknod") return make_device(tree, path, w);
    if (name == "remove") return tree.remove(path);
    if (name == "rename") return tree.rename(path, TRY(second()));
    if (name == "xattr") return set_xattr(tree, path, w[1]);
    return change_entry(tree, path, [&](Entry& e) -> std::string {
        if (name == "chmod") {
            auto mode = parse_mode(w[1]);
            if (!mode) return "'" + w[1] + "' is no mode: four octal digits";
            e.mode = mode;
        } else if (name == "chown") {
            auto colon = w[1].find(':');
            auto uid = parse_u32(w[1].substr(0, colon)),
                 gid = colon == std::string::npos ? std::nullopt : parse_u32(w[1].substr(colon + 1));
            if (!uid || !gid) return "'" + w[1] + "' is no UID:GID";
            e.uid = uid, e.gid = gid;
        } else {
            auto time = parse_time(w[1]);
            if (!time) return "'" + w[1] + "' is no time: seconds, or 2018-06-06T07:07:07";
            e.mtime = time;
        }
        return "";
    });
}

}  // namespace fieldstrip
