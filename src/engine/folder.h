// A folder that extract made, read back: what was changed in it.
#pragma once
#include <future>

#include "engine/folder_files.h"
#include "engine/rebuild.h"

namespace fieldstrip {

/// What a change in the folder says about one record of the manifest.
struct FolderChange {
    std::optional<Rope> bytes;    // of its file, changed: content of a content, encoded bytes else
    std::optional<Rope> encoded;  // a carved file that changed, or one put beside NAME.in/
    std::vector<std::pair<std::string, std::string>> fields;
    std::vector<TreeChange::Step> tree;  // of a file system
};

class Folder {
  public:
    /// Reads the manifest, hashes every file, and refuses what can't be meant: outside of file systems files that extract did not write and
    /// files that are gone; lines without files; broken .toml.
    /// `original`: the image that original() will be asked for ("": the one in the folder), hashed beside all else; null: none will be.
    static Result<Folder> open(const std::string& path, Context&, const std::string* original = nullptr);
    const Manifest& manifest() const { return *manifest_; }
    const std::string& path() const { return path_; }
    /// By record of the manifest.
    const std::map<const Record*, FolderChange>& changes() const { return changes_; }
    /// Whether something that it holds is changed.
    bool is_changed_below(const Record&) const;
    /// What is done that may not be expected, and (worth exit code 1) what was changed and means nothing.
    const std::vector<std::string>& notes() const { return notes_; }
    const std::vector<std::string>& warnings() const { return warnings_; }
    /// Its owner keeps it in git: what is git's at its top is passed over.
    bool is_in_git() const { return of_git_; }
    /// By node of a file system's record: a file of the host that holds its content now.
    const std::unordered_map<u64, std::string>& contents(const Record& r) const { return contents_.at(&r); }
    /// The bytes of a file in it, as they are now.
    Result<Rope> file(const std::string& relative) const;
    /// The image it came from: in the folder, or `original` where that is given. Held against the manifest's sha256.
    Result<Buffer> original(const std::string& original) const;
    /// The changes as changes of nodes of the image, opened again.
    Result<Changes> as_changes(Node& root, Context&) const;

  private:
    /// What is still hashed.
    struct Hashed {
        std::string given, path;
        Result<Buffer> image;
        std::shared_future<std::string> digest = {};
    };
    struct Looking;
    Hashed hashed(const std::string& given, const Pool*) const;
    Result<void> look(const Record&, Looking&);
    Result<void> collect(const Record&, Node&, Changes&, Context&) const;
    Result<void> collect_files(const Record&, Node&, Changes&, Context&) const;
    Result<void> collect_children(const Record&, Node&, Changes&, Context&) const;
    std::string path_;
    std::shared_ptr<const Manifest> manifest_;  // records are known by their addresses
    std::map<const Record*, FolderChange> changes_;
    std::map<const Record*, std::unordered_map<u64, std::string>> contents_;
    std::vector<std::string> notes_, warnings_;
    bool of_git_ = false;
    std::shared_ptr<Hashed> original_;  // null: not begun
};

/// Everything encoded again from contents and parameters; the original is not opened. `warnings` says where no encoder makes the same
/// bytes. `resize`: the image may become longer or shorter.
Result<Rope> remake(const Folder&, bool resize, std::vector<std::string>& warnings, Context&);

}  // namespace fieldstrip
