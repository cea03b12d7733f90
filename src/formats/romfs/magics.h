// The bytes by which romfs is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic romfs[] = {{"-rom1fs-"}};

}  // namespace fieldstrip::magics
