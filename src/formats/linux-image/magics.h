// The bytes by which linux-image is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

/// arm64, RISC-V.
inline constexpr Magic linux_image[] = {{"ARM\x64", 56}, {"RSC\x05", 56}};

}  // namespace fieldstrip::magics
