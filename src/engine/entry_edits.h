// What `edit` does to entries of file systems, as changes of the tree that is wanted.
#pragma once
#include "engine/rebuild.h"

namespace fieldstrip {

/// An entry of a file system, which may not be there yet.
struct EntryPlace {
    Node* files = nullptr;
    std::string path;  // "" the root
};

/// The place of a path by what was changed so far: a node (path is ""), or an entry. What lies in a file that was put in before has none.
Result<EntryPlace> locate(Node& root, std::string_view path, const Changes&, Context&);
/// The wanted tree of the file system, begun when there is none.
Result<WantedTree*> tree_of(Node& files, Changes&, Context&);

/// One operation by its name (add, mkdir, symlink, link, mknod, remove, rename, chmod, chown, touch, xattr) with its words.
Result<void> edit_entry(Node& root, std::string_view name, std::span<const std::string> words, Changes&, Context&);
/// A file, a link or a folder of the host with all in it, as new entries of owner 0:0.
Result<void> add_host(WantedTree&, const std::string& path, const std::string& host);

}  // namespace fieldstrip
