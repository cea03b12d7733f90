// What an image says beyond its entries: where things lie relative to each other, and what a maker chose. Found once; an entry's `keep` and
// the recipe say the same in words.
#pragma once
#include "formats/squashfs/lists.h"
#include "formats/squashfs/volume.h"

namespace fieldstrip::squashfs {

/// Of an inode: only what does not follow from the entry and from the rules that hold for the image.
struct Kept {
    std::optional<u64> number = {};                 // the inode's
    std::optional<u64> rank = {};                   // in the inode table, where it is not in the tree's order
    std::optional<u64> extended = {};               // 1: of the extended kind without need; 0: of the basic one in spite of it
    std::optional<u64> links = {};                  // the count that it says
    std::optional<u64> sparse = {};                 // of the bytes in holes
    std::optional<u64> start = {};                  // of a file without blocks on disk
    std::optional<u64> run = {}, step = {};         // which run of blocks is its content, and with which block of it it begins (none: 0)
    std::optional<u64> fragment = {}, offset = {};  // where its tail lies
    std::optional<u64> xattr = {};                  // the number of its list of attributes
    std::string order = {};                         // of these, where it is not that of their names: "2.0.1"
    std::optional<u64> mode = {};                   // bits above the permissions
    std::string name = {};                          // where the path's part is another spelling of it
    bool operator==(const Kept&) const = default;
};
/// `name`: instead of the one that it has.
std::string line_of(const Kept&, std::string_view name = {});
Kept kept_of_line(std::string_view);

/// A run of blocks: one behind the other, of one file or more.
struct Run {
    Extent extent;
    u32 node;  // the first that has all of it
};

struct Analysis {
    std::vector<Kept> nodes;                     // as Image::nodes
    std::vector<u32> order;                      // nodes as the inode table has them
    bool tree_order = true;                      // which is that of a walk through the tree, what is in a directory before it
    bool dense = true;                           // inode numbers are 1 … the number of inodes
    std::vector<Run> runs;                       // by place
    std::vector<std::pair<u32, u32>> fragments;  // by place: the number, and before which run it lies
    Maker maker = Maker::Mksquashfs;
    bool links_of_all = false;            // a directory's count of links counts all that is in it
    std::optional<u64> root_parent = {};  // none: the number behind the last inode's
    u32 no_offset = 0;                    // what a file without tail says where in a fragment that lies
    bool gapless = true;                  // data lies without holes, overlaps, and from the first place to the last
};
Analysis analyse(const Image&);

/// What needs an extended inode: `links` of a file, `list` bytes of a directory.
bool needs_extended(const Inode&, u64 links, bool has_index);
/// Bytes of holes as the inode of such a file says them: mksquashfs (4.5) says none, however many there are.
u64 sparse_of(Maker, std::span<const u32> blocks, u64 size, u32 block_size);
/// The nodes in the order of a walk through the tree, each behind what is in it. `children(i)`: of the i-th name; `node(i)`: its inode.
std::vector<u32> post_order(size_t nodes, const std::function<std::span<const u32>(u32)>& children, const std::function<u32(u32)>& node);

}  // namespace fieldstrip::squashfs
