// Where new nodes go: into free space; else erase blocks are written anew with what counts of them, the dirtiest first, as few as can be.
#pragma once
#include "formats/jffs2/space.h"

namespace fieldstrip::jffs2 {

struct Placing {
    /// Of each block: old nodes that move there (Live, in order), new ones (indices, in order).
    struct In {
        bool anew = false;  // what it held is dropped
        std::vector<Live> old = {};
        std::vector<size_t> fresh = {};
    };
    std::vector<In> in = {};  // by block
};

/// `sizes`: of new nodes. Nothing: they don't fit into these blocks as they are.
std::optional<Placing> append(std::span<const Block>, std::span<const u64> sizes);
/// With erase blocks written anew. Nothing: they don't fit at all.
std::optional<Placing> collect(std::span<const Block>, const Worth&, std::span<const u64> sizes);
/// All that counts laid out anew from the first erase block on: how short it can be.
std::optional<Placing> compact(std::span<const Block>, const Worth&, std::span<const u64> sizes);

}  // namespace fieldstrip::jffs2
