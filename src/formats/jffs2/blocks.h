// How large the erase blocks are that a JFFS2 was written to, and where they begin: no field says it, so it is told from where nodes lie.
#pragma once
#include "formats/jffs2/disk.h"

namespace fieldstrip::jffs2 {

class EraseBlocks {
  public:
    /// `first`: where the first node lies. `endian` is that of all.
    EraseBlocks(u64 first, Endian endian) : endian_(endian), from_first_{.origin = first}, from_zero_{.origin = 0} {}
    /// One more node, in order.
    void see(ByteView space, const Node& node);

    struct Known {
        u64 size, origin;
        std::string_view by;  // what told it: "cleanmarkers"; empty: nothing did, and 64 KiB are assumed
        /// A power of two that no node lies across: what crosses none of its multiples crosses no erase block, should they be smaller
        /// than what told their size makes us think.
        u64 least = size;
        u64 start_of(u64 at) const { return at - std::min(at, (at % size + size - origin % size) % size); }
    };
    Known known() const;

  private:
    /// Nodes against the multiples of powers of two, measured from `origin`. A node never leaves its block; a block in use begins with one.
    struct Grid {
        u64 origin;
        unsigned crossed = 0;  // a node lies across a multiple of each power below 2^crossed
        u64 begins = 0;        // bit k: a node begins at an odd multiple of 2^k
    };
    static u64 size_by(const Grid&);
    static u64 least_by(const Grid&, u64 size);
    Endian endian_;
    Grid from_first_, from_zero_;
    std::optional<u64> clean_;  // the first cleanmarker
    u64 clean_apart_ = 0;       // what all distances between them are multiples of
    std::optional<Known> summary_;
};

}  // namespace fieldstrip::jffs2
