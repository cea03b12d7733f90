// Words whose bytes stand the other way round: dumps of flash chips read by the wrong width.
#pragma once
#include "look/hints.h"

namespace fieldstrip {

/// Whether it is text or code once the bytes of each 16-bit or 32-bit word are turned round, and is not as it stands.
std::optional<Hint> swapped_hint(ByteView, const Likeness&);

}  // namespace fieldstrip
