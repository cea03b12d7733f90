#include "engine/folder.h"

#include <filesystem>

#include "base/digest.h"
#include "engine/fields_file.h"
#include "engine/store.h"

namespace fieldstrip {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kOwn = ".fieldstrip";

std::unexpected<Error> refused(const std::string& why) { return fail(Error::Kind::Unsupported, why); }

std::string hash(const Buffer& b) {
    return sha256_hex([&](const Eat& eat) { eat(b.view()); });
}

/// Every file below, by its path from there; what is neither file nor folder is refused.
Result<std::map<std::string, u64>> files_below(const std::string& top) {
    std::map<std::string, u64> out;
    std::error_code error;
    for (fs::recursive_directory_iterator it(top, error), end; !error && it != end; it.increment(error)) {
        auto relative = it->path().string().substr(top.size() + 1);
        if (relative == kOwn) {
            it.disable_recursion_pending();
            continue;
        }
        auto status = it->symlink_status(error);
        if (error) break;
        if (fs::is_directory(status)) continue;
        if (!fs::is_regular_file(status)) return refused(relative + " is no regular file, and extract did not write it: remove it");
        out.emplace(relative, it->file_size(error));
    }
    if (error) return fail(Error::Kind::Io, top + ": " + error.message());
    return out;
}

}  // namespace

Result<Rope> Folder::file(const std::string& relative) const {
    auto bytes = open_file(path_ + '/' + relative);
    if (!bytes) return fail(Error::Kind::Io, relative + ": " + bytes.error().message);
    Rope out;
    out.fresh(*bytes);
    return out;
}

Result<Folder> Folder::open(const std::string& path, Context&) {
    Folder f;
    f.path_ = path;
    while (f.path_.size() > 1 && f.path_.back() == '/') f.path_.pop_back();
    auto text = open_file(f.path_ + "/.fieldstrip/manifest.json");
    if (!text) return refused("is no folder that extract made: .fieldstrip/manifest.json is not there");
    f.manifest_ = TRY(parse_manifest(as_text(text->view())));
    auto there = TRY(files_below(f.path_));
    std::map<std::string, const Manifest::File*> written;
    for (auto& file : f.manifest_.files) written.emplace(file.path, &file);
    TRY_VOID(f.look(f.manifest_.root, written, there));
    if (!there.empty()) return refused(there.begin()->first + " was not written by extract and stands for nothing: remove it");
    return f;
}

/// Takes what belongs to the record out of `there`.
Result<void> Folder::look(const Record& r, std::map<std::string, const Manifest::File*>& written, std::map<std::string, u64>& there) {
    FolderChange change;
    bool any = false;
    auto changed = [&](const std::string& name) -> Result<bool> {
        if (name.empty()) return false;
        auto now = there.find(name);
        auto was = written.find(name);
        if (was == written.end()) return fail(Error::Kind::Damaged, "the manifest does not know its own file " + name);
        if (now == there.end()) return refused(name + " is gone: put it back (only what lies in file systems can be removed)");
        u64 size = now->second;
        there.erase(now);
        if (size != was->second->size) return true;
        return hash(TRY(open_file(path_ + '/' + name))) != was->second->sha256;
    };
    if (TRY(changed(r.file))) any = true, change.bytes = TRY(file(r.file));
    if (TRY(changed(r.carved))) any = true, change.encoded = TRY(file(r.carved));
    if (r.file.empty() && r.carved.empty() && !r.children.empty() && !r.place.empty() && there.contains(r.place)) {
        there.erase(r.place);
        any = true, change.encoded = TRY(file(r.place));
    }
    if (!r.toml.empty() && there.contains(r.toml) && TRY(changed(r.toml))) {
        auto text = TRY(open_file(path_ + '/' + r.toml));
        change.fields = TRY(changed_fields(as_text(text.view()), r.fields, r.toml));
        any = any || !change.fields.empty();
    }
    if (any) changes_.emplace(&r, std::move(change));
    for (auto& c : r.children) TRY_VOID(look(c, written, there));
    return {};
}

Result<Buffer> Folder::original(const std::string& given) const {
    auto path = given.empty() ? path_ + "/.fieldstrip/original" : given;
    auto image = open_file(path);
    if (!image)
        return refused(given.empty()
                           ? "the folder holds no original (made with --no-original): name it with --original FILE, or use --rebuild-all"
                           : path + ": " + image.error().message);
    if (image->size() != manifest_.image_size || hash(*image) != manifest_.image_sha256)
        return refused(path + " is not the image that this folder was made from");
    return *image;
}

Result<void> Folder::collect(const Record& r, Node& n, Changes& out, Context& cx) const {
    if (auto c = changes_.find(&r); c != changes_.end()) {
        auto& change = c->second;
        if (change.bytes && change.encoded) return refused(r.place + " and what it holds are both changed: one of them only");
        Change as;
        as.fields = change.fields;
        if (change.bytes) as.bytes = change.bytes;
        if (change.encoded) as.bytes = change.encoded;
        if (change.encoded && n.kind == Node::Kind::Content && !is_known(*n.format(cx)))
            return refused(r.place + " can't stand for " + r.place + ".in");
        out[&n] = std::move(as);
    }
    bool below = false;  // a change somewhere in it: else there is no need to look
    std::function<void(const Record&)> any = [&](const Record& x) {
        for (auto& c : x.children) below = below || changes_.contains(&c), any(c);
    };
    any(r);
    if (!below) return {};
    auto kids = TRY(n.children(cx));
    if (kids.size() != r.children.size())
        return refused(n.path() + " is read in another way than when it was taken apart: extract it again with this version");
    for (size_t i = 0; i < kids.size(); i++) {
        if (kids[i]->name != r.children[i].name)
            return refused(n.path() + " is read in another way than when it was taken apart: extract it again with this version");
        TRY_VOID(collect(r.children[i], *kids[i], out, cx));
    }
    return {};
}

Result<Changes> Folder::as_changes(Node& root, Context& cx) const {
    Changes out;
    if (changes_.empty()) return out;
    auto* n = TRY(root.find(manifest_.path, cx));
    TRY_VOID(collect(manifest_.root, *n, out, cx));
    return out;
}

}  // namespace fieldstrip
