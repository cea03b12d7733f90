// What lies on disk: the superblock's numbers, and inodes of 12 bytes whose bit fields a compiler laid out, so that those of a big-endian
// machine begin at the other end of each word. Source: Linux include/uapi/linux/cramfs_fs.h.
#pragma once
#include "base/record.h"

namespace fieldstrip::cramfs {

constexpr u32 kMagic = 0x28CD3D45;
constexpr std::string_view kSignature = "Compressed ROMFS";
constexpr u64 kInode = 12, kSuper = 64 + kInode, kBoot = 512, kPage = 4096;
constexpr u64 kSignatureAt = 16, kFsidAt = 32, kCrcAt = 32, kNameAt = 48, kRootAt = 64;
/// What fields of 26, 24 and 6 bits hold.
constexpr u64 kMostOffset = u64{1} << 28, kMostSize = (u64{1} << 24) - 1, kMostName = 63 * 4;
/// Data begins below kMostOffset; a file of kMostSize, its pointers, and a page may follow.
constexpr u64 kMostImage = u64{1} << 29;

namespace flags {
constexpr u32 kVersion2 = 1, kSorted = 2, kHoles = 0x100, kWrongSignature = 0x200, kShiftedRoot = 0x400, kExtPointers = 0x800;
constexpr u32 kKnown = 0xFF | kHoles | kWrongSignature | kShiftedRoot | kExtPointers;
}  // namespace flags

struct Inode {
    u32 mode = 0, uid = 0, size = 0, gid = 0, name_words = 0, offset_words = 0;
    /// io(word, bits before it in that word as a little-endian compiler counts, width, field)
    void fields(auto& io) {
        io(0, 0, 16, mode), io(0, 16, 16, uid);
        io(1, 0, 24, size), io(1, 24, 8, gid);
        io(2, 0, 6, name_words), io(2, 6, 26, offset_words);
    }
    u64 offset() const { return u64{offset_words} * 4; }
    u64 name() const { return u64{name_words} * 4; }
    u32 type() const { return mode >> 12; }
    bool operator==(const Inode&) const = default;
};
enum Type : u32 {
    kFifo = 1,
    kChar = 2,
    kDirectory = 4,
    kBlock = 6,
    kFile = 8,
    kSymlink = 10,
    kSocket = 12
};
/// `b` has 12 bytes.
Inode read_inode(ByteView b, Endian);
void write_inode(std::span<u8> b, Endian, Inode);

struct Super {
    u32 magic = kMagic, size = 0, flags = 0, future = 0;
    u32 crc = 0, edition = 0, blocks = 0, files = 0;
    u8 signature[16] = {}, name[16] = {};
    Inode root = {};
    /// Its numbers: those before the signature, those behind it.
    void fields(auto& head, auto& fsid) {
        head(magic, 4), head(size, 4), head(flags, 4), head(future, 4);
        fsid(crc, 4), fsid(edition, 4), fsid(blocks, 4), fsid(files, 4);
    }
    bool version2() const { return flags & flags::kVersion2; }
};
/// `b` has kSuper bytes.
Super read_super(ByteView b, Endian);
Bytes write_super(Super, Endian);

}  // namespace fieldstrip::cramfs
