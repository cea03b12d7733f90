// How far a JFFS2 reaches: the rule of "one file system or two", which no byte on flash says.
#pragma once
#include "formats/jffs2/scan.h"
#include "formats/jffs2/versions.h"
#include "model/format.h"

namespace fieldstrip::jffs2 {

struct Region {
    Extent extent;
    Endian endian;
    u64 nodes = 0;
    unsigned bits = 0;             // of proof
    std::optional<Node> cut = {};  // a last node that the space ends in
    EraseBlocks blocks;
};

/// The one whose first node is at `at`: nodes of one endianness on one grid, over erased flash of any length and over less than an erase
/// block of other bytes, until the space ends or a node contradicts an earlier one.
std::expected<Region, No> region_at(ByteView space, u64 at, Context&);

/// Where the node that ends at `at` begins, if it is whole but for one bit of its magic or type: no scan for magics finds it.
std::optional<u64> damaged_before(ByteView space, u64 at);

}  // namespace fieldstrip::jffs2
