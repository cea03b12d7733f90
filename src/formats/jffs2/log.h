// Every node of a JFFS2 that may count, by what it is about: what Linux builds of a flash when it mounts it.
// Source: Linux fs/jffs2/scan.c and readinode.c (which nodes count), xattr.c.
#pragma once
#include <array>
#include <unordered_map>

#include "formats/jffs2/scan.h"
#include "model/context.h"

namespace fieldstrip::jffs2 {

/// A node that is not marked obsolete. Its fields are read from the bytes when they are needed.
struct Ref {
    enum Flaw : u8 {
        kBadHeader = 1,  // hdr_crc is wrong: it is known for but one bit
        kBadFixed = 2,   // node_crc is wrong
        kBadBody = 4,    // data_crc or name_crc is wrong, or the body is not all there
        kBadSizes = 8,   // its sizes contradict each other: Linux takes no such node
        kTorn = 16,      // it ends with erased flash: the power went while it was written
    };
    u32 place = 0;  // in steps of 4
    u32 totlen = 0;
    u32 id = 0;       // inode; of a dirent: its folder; of an xattr: its number
    u32 version = 0;  // of an xref: its sequence number
    u8 flaws = 0;
    u64 at() const { return u64{place} * 4; }
    u64 end() const { return at() + totlen; }
    bool good() const { return !flaws; }
};

struct Log {
    ByteView bytes;
    Endian endian = Endian::Little;
    // In the order of id, version, place; but dirents in that of id, name, version, place.
    std::vector<Ref> inodes = {}, dirents = {}, xattrs = {}, xrefs = {};
    /// Every node whose header is good and that ends inside, live or not, by place: so that nobody walks over the bytes again for it.
    std::vector<Node> nodes = {};
    /// Nodes that can't be told whose they are.
    std::vector<Ref> nobodys = {};
    /// Fixed parts of damaged nodes, with the bit put right: by place. Those that can't be put right are not here.
    std::unordered_map<u32, std::array<u8, 68>> repaired = {};

    RawInode inode(const Ref& r) const { return fixed<RawInode>(r); }
    RawDirent dirent(const Ref& r) const { return fixed<RawDirent>(r); }
    RawXattr xattr(const Ref& r) const { return fixed<RawXattr>(r); }
    RawXref xref(const Ref& r) const { return fixed<RawXref>(r); }
    /// What follows the fixed part, as far as it is there.
    ByteView body(const Ref& r, u64 fixed_size, u64 size) const;
    ByteView data(const Ref& r) const { return body(r, 68, inode(r).csize); }
    ByteView name(const Ref& r) const { return body(r, 40, dirent(r).nsize); }
    /// Those of one inode, folder or number.
    static std::span<const Ref> of(std::span<const Ref> all, u32 id);

  private:
    template <class T>
    T fixed(const Ref& r) const {
        auto all = bytes.subspan(r.at());
        if (!repaired.empty())
            if (auto known = repaired.find(r.place); known != repaired.end()) all = known->second;
        return read_record<T>(all.subspan(kHeader), endian).value_or(T{});
    }
};

/// The first node, or a damaged one, lies at 0.
Result<Log> read_log(ByteView bytes, Endian, Context&);

}  // namespace fieldstrip::jffs2
