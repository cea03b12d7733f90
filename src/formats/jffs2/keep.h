// What of an inode and its name an entry can't say: opaque words beside it. And inodes of entries, the other way round.
#pragma once
#include "formats/jffs2/disk.h"
#include "model/entry.h"
#include "model/recipe.h"

namespace fieldstrip::jffs2 {

struct Keep {
    std::optional<u32> atime = {}, ctime = {};  // where they are not the mtime
    std::optional<u32> mtime = {};              // a folder's own, where a name in it is newer
    std::optional<u32> mctime = {};             // its name's, where it is not the mtime
    std::optional<u32> same = {};               // several names, and it is no file: those with the same number are one
    std::vector<u32> order = {};                // of its attributes, where it is not that of their names
    std::string line() const;
    static Keep of_line(std::string_view);
};

/// The fields that an entry says: kind, permissions, owner, time. Unsupported: what they can't hold.
Result<RawInode> inode_of(const Entry&);
/// What its node holds: a target, a device number. Unsupported: a number that is too large, a target that Linux does not follow.
Result<Bytes> data_of(const Entry&, Endian);
/// The last name of its path, as it lies on flash. Unsupported: what no name can be.
Result<std::string> name_of(const Entry&);
/// DT_REG and so on.
inline u8 type_of_mode(u32 mode) { return u8(mode >> 12 & 15); }

}  // namespace fieldstrip::jffs2
