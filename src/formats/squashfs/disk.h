// What lies on disk in version 4.0: the superblock, inodes of 14 kinds, directory headers and entries, fragments, attributes.
// Source: Linux fs/squashfs/squashfs_fs.h.
#pragma once
#include "base/record.h"

namespace fieldstrip::squashfs {

constexpr u64 kMetadata = 8192;  // plain bytes of a metadata block
constexpr u64 kAbsentTable = ~u64{0};
constexpr u32 kNone = ~u32{0};  // no fragment, no attributes
constexpr u64 kMostName = 256;
constexpr u32 kStoredBlock = 1 << 24;  // of a data block's size: its bytes are plain
constexpr u16 kStoredMetadata = 1 << 15;

namespace flags {
constexpr u16 kPlainInodes = 1, kPlainData = 2, kPlainFragments = 8, kNoFragments = 0x10, kAlwaysFragments = 0x20, kDuplicates = 0x40,
              kExport = 0x80, kPlainXattrs = 0x100, kNoXattrs = 0x200, kOptions = 0x400, kPlainIds = 0x800;
}  // namespace flags

struct Super {
    u32 magic = 0x73717368, inodes = 0, mkfs_time = 0, block_size = 0, fragments = 0;
    u16 compression = 0, block_log = 0, flags = 0, ids = 0, major = 4, minor = 0;
    u64 root = 0, bytes_used = 0;
    u64 id_table = 0, xattr_table = kAbsentTable, inode_table = 0, directory_table = 0, fragment_table = kAbsentTable,
        export_table = kAbsentTable;
    static constexpr u64 kSize = 96;
    void fields(auto& io) {
        io(magic, 4), io(inodes, 4), io(mkfs_time, 4), io(block_size, 4), io(fragments, 4);
        io(compression, 2), io(block_log, 2), io(flags, 2), io(ids, 2), io(major, 2), io(minor, 2);
        io(root, 8), io(bytes_used, 8);
        io(id_table, 8), io(xattr_table, 8), io(inode_table, 8), io(directory_table, 8), io(fragment_table, 8), io(export_table, 8);
    }
};

enum Kind : u16 {
    kDirectory = 1,
    kFile,
    kSymlink,
    kBlockDevice,
    kCharDevice,
    kFifo,
    kSocket,
    kExtended = 7  // more than the basic kind's number
};

/// Any inode, without what follows it: blocks, a target, an index.
struct Inode {
    u16 kind = 0, mode = 0, uid = 0, gid = 0;
    u32 mtime = 0, number = 0;
    u32 links = 1;
    u64 start = 0, size = 0, sparse = 0;  // file: where its blocks begin; directory: the block of its list, the list's length + 3
    u32 fragment = kNone, offset = 0;     // file: its tail; directory: offset of its list
    u32 parent = 0, rdev = 0, xattr = kNone;
    u16 index = 0;  // entries of an extended directory's index
    bool extended() const { return kind > kExtended; }
    u16 basic() const { return kind > kExtended ? u16(kind - kExtended) : kind; }
    void fields(auto& io) {
        io(kind, 2), io(mode, 2), io(uid, 2), io(gid, 2), io(mtime, 4), io(number, 4);
        switch (kind) {
            case kDirectory: io(start, 4), io(links, 4), io(size, 2), io(offset, 2), io(parent, 4); break;
            case kDirectory + kExtended:
                io(links, 4), io(size, 4), io(start, 4), io(parent, 4), io(index, 2), io(offset, 2), io(xattr, 4);
                break;
            case kFile: io(start, 4), io(fragment, 4), io(offset, 4), io(size, 4); break;
            case kFile + kExtended:
                io(start, 8), io(size, 8), io(sparse, 8), io(links, 4), io(fragment, 4), io(offset, 4), io(xattr, 4);
                break;
            case kSymlink:
            case kSymlink + kExtended: io(links, 4), io(size, 4); break;  // of an extended one the attributes stand behind the target
            case kBlockDevice:
            case kCharDevice: io(links, 4), io(rdev, 4); break;
            case kBlockDevice + kExtended:
            case kCharDevice + kExtended: io(links, 4), io(rdev, 4), io(xattr, 4); break;
            case kFifo:
            case kSocket: io(links, 4); break;
            default: io(links, 4), io(xattr, 4); break;
        }
    }
    bool operator==(const Inode&) const = default;
};

struct ListHeader {  // before at most 256 entries whose inodes lie in one metadata block
    u32 count = 0, start = 0, number = 0;
    static constexpr u64 kSize = 12;
    void fields(auto& io) { io(count, 4), io(start, 4), io(number, 4); }
};
struct ListEntry {
    u16 offset = 0, delta = 0, kind = 0, length = 0;  // of the name, less one
    static constexpr u64 kSize = 8;
    void fields(auto& io) { io(offset, 2), io(delta, 2), io(kind, 2), io(length, 2); }
};
struct IndexEntry {  // of an extended directory: the name that begins the list's part at `place`
    u32 place = 0, start = 0, length = 0;
    static constexpr u64 kSize = 12;
    void fields(auto& io) { io(place, 4), io(start, 4), io(length, 4); }
};
struct FragmentEntry {
    u64 start = 0;
    u32 size = 0, unused = 0;
    static constexpr u64 kSize = 16;
    void fields(auto& io) { io(start, 8), io(size, 4), io(unused, 4); }
};
struct XattrHeader {
    u64 start = 0;
    u32 count = 0, unused = 0;
    static constexpr u64 kSize = 16;
    void fields(auto& io) { io(start, 8), io(count, 4), io(unused, 4); }
};
struct XattrList {
    u64 place = 0;
    u32 count = 0, size = 0;
    static constexpr u64 kSize = 16;
    void fields(auto& io) { io(place, 8), io(count, 4), io(size, 4); }
};
constexpr u16 kOutOfLine = 0x100;  // of an attribute's type: its value is a place
constexpr std::string_view kPrefixes[] = {"user.", "trusted.", "security."};

/// How many bytes a record takes.
struct Length {
    u64 size = 0;
    void operator()(auto&, unsigned width) { size += width; }
};
template <class T>
u64 length_of(T record) {
    Length io;
    record.fields(io);
    return io.size;
}

/// Linux's way of packing a device's two numbers into 32 bits.
inline u32 major_of(u32 rdev) { return rdev >> 8 & 0xFFF; }
inline u32 minor_of(u32 rdev) { return (rdev & 0xFF) | (rdev >> 12 & 0xFFF00); }
inline u32 rdev_of(u32 major, u32 minor) { return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFFu) << 12; }

}  // namespace fieldstrip::squashfs
