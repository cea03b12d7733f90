// Bytes that a key was added to, again and again: the key found by what repeats.
#pragma once
#include "look/hints.h"

namespace fieldstrip {

/// The key of 1 to 256 bytes that turns a run into text or into code; none where that is not clear. Only runs that look like neither are
/// worth asking. The key begins at the run's first byte.
std::optional<Hint> xor_hint(ByteView);

}  // namespace fieldstrip
