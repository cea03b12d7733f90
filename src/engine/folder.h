// A folder that extract made, read back: what was changed in it.
#pragma once
#include "engine/manifest.h"
#include "engine/rebuild.h"

namespace fieldstrip {

/// What a change in the folder says about one record of the manifest.
struct FolderChange {
    std::optional<Rope> bytes;    // of its file, changed: content of a content, encoded bytes else
    std::optional<Rope> encoded;  // a carved file that changed, or one put beside NAME.in/
    std::vector<std::pair<std::string, std::string>> fields;
};

class Folder {
  public:
    /// Reads the manifest, hashes every file, and refuses what can't be meant: files that extract did not write, files that are gone,
    /// broken .toml.
    static Result<Folder> open(const std::string& path, Context&);
    const Manifest& manifest() const { return manifest_; }
    const std::string& path() const { return path_; }
    /// By record of the manifest.
    const std::map<const Record*, FolderChange>& changes() const { return changes_; }
    /// The bytes of a file in it, as they are now.
    Result<Rope> file(const std::string& relative) const;
    /// The image it came from: in the folder, or `original` where that is given. Held against the manifest's sha256.
    Result<Buffer> original(const std::string& original) const;
    /// The changes as changes of nodes of the image, opened again.
    Result<Changes> as_changes(Node& root, Context&) const;

  private:
    Result<void> look(const Record&, std::map<std::string, const Manifest::File*>& written, std::map<std::string, u64>& there);
    Result<void> collect(const Record&, Node&, Changes&, Context&) const;
    std::string path_;
    Manifest manifest_;
    std::map<const Record*, FolderChange> changes_;
};

/// Everything encoded again from contents and parameters; the original is not opened. `warnings` says where no encoder makes the same
/// bytes.
Result<Rope> remake(const Folder&, std::vector<std::string>& warnings, Context&);

}  // namespace fieldstrip
