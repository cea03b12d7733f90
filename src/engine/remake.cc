// --rebuild-all: from the folder's files and the manifest's parameters alone. What comes out equal proves that reading understood
// everything.
#include <set>

#include "engine/folder.h"
#include "engine/host_files.h"
#include "engine/registry.h"
#include "engine/room.h"
#include "engine/store.h"

namespace fieldstrip {
namespace {

class Remake {
  public:
    Remake(const Folder& folder, bool resize, std::vector<std::string>& warnings, Context& cx)
        : folder_(folder), resize_(resize), warnings_(warnings), cx_(cx) {}

    /// Where in the folder a node's own bytes lie, if they do: in a file that is not changed, or nothing in it would be asked for.
    struct Lies {
        std::string file;  // relative to the folder; "": in none
        u64 offset = 0;    // of the node in it
        Lies at(u64 more) const { return {file, offset + more}; }
    };

    Result<Rope> record(const Record& r, const std::string& path, const Lies& lies) {
        auto c = folder_.changes().find(&r);
        auto* change = c == folder_.changes().end() ? nullptr : &c->second;
        if (change && (change->encoded || change->bytes)) {
            if (folder_.is_changed_below(r)) return both_changed(path);
            return change->encoded ? *change->encoded : *change->bytes;
        }
        Rope out;
        if (r.format == "padding") return out.fill(r.size, r.pad), out;
        auto* f = find_format(r.format);
        if (!r.mtree.empty()) return files(r, f, path, change);
        if (r.children.empty() && r.file.empty()) {
            if (r.size) return fail(Error::Kind::Damaged, path + ": the manifest knows no file for it");
            return out;
        }
        if (r.children.empty())
            out = TRY(folder_.file(r.file));
        else if (r.format == "raw")
            return space(r, path, r.file.empty() ? lies : Lies{r.file});
        else if (!f)
            return fail(Error::Kind::Unsupported, path + ": this version does not know the format " + r.format);
        else if (!r.layout.empty())
            return layout(r, *f, path, change, lies);
        else
            out = TRY(content(r, *f, path));
        if (!change || change->fields.empty()) return out;
        auto bytes = out.joined();
        auto item = TRY(f->open(bytes, cx_));
        return TRY(rebuild(item.layout, bytes, {.fields = change->fields, .repair = true})).rope;
    }

  private:
    static std::unexpected<Error> both_changed(const std::string& path) {
        return fail(Error::Kind::Unsupported, path + " and what lies in it are both changed: one of them only");
    }

    Result<Rope> space(const Record& r, const std::string& path, const Lies& lies) {
        Rope out;
        for (size_t i = 0; i < r.children.size(); i++) {
            auto& c = r.children[i];
            auto now = TRY(record(c, path + '/' + c.name, lies.at(c.offset)));
            if (now.size() == c.size) {
                out.append(now);
                continue;
            }
            Room room{.region = {c.offset, c.size}};
            while (i + 1 < r.children.size() && r.children[i + 1].format == "padding") {
                auto& p = r.children[++i];
                room.fillers.push_back({{p.offset, p.size}, p.pad});
            }
            if (room.fillers.empty() && i + 1 < r.children.size() &&
                says_size(TRY(record(r.children[i + 1], path, lies.at(r.children[i + 1].offset))).joined().view(), room.region))
                room.freed = 0;
            bool free = r.kind == "content" || (&r == &folder_.manifest().root && (resize_ || is_all(room, r.size)));
            bool grows = room.end() == r.size && free;
            if (!grows && now.size() > room.size()) return too_big(path + '/' + c.name, now.size(), room.size());
            auto [bytes, writable] = TRY(blank(room.end()));
            for (auto& f : room.fillers) std::memset(writable.data() + f.extent.offset, f.pad, f.extent.size);
            out.append(settle(now, room, bytes, grows));
        }
        return out;
    }

    /// Fields and magics by their values, parts from the folder, everything that follows from them computed.
    Result<Rope> layout(const Record& r, const Format& f, const std::string& path, const FolderChange* change, const Lies& lies) {
        auto [bytes, writable] = TRY(blank(r.size));
        // Where something is may be told by the parts themselves: they are there before the structure is read.
        std::map<std::string, Rope, std::less<>> parts;
        for (auto& c : r.children) {
            auto now = TRY(record(c, path + '/' + c.name, lies.at(c.offset)));
            const Extent place{c.offset, std::min(c.size, now.size())};
            if (c.offset > r.size || place.size > r.size - c.offset)
                return fail(Error::Kind::Damaged, path + ": the manifest's layout is longer than the node");
            u64 to = c.offset;
            now.each({0, place.size},
                     [&](ByteView v) { std::memcpy(writable.data() + std::exchange(to, to + v.size()), v.data(), v.size()); });
            parts[c.name] = std::move(now);
        }
        constexpr u64 kLongestDigest = 64;
        u64 at = 0;
        const bool in_file = std::any_of(r.layout.begin(), r.layout.end(), [](auto& p) { return p.kept && !p.value; });
        const auto own = in_file ? TRY(own_bytes(r, lies, path)) : Buffer();
        for (auto& p : r.layout) {
            if (p.size > r.size - at || (p.value && p.value->size() != p.size))
                return fail(Error::Kind::Damaged, path + ": the manifest's layout is longer than the node");
            if (p.kept)
                std::copy_n((p.value ? ByteView(*p.value) : own.view().subspan(at, p.size)).begin(), p.size, writable.begin() + i64(at));
            else if (p.size <= kLongestDigest && !parts.contains(p.name))
                std::memset(writable.data() + at, 0xFF,
                            p.size);  // a digest: until it is computed it is not 0, which may mean that there is none
            at += p.size;
        }
        auto item = TRY(f.open(bytes, cx_));
        LayoutEdit edit{.repair = true};
        if (change) edit.fields = change->fields;
        for (auto& c : r.children) {
            auto* piece = item.layout.find(c.name);
            auto& now = parts[c.name];
            edit.parts[c.name] = piece ? TRY(filling(*piece, now, find_format(c.format))) : std::move(now);
        }
        return TRY(rebuild(item.layout, bytes, edit)).rope;
    }

