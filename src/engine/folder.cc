#include "engine/folder.h"

#include <filesystem>
#include <set>

#include "base/digest.h"
#include "engine/entry_edits.h"
#include "engine/fields_file.h"
#include "engine/host_files.h"
#include "engine/store.h"

namespace fieldstrip {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kOwn = ".fieldstrip";

std::unexpected<Error> refused(const std::string& why) { return fail(Error::Kind::Unsupported, why); }

/// Folders that file systems were extracted to: what lies in them is theirs.
void add_file_systems(const Record& r, std::set<std::string>& out) {
    if (!r.mtree.empty()) out.insert(r.place + ".in");
    for (auto& c : r.children) add_file_systems(c, out);
}

/// The folder may live in git: .git, .gitignore, .gitattributes at its top are its owner's.
bool is_of_git(std::string_view relative) { return relative == ".git" || relative == ".gitignore" || relative == ".gitattributes"; }

/// Every file below, by its path from there; what is neither file nor folder is refused. `of_git`: passed over what is git's.
Result<std::map<std::string, u64>> files_below(const std::string& top, const std::set<std::string>& skipped, bool& of_git) {
    std::map<std::string, u64> out;
    std::error_code error;
    for (fs::recursive_directory_iterator it(top, error), end; !error && it != end; it.increment(error)) {
        auto relative = it->path().string().substr(top.size() + 1);
        const auto status = it->symlink_status(error);
        if (error) return fail(Error::Kind::Io, it->path().string() + ": " + error.message());
        if (relative == kOwn || (skipped.contains(relative) && fs::is_directory(status))) {
            it.disable_recursion_pending();
            continue;
        }
        if (is_of_git(relative)) {
            of_git = true;
            it.disable_recursion_pending();
            continue;
        }
        if (fs::is_directory(status)) continue;
        if (!fs::is_regular_file(status)) return refused(relative + " is no regular file, and extract did not write it: remove it");
        out.emplace(relative, it->file_size(error));
    }
    if (error) return fail(Error::Kind::Io, top + ": " + error.message());
    return out;
}

/// Unless it is known not to be: what can't be looked at is no missing file.
bool file_is_there(const std::string& path) {
    std::error_code error;
    return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

}  // namespace

Result<Rope> Folder::file(const std::string& relative) const {
    TRY_VOID(by_no_link(path_, relative));
    auto bytes = open_file(path_ + '/' + relative);
    if (!bytes) return fail(Error::Kind::Io, relative + ": " + bytes.error().message);
    Rope out;
    out.fresh(*bytes);
    return out;
}

/// While a folder is read.
struct Folder::Looking {
    std::map<std::string, const Manifest::File*> written;
    std::map<std::string, u64> there;  // size by name; what nobody takes is unknown
    std::map<std::string_view, Result<std::string>> digests;
    bool copied;
    Context& cx;

