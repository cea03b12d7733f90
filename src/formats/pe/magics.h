// The bytes by which pe is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic pe[] = {{"MZ"}};

}  // namespace fieldstrip::magics
