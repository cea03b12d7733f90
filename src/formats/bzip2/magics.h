// The bytes by which bzip2 is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic bzip2[] = {{"1AY&SY", 4}, {{"\x17\x72\x45\x38\x50\x90", 6}, 4}};

}  // namespace fieldstrip::magics
