// The bytes by which compress is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic compress[] = {{{"\x1F\x9D", 2}}};

}  // namespace fieldstrip::magics
