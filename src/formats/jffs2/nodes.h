// Makes nodes, with all their checksums. None is filled up to the grid of 4.
#pragma once
#include "formats/jffs2/disk.h"

namespace fieldstrip::jffs2 {

/// `raw` says all but csize and the checksums.
Bytes inode_node(RawInode raw, ByteView data, Endian);
Bytes dirent_node(RawDirent raw, std::string_view name, Endian);
/// totlen counts the filler, which is there: else Linux does not take it.
Bytes xattr_node(RawXattr raw, std::string_view name, ByteView value, Endian);
Bytes xref_node(RawXref raw, Endian);
/// A cleanmarker that says that it is so long; 12 bytes of it.
Bytes cleanmarker(u32 totlen, Endian);

/// One node as a summary knows it, of those that it lists.
struct Summed {
    u32 offset;  // in its erase block
    ByteView node;
};
/// How long a summary of so many bytes of records is, without filler.
constexpr u64 kSummaryFrame = 32 + 8;
u64 summary_record(u16 type, u64 name);
/// A summary from `at` to the end of its erase block of `block` bytes. `clean`: totlen of the cleanmarker, or 0.
Bytes summary_node(std::span<const Summed>, u64 at, u64 block, u32 clean, Endian);

}  // namespace fieldstrip::jffs2
