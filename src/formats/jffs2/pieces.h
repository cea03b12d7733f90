// Which node each byte of a file is in: of those that hold it the one of the highest version. Source: Linux fs/jffs2/readinode.c.
#pragma once
#include "formats/jffs2/log.h"

namespace fieldstrip::jffs2 {

/// A range of a file; without a node: nothing holds it. (A hole has a node that says so.)
struct Piece {
    u64 from, to;
    const Ref* node;
};
/// All of [0, size), in order. `nodes`: those of one inode, in the order of versions; those with a flaw don't count.
std::vector<Piece> pieces_of(const Log&, std::span<const Ref> nodes, u64 size);

/// Whether what no node holds was never written: each version from the first on is there. Linux writes nodes for holes too, but reads
/// others as zeros; where versions are missing, so may be what was in them.
bool holes_are_meant(std::span<const Ref> nodes);

/// The node that says what the inode is: of those without a flaw the one of the highest version. Null: there is none.
const Ref* latest_of(std::span<const Ref> nodes);

}  // namespace fieldstrip::jffs2
