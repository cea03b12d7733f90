// Which (kind, inode, version) a JFFS2 holds: two nodes of one key that differ cannot be of one file system.
#pragma once
#include "formats/jffs2/blocks.h"

namespace fieldstrip::jffs2 {

class Versions {
  public:
    Versions(ByteView space, u64 first, Endian endian) : space_(space), first_(first), endian_(endian) {}
    /// One more node, in order; its node_crc holds. All but live inodes and dirents are passed over.
    void add(const Node&);
    /// Time to look: as many nodes have come as there were. Sorting each time then costs no more than sorting twice.
    bool due() const { return count_ >= due_; }
    /// Where the first erase block begins that holds a node which a node of an earlier block contradicts. Both are whole: what power loss
    /// left has the version that was written again after it. Nothing: they can all be of one file system.
    std::optional<u64> contradicted_at(const EraseBlocks::Known&);

  private:
    struct Seen {
        u64 key;      // inode (of a dirent: its folder's), version
        u32 content;  // what its checksums come to
        u32 place;    // from the first node, in steps of the grid
        bool operator<(const Seen& o) const { return key != o.key ? key < o.key : place < o.place; }
    };
    bool whole(const Seen&) const;
    ByteView space_;
    u64 first_;
    Endian endian_;
    std::vector<Seen> inodes_, dirents_;  // 16 bytes for nodes of at least 40
    u64 count_ = 0, due_ = 32;
};

}  // namespace fieldstrip::jffs2
