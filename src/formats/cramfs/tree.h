// The tree as it lies: inodes in the order of the directories' lists, and where the blocks of a file are.
#pragma once
#include <algorithm>

#include "formats/cramfs/disk.h"

namespace fieldstrip::cramfs {

struct Node {
    u64 at = 0;  // of its inode
    Inode inode = {};
    u32 parent = 0;            // an index; the root's is its own
    u32 first = 0, count = 0;  // a directory: its entries, indices
    bool broken = false;       // and its list can't be read to its end
};

/// An image that was read as far as its inodes. Offsets are those of `bytes`, which begin with the boot code where there is some.
struct Image {
    ByteView bytes;
    Endian endian = Endian::Little;
    u64 begin = 0;  // of the superblock: 0 or kBoot
    Super super = {};
    u64 block = kPage;  // content in a block
    std::vector<Node> nodes = {};

    ByteView name(const Node& n) const;  // without the NULs that fill it up
    bool ext() const { return super.flags & flags::kExtPointers; }
    u64 blocks(const Inode& i) const { return i.size / block + (i.size % block != 0); }
    bool has_data(const Inode& i) const { return i.size && (i.type() == kFile || i.type() == kSymlink); }
};

/// Where its superblock begins and its order; `bytes` begin with it or with boot code. Nothing where there is none.
struct Place {
    u64 begin;
    Endian endian;
};
std::optional<Place> find_super(ByteView bytes);

/// The tree: linear in the bytes, whatever they are. Lists that overlap others (loops among them) are broken.
Image read_image(ByteView bytes, Place);

struct Block {
    Extent extent;        // of size 0: a hole
    bool stored = false;  // as it is, without zlib
    u64 content = 0;      // what it must decode to
};
/// The i-th of a file or symlink; nothing where its pointers lead outside or backwards.
std::optional<Block> block_of(const Image&, const Inode&, u64 i);

/// Calls visit(index) for all below the first, as mkcramfs orders data: each directory's content behind it. `children(i)` is a range.
void depth_first(auto&& children, auto&& visit) {
    std::vector<u32> open = {0};
    while (!open.empty()) {
        auto i = open.back();
        open.pop_back();
        visit(i);
        auto first = i64(open.size());
        for (u32 child : children(i)) open.push_back(child);
        std::reverse(open.begin() + first, open.end());
    }
}
/// The nodes whose data is new, in that order: of those with the same data the first.
std::vector<u32> data_in_order(const Image&);

/// Pointers and blocks of a file or symlink, without what fills them up; of damaged pointers as far as they lead. Of size 0: outside.
Extent data_extent(const Image&, const Inode&);
/// Where the bytes of all files' data end, as far as they are said; the end of the lists where there is none.
u64 end_of_data(const Image&);

}  // namespace fieldstrip::cramfs
