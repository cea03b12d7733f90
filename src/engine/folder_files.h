// What was changed of a file system in the folder that it was extracted to.
#pragma once
#include "engine/manifest.h"
#include "engine/wanted.h"

namespace fieldstrip {

/// As operations on the tree: whatever tree it is applied to, that of the image or that of the manifest.
struct TreeChange {
    using Step = std::function<Result<void>(WantedTree&)>;
    std::vector<Step> steps;                        // in order
    std::unordered_map<u64, std::string> contents;  // by node: a file of the host that holds it, unchanged or not
    std::vector<std::string> notes;                 // what follows and may not be expected: lines that are ignored
    std::vector<std::string> warnings;              // what was changed and means nothing
};

struct FilesThere {
    std::string folder;          // of the host: what stands for the root
    std::string mtree;           // text of the lines
    bool lines_changed = false;  // it is not what was written
    bool copied = false;         // the folder is a copy, made by something that may leave out empty folders (git)
};

/// Holds files and lines against the record, by the table of changes. Error Unsupported where a change can't be meant.
Result<TreeChange> compare_files(const Record&, FilesThere, Context&);

}  // namespace fieldstrip
