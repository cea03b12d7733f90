// The bytes by which zimage is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

/// Little and big endian.
inline constexpr Magic zimage[] = {{"\x18\x28\x6F\x01", 0x24}, {"\x01\x6F\x28\x18", 0x24}};

}  // namespace fieldstrip::magics
