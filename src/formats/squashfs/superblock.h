// The superblock of a squashfs, held against what it points to: where the file system ends follows from it and from nothing else.
#pragma once
#include "model/walk.h"

namespace fieldstrip::squashfs {

struct Superblock {
    Layout layout;  // its fields under their names in squashfs_fs.h, then "data" as far as bytes are there
    Endian endian = Endian::Little;
    unsigned major = 0;
    u64 bytes_used = 0, block_size = 0;
    bool cut = false;  // bytes_used is more than there is
};

/// Reads one that begins at 0, of version 4.0 or one of 1 to 3. Wrong where a field is out of its range or a table leads outside; what lies
/// behind the end of `bytes` is not held against it.
Result<Superblock> read_superblock(ByteView bytes);

/// Version and block size: fast, and enough to send away nearly all that only has the magic.
bool looks_like_superblock(ByteView bytes);

}  // namespace fieldstrip::squashfs
