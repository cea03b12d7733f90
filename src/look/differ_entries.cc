// Two file systems or archives: entry by entry, contents only where something tells that they may not be the same.
#include <set>

#include "base/digest.h"
#include "base/text.h"
#include "engine/origins.h"
#include "engine/words.h"
#include "look/differ_parts.h"

namespace fieldstrip::look {
namespace {

/// What both say and is not the same; what only one says at all (its format has no such thing) is none.
std::vector<ValueChange> attributes_changed(const Entry& a, const Entry& b) {
    std::vector<ValueChange> out;
    auto add = [&](std::string name, std::string v, std::string w) {
        if (v != w) out.push_back({std::move(name), std::move(v), std::move(w), false});
    };
    if (a.type != b.type) add("type", std::string(name_of(a.type)), std::string(name_of(b.type)));
    if (a.mode && b.mode) add("mode", mode_octal(*a.mode), mode_octal(*b.mode));
    auto owner = [](const Entry& e) { return std::to_string(*e.uid) + ':' + std::to_string(*e.gid); };
    if (a.uid && b.uid && a.gid && b.gid) add("owner", owner(a), owner(b));
    if (a.is(Entry::Type::Symlink) && b.is(Entry::Type::Symlink)) add("target", a.target, b.target);
    auto device = [](const Entry& e) { return std::to_string(e.major) + ':' + std::to_string(e.minor); };
    if (a.is_device() && b.is_device()) add("device", device(a), device(b));
    if (a.mtime && b.mtime) add("mtime", utc_time(*a.mtime), utc_time(*b.mtime));
    for (auto& [name, value] : a.xattrs) {
        auto now = b.xattrs.find(name);
        if (now == b.xattrs.end())
            out.push_back({"xattr " + name, hex(value), {}, false});
        else
            add("xattr " + name, hex(value), hex(now->second));
    }
    for (auto& [name, value] : b.xattrs)
        if (!a.xattrs.contains(name)) out.push_back({"xattr " + name, {}, hex(value), false});
    return out;
}

std::string join(const Node& n, std::string_view path) { return n.path() + (n.parent && !path.empty() ? "/" : "") + std::string(path); }

}  // namespace

Result<bool> Differ::same_content(Node& a, size_t i, Node& b, size_t j) {
    auto &e = (*TRY(a.entries(cx_))).all()[i], &f = (*TRY(b.entries(cx_))).all()[j];
    if (e.size != f.size) return false;
    if (!e.size) return true;
    SameExtents seen;
    if (a.format(cx_) == b.format(cx_) && same_origin(a, e, b, f, seen, cx_)) return true;
    auto *m = TRY(a.entry(i, cx_)), *n = TRY(b.entry(j, cx_));
    auto v = TRY(m->bytes(cx_)), w = TRY(n->bytes(cx_));
    const bool same = equal(v.view(), w.view()) && bool(m->damage()) == bool(n->damage());
    m->forget(), n->forget();
    for (auto& buffer : {v, w})
        if (buffer.keeper()) buffer.keeper()->forget(buffer.view());
    return same;
}

Result<void> Differ::entry(Node& a, Node& b, const EntryPair& pair, Delta& out) {
    auto& all_a = (*TRY(a.entries(cx_))).all();
    auto& all_b = (*TRY(b.entries(cx_))).all();
    auto *e = pair.a ? &all_a[*pair.a] : nullptr, *f = pair.b ? &all_b[*pair.b] : nullptr;
    out.thing = Delta::Thing::Entry, out.kind = Node::Kind::Entry;
    out.type = f ? f->type : e->type;
    out.moved = pair.moved, out.with_folder = pair.with_folder;
    if (e) out.path_a = join(a, e->path), out.size_a = e->size;
    if (f) out.path_b = join(b, f->path), out.size_b = f->size;
    if (!e || !f) {
        out.how = e ? Delta::How::Removed : Delta::How::Added;
        return {};
    }
    out.attributes = attributes_changed(*e, *f);
    if (e->type != f->type) out.how = Delta::How::Changed;
    if (!e->is_file() || !f->is_file() || same_content(a, *pair.a, b, *pair.b).value_or(false)) return {};
    auto *m = TRY(a.entry(*pair.a, cx_)), *n = TRY(b.entry(*pair.b, cx_));
    auto kept = std::move(out.attributes);
    auto path_a = out.path_a, path_b = out.path_b;
    TRY_VOID(compare(*m, *n, out));
    out.how = Delta::How::Changed;
    out.path_a = path_a, out.path_b = path_b;  // of a hard link its own
    out.attributes = std::move(kept);
    for (auto& v : out.attributes) v.follows = v.name == "mtime";
    for (auto* node : {m, n}) {
        if (auto bytes = node->bytes(cx_); bytes && bytes->keeper()) bytes->keeper()->forget(bytes->view());
        node->forget();
    }
    return {};
}

Result<EntryMatch> Differ::matched(Node& a, const std::string& folder_a, Node& b, const std::string& folder_b) {
    auto *x = TRY(a.entries(cx_)), *y = TRY(b.entries(cx_));
    auto digest = [&](bool second, size_t i) -> std::optional<std::string> {
        auto n = (second ? b : a).entry(i, cx_);
        if (!n) return {};
        auto bytes = (*n)->bytes(cx_);
        if (!bytes || (*n)->damage()) return {};
        auto sum = sha256(bytes->view());
        (*n)->forget();
        return std::string(as_text(sum));
    };
    if (folder_a.empty() && folder_b.empty()) return match_entries(*x, *y, digest);
    // Only what lies below these folders, by the rest of its path.
    auto below = [](const EntryList& list, const std::string& folder, std::vector<size_t>& index) {
        std::vector<Entry> out;
        for (size_t i = 0; i < list.all().size(); i++) {
            auto& e = list.all()[i];
            if (!is_under(e.path, folder)) continue;
            index.push_back(i);
            out.push_back(e);
            if (!folder.empty()) out.back().path = e.path.size() > folder.size() ? e.path.substr(folder.size() + 1) : "";
        }
        return EntryList(std::move(out));
    };
    std::vector<size_t> of_a, of_b;
    auto first = below(*x, folder_a, of_a), second = below(*y, folder_b, of_b);
    auto match = match_entries(first, second, [&](bool in_second, size_t i) { return digest(in_second, (in_second ? of_b : of_a)[i]); });
    for (auto& p : match.pairs) {
        if (p.a) p.a = of_a[*p.a];
        if (p.b) p.b = of_b[*p.b];
    }
    auto whole = [](const std::string& folder, std::string& path) {
        if (!path.empty() && !folder.empty()) path = folder + '/' + path;
    };
    for (auto& f : match.folders) whole(folder_a, f.a), whole(folder_b, f.b);
    return match;
}

Result<bool> Differ::entries(Node& a, Node& b, Delta& out, const std::string& folder_a, const std::string& folder_b) {
    auto *x = TRY(a.entries(cx_)), *y = TRY(b.entries(cx_));
    if (!x || !y) return false;
    auto match = TRY(matched(a, folder_a, b, folder_b));
    std::map<std::string_view, const FolderPair*> folders;  // by the path that it is shown under
    for (auto& f : match.folders) folders.emplace(f.b.empty() ? f.a : f.b, &f);
    std::set<std::pair<size_t, size_t>> done;    // contents, of hard links once
    std::set<std::string, std::less<>> touched;  // folders of the second in which names came and went
    std::vector<Delta> found;
    for (auto& p : match.pairs) {
        auto path = p.b ? std::string_view(y->all()[*p.b].path) : std::string_view(x->all()[*p.a].path);
        if (!p.a || !p.b || p.moved) {
            touched.insert(parent_path(path));
            if (p.moved) touched.insert(parent_path(x->all()[*p.a].path));
        }
        Delta c;
        if (p.a && p.b && x->all()[*p.a].is_file() && y->all()[*p.b].is_file() && (x->links(*p.a) > 1 || y->links(*p.b) > 1) &&
            !done.insert({x->first_link(*p.a), y->first_link(*p.b)}).second && !p.moved)
            continue;  // told with the first of its links
        TRY_VOID(entry(a, b, p, c));
        if (auto f = folders.find(path); f != folders.end() && c.type == Entry::Type::Directory && (c.moved || !p.a || !p.b)) {
            c.files = f->second->files;
            folders.erase(f);
        }
        if (c.how != Delta::How::Same || c.moved || !c.attributes.empty()) found.push_back(std::move(c));
    }
    for (auto& [path, f] : folders) {  // that the list does not name: only what is in them
        Delta c;
        c.thing = Delta::Thing::Entry, c.kind = Node::Kind::Entry, c.type = Entry::Type::Directory;
        c.how = f->a.empty() ? Delta::How::Added : f->b.empty() ? Delta::How::Removed : Delta::How::Same;
        c.moved = c.how == Delta::How::Same;
        if (!f->a.empty()) c.path_a = join(a, f->a);
        if (!f->b.empty()) c.path_b = join(b, f->b);
        c.files = f->files;
        found.push_back(std::move(c));
    }
    const auto prefix = join(b, "/").size() - (b.parent ? 0 : 1);
    for (auto& c : found) {
        if (c.type != Entry::Type::Directory || c.how != Delta::How::Same) continue;
        if (touched.contains(std::string_view(c.path_b).substr(std::min(c.path_b.size(), prefix))))
            for (auto& v : c.attributes) v.follows = v.name == "mtime";  // it is when names in it came or went
        if (!c.moved && !is_real(c)) c.follows = true;
    }
    std::stable_sort(found.begin(), found.end(), [](auto& m, auto& n) {
        return path_less(m.path_b.empty() ? m.path_a : m.path_b, n.path_b.empty() ? n.path_a : n.path_b);
    });
    for (auto& c : found) out.inside.push_back(std::move(c));
    return !found.empty();
}

}  // namespace fieldstrip::look
