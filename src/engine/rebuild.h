// From the changed nodes up to the image: one rope, and the plan that is read from it.
#pragma once
#include "engine/layouts.h"
#include "engine/tree.h"
#include "engine/wanted.h"

namespace fieldstrip {

/// What shall be different about one node. By `edit` or by the folder, it comes down to this.
struct Change {
    std::optional<Rope> bytes = {};  // these instead (encoded, as they shall lie; of a content: decoded)
    std::vector<std::pair<std::string, std::string>> fields = {};
    std::shared_ptr<WantedTree> tree = {};  // of a file system: what it shall hold
};
using Changes = std::map<Node*, Change>;

struct RebuildTerms {
    bool resize = false;  // the image may change its size
    bool repair = false;
    u64 erase_block = 0;    // 0: 64 KiB
    bool fix_sums = false;  // set the checksums found in unknown bytes
};

struct Plan {
    struct Step {
        std::string path, what;
        Extent old_extent, new_extent;  // in the parent's space
    };
    struct Cannot {
        std::string path, why;
    };
    std::vector<Step> changes;    // innermost first
    std::vector<Extent> changed;  // of the image, merged
    u64 copied = 0, written = 0;
    u64 erase_block = 0, erase_block_count = 0;
    std::vector<u64> erase_blocks;  // changed ones, by number
    std::vector<std::string> warnings;
    std::vector<Cannot> cannot;
    std::map<const Node*, std::vector<Wanted>> trees;  // of file systems that were made anew, for the proof
};

/// The image again (of `root`: it may be any node). A region grows into the filler behind it and moves nobody; what is beyond that is
/// refused with the excess.
Result<Rope> rebuild(Node& root, const Changes&, const RebuildTerms&, Plan&, Context&);

}  // namespace fieldstrip