    /// What may be unchanged.
    void hash(const std::string& top) {
        std::vector<std::pair<const std::string*, Result<std::string>*>> todo;
        for (auto& [name, file] : written)
            if (auto now = there.find(name); now != there.end() && now->second == file->size)
                todo.emplace_back(&name, &digests.try_emplace(name).first->second);
        cx.pool.each(todo.size(), [&](size_t i) { *todo[i].second = sha256_of_file(top + '/' + *todo[i].first); });
    }
};

Folder::Hashed Folder::hashed(const std::string& given, const Pool* pool) const {
    auto path = given.empty() ? path_ + "/.fieldstrip/original" : given;
    auto image = open_file(path);
    Hashed out{given, std::move(path), std::move(image)};
    if (!out.image) return out;
    auto make = [image = *out.image] { return sha256_hex([&](const Eat& eat) { eat(image.view()); }); };
    out.digest = (pool ? pool->beside(make) : std::async(std::launch::deferred, make)).share();
    return out;
}

Result<Folder> Folder::open(const std::string& path, Context& cx, const std::string* original) {
    Folder f;
    f.path_ = path;
    while (f.path_.size() > 1 && f.path_.back() == '/') f.path_.pop_back();
    if (original) f.original_ = std::make_shared<Hashed>(f.hashed(*original, &cx.pool));
    auto name = f.path_ + "/.fieldstrip/manifest.json";
    auto text = open_file(name);
    if (!text && !file_is_there(name)) return refused("is no folder that extract made: .fieldstrip/manifest.json is not there");
    if (!text) return fail(Error::Kind::Io, ".fieldstrip/manifest.json: " + text.error().message);
    f.manifest_ = std::make_shared<const Manifest>(TRY(parse_manifest(as_text(text->view()))));
    std::set<std::string> file_systems;
    add_file_systems(f.manifest_->root, file_systems);
    Looking looking{.written = {},
                    .there = TRY(files_below(f.path_, file_systems, f.of_git_)),
                    .digests = {},
                    .copied = TRY(look_at(name)).mtime != kManifestTime,
                    .cx = cx};
    for (auto& file : f.manifest_->files) looking.written.emplace(file.path, &file);
    looking.hash(f.path_);
    TRY_VOID(f.look(f.manifest_->root, looking));
    if (!looking.there.empty())
        return refused(looking.there.begin()->first + " was not written by extract and stands for nothing: remove it");
    return f;
}

/// Takes what belongs to the record out of what is there.
Result<void> Folder::look(const Record& r, Looking& l) {
    FolderChange change;
    auto changed = [&](const std::string& name) -> Result<bool> {
        if (name.empty()) return false;
        auto now = l.there.find(name);
        auto was = l.written.find(name);
        if (was == l.written.end()) return fail(Error::Kind::Damaged, "the manifest does not know its own file " + name);
        if (now == l.there.end()) return refused(name + " is gone: put it back (only what lies in file systems can be removed)");
        u64 size = now->second;
        l.there.erase(now);
        if (size != was->second->size) return true;
        auto& digest = l.digests.at(was->first);
        if (!digest) return std::unexpected(digest.error());
        return *digest != was->second->sha256;
    };
    bool of_file_system = r.kind == "entry" && !l.written.contains(r.file);  // its bytes are a file there
    if (!of_file_system && TRY(changed(r.file))) change.bytes = TRY(file(r.file));
    if (TRY(changed(r.carved))) change.encoded = TRY(file(r.carved));
    bool has_inside = !r.children.empty() || !r.mtree.empty();
    if (!of_file_system && r.file.empty() && r.carved.empty() && has_inside && !r.place.empty() && l.there.erase(r.place))
        change.encoded = TRY(file(r.place));
    if (!r.toml.empty() && l.there.contains(r.toml) && TRY(changed(r.toml))) {
        auto text = TRY(open_file(path_ + '/' + r.toml));
        change.fields = TRY(changed_fields(as_text(text.view()), r.fields, r.toml));
    }
    if (!r.mtree.empty()) {
        bool lines_changed = TRY(changed(r.mtree));
        TRY_VOID(by_no_link(path_, r.place + ".in"));
        auto text = TRY(open_file(path_ + '/' + r.mtree));
        auto tree = TRY(compare_files(r,
                                      {.folder = path_ + '/' + r.place + ".in",
                                       .mtree = std::string(as_text(text.view())),
                                       .lines_changed = lines_changed,
                                       .copied = l.copied},
                                      l.cx));
        change.tree = std::move(tree.steps);
        contents_.emplace(&r, std::move(tree.contents));
        notes_.insert(notes_.end(), tree.notes.begin(), tree.notes.end());
        warnings_.insert(warnings_.end(), tree.warnings.begin(), tree.warnings.end());
    }
    if (change.bytes || change.encoded || !change.fields.empty() || !change.tree.empty()) changes_.emplace(&r, std::move(change));
    for (auto& c : r.children) TRY_VOID(look(c, l));
    return {};
}

Result<Buffer> Folder::original(const std::string& given) const {
    auto its = original_ && original_->given == given ? original_ : std::make_shared<Hashed>(hashed(given, nullptr));
    if (!its->image)
        return refused(given.empty() && !file_is_there(its->path)
                           ? "the folder holds no original (made with --no-original): name it with --original FILE, or use --rebuild-all"
                           : its->path + ": " + its->image.error().message);
    if (its->image->size() != manifest_->image_size || its->digest.get() != manifest_->image_sha256)
        return refused(its->path + " is not the image that this folder was made from");
    return *its->image;
}

static std::unexpected<Error> read_differently(Node& n) {
    return refused(n.path() + " is read in another way than when it was taken apart: extract it again with this version");
}

Result<void> Folder::collect(const Record& r, Node& n, Changes& out, Context& cx) const {
    if (auto c = changes_.find(&r); c != changes_.end()) {
        auto& change = c->second;
        if ((change.bytes || !change.tree.empty()) && change.encoded)
            return refused(r.place + " and what it holds are both changed: one of them only");
        auto& as = out[&n];
        as.fields = change.fields;
        if (change.bytes) as.bytes = change.bytes;
        if (change.encoded) as.bytes = change.encoded;
        if (change.encoded && n.kind == Node::Kind::Content && !is_known(*n.format(cx)))
            return refused(r.place + " can't stand for " + r.place + ".in");
        if (!change.tree.empty()) TRY_VOID(collect_files(r, n, out, cx));
    }
    return collect_children(r, n, out, cx);
}

/// The operations on the tree of the image, which must be the one that was extracted.
Result<void> Folder::collect_files(const Record& r, Node& n, Changes& out, Context& cx) const {
    auto& tree = *TRY(tree_of(n, out, cx));
    auto& all = TRY(n.entries(cx))->all();
    bool same = all.size() == r.lines.size();
    for (size_t i = 0; same && i < all.size(); i++) same = all[i].path == r.lines[i].entry.path && all[i].type == r.lines[i].entry.type;
    if (!same) return read_differently(n);
    for (auto& step : changes_.at(&r).tree) {
        auto done = step(tree);
        if (!done) return fail(done.error().kind, r.place + ".in: " + done.error().message);
    }
    return {};
}

bool Folder::is_changed_below(const Record& r) const {
    return std::any_of(r.children.begin(), r.children.end(), [&](auto& c) { return changes_.contains(&c) || is_changed_below(c); });
}

Result<void> Folder::collect_children(const Record& r, Node& n, Changes& out, Context& cx) const {
    if (!is_changed_below(r)) return {};
    if (auto* list = TRY(n.entries(cx))) {
        for (auto& c : r.children) {
            auto i = list->find(c.name);
            if (!i || !list->all()[*i].is_file()) return read_differently(n);
            TRY_VOID(collect(c, *TRY(n.entry(*i, cx)), out, cx));
        }
        return {};
    }
    auto kids = TRY(n.children(cx));
    if (kids.size() != r.children.size()) return read_differently(n);
    for (size_t i = 0; i < kids.size(); i++) {
        if (kids[i]->name != r.children[i].name) return read_differently(n);
        TRY_VOID(collect(r.children[i], *kids[i], out, cx));
    }
    return {};
}

Result<Changes> Folder::as_changes(Node& root, Context& cx) const {
    Changes out;
    if (changes_.empty()) return out;
    auto* n = TRY(root.find(manifest_->path, cx));
    TRY_VOID(collect(manifest_->root, *n, out, cx));
    return out;
}

}  // namespace fieldstrip
