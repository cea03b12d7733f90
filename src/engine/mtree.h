// NAME.mtree: owners, modes, times, devices, links and xattrs of a file system, one line an entry, for people to change.
// Source: mtree(5) of FreeBSD and libarchive; `xattr.NAME=base64` is ours.
#pragma once
#include "model/entry.h"

namespace fieldstrip {

/// One line, read. Hard links share `link_group` (the keyword inode), which is 0 where there is none.
struct MtreeLine {
    Entry entry;
    u64 link_group = 0;
    u64 number = 0;  // of the line, from 1
    bool has_mode = false, has_owner = false, has_time = false;
};

/// "./etc/passwd type=file mode=0644 uid=0 gid=0 time=1528268827.0"
std::string mtree_line(const Entry&);
/// By entry: which of the groups of hard links it is of, numbered by their first; 0 where it is alone.
std::vector<u64> link_groups(std::span<const Entry>);
/// The whole file. A file that has several links says how many, and of which group it is.
std::string mtree_file(std::span<const Entry>, std::string_view title);
/// Error Unsupported names the file's `title` and the line. Sizes, digests, user and group names are read over: what they say follows from
/// the files and from uid and gid. `/set` and `/unset` are understood.
Result<std::vector<MtreeLine>> parse_mtree(std::string_view text, std::string_view title);

}  // namespace fieldstrip
