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

/// Tiles cover the space, in order. Nothing crosses a border (offsets, ascending). Limits of the Context end the search: what is behind is
/// a gap then.
std::vector<Tile> map_space(const Buffer& space, std::span<const u64> borders, Context&);
/// The format that is proven to begin at the beginning, or null. Looks nowhere else.
const Format* leading_format(ByteView space, Context&);
/// Splits bytes that no format owns: runs of one byte of 256 and more are padding, and a rest of one byte as a whole; other rests are
/// unknown.
void split_gap(const Buffer& space, Extent gap, std::vector<Tile>& out);

}  // namespace fieldstrip
