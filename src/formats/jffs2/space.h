// Erase blocks: what of each is used, what is free, and what would be if only what counts were copied to it.
#pragma once
#include "formats/jffs2/volume.h"

namespace fieldstrip::jffs2 {

struct Block {
    u64 begin = 0, end = 0;  // of the erase block, as far as the room goes
    u64 used = 0;            // up to here; behind it all is erased
    u64 marker = 0;          // bytes that a cleanmarker takes at its begin when it is written anew
    bool fixed = false;      // holds what is damaged, or not known: it is not written anew
    bool empty() const { return used == begin; }
    u64 free() const { return end - used - (empty() ? std::min(marker, end - used) : 0); }
    u64 capacity() const { return end - begin - std::min(marker, end - begin); }
};

/// A node that counts, and must be somewhere.
struct Live {
    u64 at;    // in the old bytes
    u32 size;  // without filler
    u32 block;
};

/// What the nodes of a log are worth, once `changes` are behind it. Asks what is dead of the same reader that reads everything.
struct Worth {
    std::vector<Live> live = {};
    /// Those that say that something is gone: they count as long as what they deny lies in a block that stays.
    struct Denial {
        Live node;
        std::vector<u32> blocks;
    };
    std::vector<Denial> denials = {};
};

/// Bytes of the region by what they are worth; the rest is live, or fills up to the grid.
struct Usage {
    u64 free = 0;      // erased, behind the last node of its erase block
    u64 dirty = 0;     // nodes for which newer ones stand, damaged ones, bytes that are no node, erased flash between nodes
    u64 obsolete = 0;  // nodes that are marked so
};
Result<Usage> usage_of(const Volume&, Context&);

/// The erase blocks of all the room, at most `more` behind the last one in use.
std::vector<Block> blocks_of(const Volume&, u64 room, u64 more, u64 marker);
Result<Worth> worth_of(const Volume&, std::span<const Bytes> changes, std::vector<Block>&, Context&);

}  // namespace fieldstrip::jffs2
