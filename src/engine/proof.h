// The finished file, opened again before it gets its name: a wrong image that looks right is refused.
#pragma once
#include "engine/rebuild.h"

namespace fieldstrip {

/// Every check that passed before must pass, by path and name, in each node above a change and in the changed ones; what was put in a
/// node's place must be of the same format with all its checks passing. What was copied to where it was holds, and is not computed again.
/// A file system that was made anew must hold just the tree that was wanted, with its contents.
/// `force_format`: another format may stand in a replaced node's place. Error Unsupported says which check, which node.
Result<void> prove(Node& before, Node& after, const Changes&, const Plan&, bool force_format, Context&);

}  // namespace fieldstrip
