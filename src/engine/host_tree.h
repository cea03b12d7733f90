// A folder that a file system was extracted to, as it is now: who is known, who is new.
#pragma once
#include <list>
#include <unordered_map>
#include <unordered_set>

#include "engine/host_files.h"
#include "engine/manifest.h"

namespace fieldstrip {

/// Paths of the host, below the folder.
struct HostTree {
    std::vector<HostFile> files;
    std::unordered_map<std::string_view, const HostFile*> there;
    std::unordered_map<std::string_view, size_t> known;         // files and links that were written → line
    std::map<std::string, std::string> folders;                 // folders that were made → the image's
    std::unordered_set<std::string_view> fresh;                 // there, and not known, or of another kind now
    std::unordered_map<std::string_view, std::string> content;  // by file: its sha256; by new link: its target
    std::list<HostFile> kept;                                   // empty folders that a copy lacks, as if they were there
};

/// `copied`: by something that may leave out empty folders; where it left out all of them they are kept.
Result<HostTree> look_at_tree(std::span<const Record::Line>, const std::string& folder, bool copied, Context&);

}  // namespace fieldstrip
