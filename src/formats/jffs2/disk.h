// JFFS2 as it lies on flash: node types, where their checksums are and over what, numbers of either endianness.
// Source: Linux include/uapi/linux/jffs2.h (structs, types), fs/jffs2/summary.h (summary), fs/jffs2/scan.c (what each checksum is over).
#pragma once
#include "base/digest.h"
#include "base/record.h"

namespace fieldstrip::jffs2 {

constexpr u16 kMagic = 0x1985;
/// Cleared on flash when a node is superseded; all checksums are made with it set.
constexpr u16 kAccurate = 0x2000;
enum Type : u16 {
    kDirent = 0xE001,
    kInode = 0xE002,
    kCleanmarker = 0x2003,
    kPadding = 0x2004,
    kSummary = 0x2006,
    kXattr = 0xE008,
    kXref = 0xE009
};

/// magic, nodetype, totlen, hdr_crc: hdr_crc is over the 8 bytes before it.
constexpr u64 kHeader = 12;
/// No erase block is larger, and a node never leaves its block.
constexpr u64 kMaxBlock = u64{16} << 20;
/// The last 8 bytes of a summary: its offset in its erase block, and this. It ends where the block ends.
constexpr u32 kSummaryEnd = 0x02851885;

/// A node as its header has it. It was believed because its hdr_crc holds.
struct Node {
    u64 at = 0;  // in the space
    u32 totlen = 0;
    u16 type = 0;  // with the accurate bit
    bool obsolete = false;
    u64 end() const { return at + totlen; }
};

/// What kinds have behind the header: a fixed part with a checksum of its own, and one checksum over what follows.
struct Shape {
    u16 type;
    u32 size;                    // of the fixed part, with the header
    u32 node_crc, node_covers;   // where, and over how many bytes from the node's begin; 0: none
    u32 body_crc;                // where; the body begins behind the fixed part
    std::string_view body_name;  // what the kernel calls that field
};
inline constexpr Shape kShapes[] = {
    {kDirent, 40, 32, 32, 36, "name_crc"}, {kInode, 68, 64, 60, 60, "data_crc"},
    {kXattr, 32, 28, 28, 24, "data_crc"},  {kXref, 28, 24, 24, 0, {}},
    {kSummary, 32, 28, 24, 24, "sum_crc"}, {kCleanmarker, 12, 0, 0, 0, {}},
    {kPadding, 12, 0, 0, 0, {}},
};
inline const Shape* shape_of(u16 type) {
    for (auto& s : kShapes)
        if (s.type == type) return &s;
    return nullptr;
}

/// The kernel's crc32(0, …): neither a start of ones nor a complement at the end.
inline u32 crc_of(ByteView b) { return ~crc32(b, 0xFFFFFFFF); }

/// Numbers of a space whose nodes are of one endianness; the caller knows that they lie inside.
struct Numbers {
    ByteView bytes;
    Endian endian;
    u8 n8(u64 at) const { return bytes[at]; }
    u16 n16(u64 at) const { return u16(load(bytes.subspan(at, 2), 2, endian)); }
    u32 n32(u64 at) const { return u32(load(bytes.subspan(at, 4), 4, endian)); }
};

/// The hdr_crc that a header with these 8 bytes must have: the accurate bit counts as set.
inline u32 header_crc(ByteView header, Endian endian) {
    u8 b[8];
    std::memcpy(b, header.data(), 8);
    b[endian == Endian::Big ? 2 : 3] |= kAccurate >> 8;
    return crc_of(b);
}

/// How long the body of a node is that has one, as its fields say (they may lie).
inline u64 body_size(const Numbers& n, const Node& node) {
    switch (node.type) {
        case kDirent: return n.n8(node.at + 28);
        case kInode: return n.n32(node.at + 48);
        case kXattr: return u64{n.n8(node.at + 21)} + 1 + n.n16(node.at + 22);
        case kSummary: return node.totlen - 32;
        default: return 0;
    }
}

/// What stands behind the header, as on flash: all checksums included.
struct RawInode {
    u32 ino = 0, version = 0, mode = 0;
    u16 uid = 0, gid = 0;
    u32 isize = 0, atime = 0, mtime = 0, ctime = 0, offset = 0, csize = 0, dsize = 0;
    u8 compr = 0, usercompr = 0;
    u16 flags = 0;
    u32 data_crc = 0, node_crc = 0;
    void fields(auto& io) {
        io(ino, 4), io(version, 4), io(mode, 4), io(uid, 2), io(gid, 2), io(isize, 4), io(atime, 4), io(mtime, 4), io(ctime, 4);
        io(offset, 4), io(csize, 4), io(dsize, 4), io(compr, 1), io(usercompr, 1), io(flags, 2), io(data_crc, 4), io(node_crc, 4);
    }
    /// How much content it has. A Linux of long ago wrote holes with the two sizes the other way round.
    u64 size() const { return compr == 1 && !dsize ? csize : dsize; }
    bool operator==(const RawInode&) const = default;
};
struct RawDirent {
    u32 pino = 0, version = 0, ino = 0, mctime = 0;
    u8 nsize = 0, type = 0;
    u16 unused = 0;
    u32 node_crc = 0, name_crc = 0;
    void fields(auto& io) {
        io(pino, 4), io(version, 4), io(ino, 4), io(mctime, 4), io(nsize, 1), io(type, 1), io(unused, 2), io(node_crc, 4), io(name_crc, 4);
    }
};
struct RawXattr {
    u32 xid = 0, version = 0;
    u8 xprefix = 0, name_len = 0;
    u16 value_len = 0;
    u32 data_crc = 0, node_crc = 0;
    void fields(auto& io) {
        io(xid, 4), io(version, 4), io(xprefix, 1), io(name_len, 1), io(value_len, 2), io(data_crc, 4), io(node_crc, 4);
    }
};
struct RawXref {
    u32 ino = 0, xid = 0, xseqno = 0, node_crc = 0;  // an odd xseqno: the inode has it no more
    void fields(auto& io) { io(ino, 4), io(xid, 4), io(xseqno, 4), io(node_crc, 4); }
};

struct RawSummary {
    u32 sum_num = 0, cln_mkr = 0, padded = 0, sum_crc = 0, node_crc = 0;
    void fields(auto& io) { io(sum_num, 4), io(cln_mkr, 4), io(padded, 4), io(sum_crc, 4), io(node_crc, 4); }
};

/// How the data of a node is encoded (`compr`).
enum Compr : u8 {
    kNone = 0,
    kZero = 1,
    kRtime = 2,
    kRubinMips = 3,
    kCopy = 4,
    kDynRubin = 5,
    kZlib = 6,
    kLzo = 7,
    kLzma = 8
};

constexpr u32 kRoot = 1;
/// The kinds of mode: S_IFMT and what it may be.
constexpr u32 kFormat = 0170000, kSocket = 0140000, kLink = 0120000, kRegular = 0100000, kBlock = 0060000, kDirectory = 0040000,
              kChar = 0020000, kFifo = 0010000;

}  // namespace fieldstrip::jffs2
