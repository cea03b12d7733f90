// JFFS2 of its first year, with the magic 0x1984: Linux says that it is there and takes no node of it, and so do we.
// Source: Linux include/uapi/linux/jffs2.h (JFFS2_OLD_MAGIC_BITMASK), fs/jffs2/scan.c.
#pragma once
#include "formats/jffs2/disk.h"
#include "model/context.h"

namespace fieldstrip::jffs2 {

constexpr u16 kOldMagic = 0x1984;

struct Old {
    Extent extent;
    Endian endian;
    u64 nodes;
    unsigned bits;  // of proof
};
/// Nodes with good headers one behind the other, erased flash between them; at least two.
std::optional<Old> old_at(ByteView space, u64 at, Context&);

}  // namespace fieldstrip::jffs2
