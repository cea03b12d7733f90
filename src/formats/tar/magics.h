// The bytes by which tar is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic tar[] = {{{"ustar\0", 6}, 257}, {"ustar  ", 257}};

}  // namespace fieldstrip::magics
