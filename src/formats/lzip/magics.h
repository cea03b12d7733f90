// The bytes by which lzip is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic lzip[] = {{"LZIP\x01"}};

}  // namespace fieldstrip::magics
