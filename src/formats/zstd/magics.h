// The bytes by which zstd is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic zstd[] = {{{"\x28\xB5\x2F\xFD", 4}}, {{"\x2A\x4D\x18", 3}, 1}};

}  // namespace fieldstrip::magics
