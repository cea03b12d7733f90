// The bytes by which ikconfig is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic ikconfig[] = {{"IKCFG_ST\x1F\x8B\x08"}};

}  // namespace fieldstrip::magics
