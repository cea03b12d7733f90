// The address that raw code was linked for, guessed from the pointers in it.
#pragma once
#include "look/hints.h"

namespace fieldstrip {

/// Of code of 32-bit ARM or MIPS: where its pointers point to the begins of its own strings. None where no address is clear.
std::optional<Hint> base_hint(ByteView, const Likeness&);

}  // namespace fieldstrip
