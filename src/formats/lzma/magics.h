// The bytes by which lzma is found: they are those of the short form; the long one has none and looks for itself (find.cc).
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

/// lc=3 lp=0 pb=2, and the low half of a dictionary.
inline constexpr Magic lzma[] = {{{"\x5D\x00\x00", 3}}};

}  // namespace fieldstrip::magics
