// The bytes by which xz is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic xz[] = {
    {{"\xFD"
      "7zXZ\0",
      6}}};

}  // namespace fieldstrip::magics