    /// All of the node as it was taken apart.
    Result<Buffer> own_bytes(const Record& r, const Lies& lies, const std::string& path) {
        if (lies.file.empty()) return fail(Error::Kind::Damaged, path + ": the manifest knows no file that has its bytes");
        const auto all = TRY(folder_.file(lies.file)).joined();
        if (lies.offset > all.size() || r.size > all.size() - lies.offset)
            return fail(Error::Kind::Damaged, path + ": the file that has its bytes is too short");
        return all.slice({lies.offset, r.size});
    }

    Result<Rope> content(const Record& r, const Format& f, const std::string& path) {
        if (!f.make) return fail(Error::Kind::Unsupported, path + ": " + r.format + " is read, but not written");
        std::vector<Rope> contents;
        for (auto& c : r.children) {
            bool replaced = folder_.changes().contains(&c);
            if (!c.whole && !replaced)
                return fail(Error::Kind::Damaged, path + ": its content could not be read whole, so it can't be made again");
            contents.push_back(TRY(record(c, path + '/' + c.name, {})));
        }
        if (r.recipe.text("exact") == "no") warnings_.push_back(no_encoder(f, path, "bytes", r.recipe));
        return f.make(r.recipe, contents, cx_);
    }

    /// The entries by their lines, their contents from the folder.
    Result<Rope> files(const Record& r, const Format* f, const std::string& path, const FolderChange* change) {
        if (!f || !f->build)
            return fail(Error::Kind::Unsupported,
                        path + ": " + r.format + (f ? " is read, but not made anew" : " is not known to this version"));
        std::vector<Entry> entries;
        for (auto& l : r.lines) entries.push_back(l.entry);
        WantedTree tree(entries, r.holds);
        if (change)
            for (auto& step : change->tree) TRY_VOID(step(tree));
        auto wanted = tree.tree();
        std::unordered_map<u64, Rope> contents;  // by node
        auto apart = taken_apart(r);
        std::set<u64> edited_inside;
        for (auto& [node, inside] : apart)
            if (folder_.changes().contains(inside) || folder_.is_changed_below(*inside)) edited_inside.insert(node);
        for (auto& w : wanted) {
            auto& e = w.entry;
            const bool edited = edited_inside.erase(e.node);
            if (edited && w.content) return both_changed(path + '/' + e.path);
            if (e.is_file() && !w.content) {
                if (w.was && !r.lines[*w.was].whole)
                    return fail(Error::Kind::Damaged, path + '/' + e.path + ": could not be read whole, so it can't be made again");
                auto known = contents.find(e.node);
                if (known == contents.end()) {
                    auto file = folder_.contents(r).find(e.node);
                    if (file == folder_.contents(r).end())
                        return fail(Error::Kind::Damaged, path + '/' + e.path + ": is not in the folder");
                    auto inside = apart.find(e.node);
                    auto now = inside == apart.end() ? read_host_file(file->second)
                                                     : record(*inside->second, path + '/' + inside->second->name,
                                                              {file->second.substr(folder_.path().size() + 1)});
                    known = contents.emplace(e.node, TRY(std::move(now))).first;
                }
                w.content = known->second;
            }
            if (w.content) e.size = w.content->size();
            w.was.reset();
        }
        if (!edited_inside.empty())
            return fail(Error::Kind::Unsupported, path + ": a file in which something is changed is removed: one of them only");
        if (f->made_by && r.recipe.text("exact") == "no") warnings_.push_back(no_encoder(*f, path, "bytes", r.recipe));
        auto made = TRY(f->build(r.recipe, wanted, cx_));
        if (!change || change->fields.empty()) return made;
        auto bytes = made.joined();
        auto item = TRY(f->open(bytes, cx_));
        return TRY(rebuild(item.layout, bytes, {.fields = change->fields, .repair = true})).rope;
    }

    /// Of a file system, by node.
    static std::unordered_map<u64, const Record*> taken_apart(const Record& r) {
        std::unordered_map<std::string_view, u64> nodes;
        for (auto& l : r.lines)
            if (l.entry.is_file()) nodes[l.entry.path] = l.entry.node;
        std::unordered_map<u64, const Record*> out;
        for (auto& c : r.children) out[nodes.at(c.name)] = &c;
        return out;
    }

    const Folder& folder_;
    bool resize_;
    std::vector<std::string>& warnings_;
    Context& cx_;
};

}  // namespace

Result<Rope> remake(const Folder& folder, bool resize, std::vector<std::string>& warnings, Context& cx) {
    return Remake(folder, resize, warnings, cx).record(folder.manifest().root, "", {});
}

}  // namespace fieldstrip
