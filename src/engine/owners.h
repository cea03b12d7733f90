// Whose a byte is: the chain of nodes that hold it, what each knows of it, which checks vouch for it.
#pragma once
#include "engine/tree.h"

namespace fieldstrip {

/// One link of the chain: the last one is the deepest node in which the byte still has an offset.
struct Owner {
    Node* node;
    u64 at;  // of the byte, in the node's bytes
    /// The piece of its layout that holds the byte, of known formats that can be opened.
    const Piece* piece = nullptr;
    std::vector<Occupant> occupants = {};  // what the format says beyond its layout
};
/// From `top` down. `at` must be in its bytes.
Result<std::vector<Owner>> owners_of(Node& top, u64 at, Context&);

/// A check that vouches for the byte.
struct Voucher {
    std::string path, name;      // of the node or entry that it is of
    std::vector<Extent> covers;  // in the node's bytes
    Check::Outcome outcome;
};
/// Of each node of the chain, and of the files whose content the byte is in. Decodes what these checks need.
Result<std::vector<Voucher>> vouchers_of(std::span<const Owner>, Context&);

}  // namespace fieldstrip
