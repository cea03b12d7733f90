// The bytes by which lzop is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic lzop[] = {{{"\x89LZO\0\r\n\x1A\n", 9}}};

}  // namespace fieldstrip::magics
