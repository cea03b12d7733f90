// What a mounted JFFS2 would write to become the tree that is wanted: newer nodes, and nothing of what stays.
// Source: Linux fs/jffs2/dir.c, fs.c, file.c, write.c, xattr.c (which nodes a change writes).
#pragma once
#include "formats/jffs2/params.h"

namespace fieldstrip::jffs2 {

/// In the order in which they are to be read. Empty: it is that tree already. The same for one tree in whatever order it is said.
/// `cut`: pages of content are cut into so many parts, so that they fit where less is free.
Result<std::vector<Bytes>> changes(const Volume&, std::span<const Entry> was, std::span<const Wanted>, u64 cut, Context&);

}  // namespace fieldstrip::jffs2
