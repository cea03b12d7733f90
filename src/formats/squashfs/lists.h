// The list of a directory as its makers write it: headers, each with up to 256 names whose inodes lie in one metadata block, and the index
// that leads into long ones.
#pragma once
#include "formats/squashfs/disk.h"

namespace fieldstrip::squashfs {

/// How directory lists and their inodes are written.
enum class Maker {
    Mksquashfs,
    Libsquashfs
};

struct Listing {
    std::string_view name;
    u64 place;  // of its inode
    u32 number;
    u16 kind;  // a basic one
};
struct MadeList {
    Bytes bytes;
    struct Index {
        u32 place;  // in the list
        std::string name;
    };
    std::vector<Index> index;  // what an extended inode has
    bool indexed = false;      // so long that it needs it
};
/// `offset`: of where the list will begin in its metadata block.
MadeList list_of(Maker, std::span<const Listing>, u64 offset, Endian);

}  // namespace fieldstrip::squashfs
