// The bytes by which squashfs is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic squashfs[] = {{"hsqs"}, {"sqsh"}, {"shsq"}, {"qshs"}, {"tqsh"}, {"hsqt"}, {"sqlz"}};

}  // namespace fieldstrip::magics
