// Tiles a space by the rules of the contract: what is proven, padding, unknown. Every byte has one owner.
#pragma once
#include "model/format.h"

namespace fieldstrip {

/// Formats too, of a kind that nothing recognises or opens.
extern const Format raw, padding, unknown;
/// Whether it is a format of its own, with something to open.
inline bool is_known(const Format& f) { return f.open != nullptr; }

/// What looked like a format whose own checks deny it: said of the unknown bytes that it lies in.
struct Broken {
    const Format* format;
    Claim claim;
};

struct Tile {
    Extent extent;
    const Format* format;
    std::string_view why = {};  // what proved it
    bool sound = true;
    u8 pad = 0;
    std::vector<Broken> broken = {};  // of unknown ones; offsets are the space's
};

/// A candidate that became no tile, and why: for `why` and `scan --all`.
struct Rejected {
    const Format* format;
    u64 at;                // where it would begin
    std::string_view why;  // of the format or of the mapper
    Extent extent = {};    // what it claimed; of size 0: it claimed nothing
    unsigned bits = 0;     // of proof
};
struct Trail {
    static constexpr size_t kMost = 1 << 16;
    /// Candidates inside of proven regions are asked too, where they begin in this range; others there are only counted.
    Extent within = {};
    std::vector<Rejected> rejected = {};  // by place; at most kMost
    u64 more = 0;                         // not kept
    u64 inside = 0;                       // in proven regions, not asked
    unsigned needed = 0;                  // bits of proof for a claim in that space
};

/// Tiles cover the space, in order. Nothing crosses a border (offsets, ascending). Limits of the Context end the search: what is behind is
/// a gap then.
std::vector<Tile> map_space(const Buffer& space, std::span<const u64> borders, Context&, Trail* = nullptr);
/// The format that is proven to begin at the beginning, or null. Looks nowhere else.
const Format* leading_format(ByteView space, Context&);
}  // namespace fieldstrip
