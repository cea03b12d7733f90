// A file system as a folder: each entry under its own name, and its lines.
#pragma once
#include "engine/early_files.h"
#include "engine/manifest.h"
#include "engine/sink.h"

namespace fieldstrip {

struct FilesWritten {
    std::vector<Record::Line> lines;  // in the file system's order
    u64 files = 0;
    std::vector<std::string> not_whole;  // paths of files that could not be read whole, with why
};

/// Writes the entries of `files` below `place`, which is made. `links`: symlinks too, after all else; else they are lines only. `look`:
/// into the files too, while their bytes are there; their nodes know then what they are. `early` (may be null): where some were read.
Result<FilesWritten> write_files(Node& files, const std::string& place, FolderSink&, bool links, bool look, EarlyFiles* early, Context&);

}  // namespace fieldstrip
