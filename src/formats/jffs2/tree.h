// The tree of names, as Linux makes it of dirents: of those of one name in one folder the highest version counts, and one of inode 0 says
// that the name is gone. Source: Linux fs/jffs2/nodelist.c (jffs2_add_fd_to_list), build.c, readinode.c.
#pragma once
#include "formats/jffs2/pieces.h"
#include "model/entry.h"

namespace fieldstrip::jffs2 {

struct Named {
    u32 parent = 0;  // an index; the root's is its own
    u32 ino = kRoot;
    u32 dirent = 0;  // an index into the log's; the root has none
    u32 path = 0;    // how long its path is
};

struct Tree {
    std::vector<Named> all = {};     // the root first, each folder's names in the order in which they lie on flash, then what is in them
    std::vector<u32> inodes = {};    // of all of them, in order
    std::vector<u32> nowhere = {};   // dirents that count, but of their inode nothing is there
    std::vector<u32> too_deep = {};  // folders that have names in them, but their path is longer than Linux takes: indices
    bool holds(u32 ino) const { return std::binary_search(inodes.begin(), inodes.end(), ino); }
};
Tree read_tree(const Log&);

/// Whether nothing is there of it but names in it: Linux takes it for a folder.
bool only_names(const Log&, u32 ino);
bool is_folder(const Log&, u32 ino);
/// What is known best: latest_of, or a damaged node where there is no better. Null: nothing.
const Ref* known_of(const Log&, u32 ino);
/// The dirents that count in a folder, also those of removed names.
std::vector<const Ref*> names_in(const Log&, u32 pino);

}  // namespace fieldstrip::jffs2
