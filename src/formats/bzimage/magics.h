// The bytes by which bzimage is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

/// Of the header that lies behind the boot sector's code.
inline constexpr Magic bzimage[] = {{"HdrS", 0x202}};

}  // namespace fieldstrip::magics
