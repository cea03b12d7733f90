// Bytes that no format owns: what of them is padding.
#pragma once
#include "engine/mapper.h"
#include "engine/scanner.h"

namespace fieldstrip {

/// Splits a gap of the space: runs of one byte of 256 and more are padding, and a rest of one byte as a whole; other rests are unknown.
/// `runs`: all of the space that are so long, by place; parts of them outside of the gap do not count.
void split_gap(ByteView space, Extent gap, std::span<const Run> runs, std::vector<Tile>& out);

}  // namespace fieldstrip
