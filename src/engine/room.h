// How far a region may grow, and what the filler behind it becomes: nobody else ever moves.
#pragma once
#include "base/rope.h"
#include "engine/mapper.h"

namespace fieldstrip {

/// A region in its space with the filler behind it, up to the next known region, border or bytes that are no filler.
struct Room {
    struct Filler {
        Extent extent;
        u8 pad;
    };
    Extent region;                // in the space
    std::vector<Filler> fillers;  // one run behind the other
    u8 freed = 0xFF;              // what freed bytes get where there is no filler
    u64 end() const { return fillers.empty() ? region.end() : fillers.back().extent.end(); }
    u64 size() const { return end() - region.offset; }
};

/// What the space becomes from the region's begin to the room's end, with `now` in the region's place. If the first filler ended on a
/// multiple of 512, 1024 or 4096 counted from the region's begin it is made again to that multiple; freed bytes get the byte of the last
/// filler, `freed` where there is none. `grows`: the room ends with its space, and that may become longer or shorter. Else `now` must fit.
Rope settle(const Rope& now, const Room&, const Buffer& space, bool grows);
/// Whether a number that says how long it is follows a region, behind zeros up to its own alignment, as Linux's build puts one behind the
/// archive that it links into a kernel. The kernel reads as much, and skips zeros in it; other bytes stop it. `behind` begins where the
/// region ends.
bool says_size(ByteView behind, Extent region);
/// Archives are filled up to a block behind their end; when they grow they are again.
bool fills_block(const Room&);
/// Whether the space of `size` is this region, filler of its last block aside: its size is its own then. What is a multiple of 64 KiB is
/// taken for the dump of a partition.
bool is_all(const Room&, u64 size);

}  // namespace fieldstrip
