// The bytes by which gzip is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic gzip[] = {{{"\x1F\x8B\x08", 3}}};

}  // namespace fieldstrip::magics
