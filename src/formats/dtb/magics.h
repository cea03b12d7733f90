// The bytes by which dtb is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic dtb[] = {{"\xD0\x0D\xFE\xED"}};

}  // namespace fieldstrip::magics
