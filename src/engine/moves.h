// Which of the new files of a folder are gone ones under another name.
#pragma once
#include "engine/host_tree.h"

namespace fieldstrip {

struct Moves {
    std::map<std::string, std::string> folders;  // gone → new, outermost only
    std::map<size_t, std::string> files;         // line → new path, of those that no folder took along
};

/// A folder is another one's new name when all that lay in it lies there, at least half of it unchanged; a file when it is the only one
/// that is gone with that content.
Moves find_moves(std::span<const Record::Line>, const HostTree&);
/// Where a path is after the folders moved.
std::string moved_path(const std::map<std::string, std::string>& folders, std::string_view path);

}  // namespace fieldstrip
