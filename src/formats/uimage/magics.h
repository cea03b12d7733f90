// The bytes by which uimage is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic uimage[] = {{{"\x27\x05\x19\x56", 4}}};

}  // namespace fieldstrip::magics
