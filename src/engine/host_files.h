// Files of the host, as what is to be put into an image.
#pragma once
#include "base/rope.h"
#include "model/entry.h"

namespace fieldstrip {

/// One of a folder of the host; links are not followed.
struct HostFile {
    std::string path;  // relative to the folder
    Entry::Type type;
    u32 mode;  // permission bits, set-id and sticky included
    u64 size = 0;
    i64 mtime = 0;
    u64 device = 0, inode = 0, links = 1;
    u32 major = 0, minor = 0;
    std::string target = {};  // of a symlink
};

/// The file or folder itself; Error Io.
Result<HostFile> look_at(const std::string& path);
/// Error Unsupported where the way from the folder `top` to what `relative` names leads through a link.
Result<void> by_no_link(const std::string& top, const std::string& relative);
/// All that lies in the folder, by path (path_less); a folder before what is in it.
Result<std::vector<HostFile>> list_folder(const std::string& folder);
/// As a new entry: its permission bits and its time, of owner 0:0.
Entry entry_of(const HostFile&, std::string path);
/// A regular file's bytes: small ones in memory, others mapped.
Result<Rope> read_host_file(const std::string& path);

}  // namespace fieldstrip
