// The bytes by which cpio is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic cpio[] = {{"070701"}, {"070702"}, {"070707"}, {"\xC7\x71"}, {"\x71\xC7"}};

}  // namespace fieldstrip::magics
