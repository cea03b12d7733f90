// Every check of every node, and which bytes of the image they vouch for.
#pragma once
#include "engine/tree.h"

namespace fieldstrip {

/// A check with whose it is.
struct NodeCheck {
    Node& node;
    const Check& check;  // valid during the call
    u64 shift = 0;       // added to the check's offsets: of a broken claim, which begins behind the node's own begin
};
using NodeCheckSink = std::function<void(const NodeCheck&)>;
/// A finding that is an error: what is missing has no check that could fail.
using ErrorSink = std::function<void(Node&, const Said&)>;

struct Coverage {
    u64 pass = 0, fail = 0, unchecked = 0;        // checks
    u64 covered = 0, uncovered = 0, padding = 0;  // bytes of the image, each once
    /// Where the uncovered ones are: in the order of the image, each with whom it belongs to.
    struct Bare {
        std::string path;
        std::vector<Extent> extents;  // in the space that is counted
    };
    std::vector<Bare> bare = {};
};

/// All checks of a node and of all that is in it, in the order of the tree. What was made for it is dropped on the way where `drop`.
Result<void> verify(Node&, const NodeCheckSink&, Context&, bool drop = false, const ErrorSink& errors = {});
/// Only those of the node itself, not of its children; its contents are decoded.
Result<void> verify_own(Node&, const NodeCheckSink&, Context&);
/// verify, and the count of everything. For a node inside of decoded bytes the bytes are counted in its own space.
Result<Coverage> verify_and_count(Node&, const NodeCheckSink&, Context&, const ErrorSink& errors = {});

}  // namespace fieldstrip
