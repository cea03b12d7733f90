// The bytes by which lz4-legacy is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic lz4_legacy[] = {{"\x02\x21\x4C\x18"}};

}  // namespace fieldstrip::magics
