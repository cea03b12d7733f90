// Whether two contents follow from the same bytes: told without decoding any.
#pragma once
#include <map>

#include "engine/tree.h"

namespace fieldstrip {

/// Extents of one item that were compared with extents of another: many small files lie in one block.
using SameExtents = std::map<std::pair<u64, u64>, u64>;

/// Of files of two file systems of one format. False: they may be equal for all that. `seen`: of these two file systems.
bool same_origin(Node& a, const Entry& e, Node& b, const Entry& f, SameExtents& seen, Context&);

}  // namespace fieldstrip
