// Which entries of two file systems are the same one: by path, by the folder that got another name, by version in the name, by content.
#pragma once
#include "engine/entries.h"

namespace fieldstrip {

struct EntryPair {
    std::optional<size_t> a, b;  // of the entries; none: removed, added
    bool moved = false;          // by itself, not with its folder
    bool with_folder = false;    // came, went with its folder
};
struct FolderPair {
    std::string a, b;  // "" on the side where it is not
    u64 files = 0;     // that are below it
};
struct EntryMatch {
    std::vector<EntryPair> pairs;     // all of them, by path
    std::vector<FolderPair> folders;  // that have another name, were added, were removed (the outermost); by path
};

/// A digest of the content of entry i of the first or second list; none where it can't be had.
using DigestOf = std::function<std::optional<std::string>(bool second, size_t i)>;
/// Of several entries of a path the last counts. Work is linear, but for a bounded number of folders that are held against each other.
EntryMatch match_entries(const EntryList& a, const EntryList& b, const DigestOf&);
/// A name without the version in it ("vmlinuz-#-amd64"); "" where there is none.
std::string without_version(std::string_view name);

}  // namespace fieldstrip
