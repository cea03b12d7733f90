// The bytes by which cramfs is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

/// Both byte orders; the second pair behind room for a boot sector.
inline constexpr Magic cramfs[] = {{"\x45\x3D\xCD\x28"}, {"\x28\xCD\x3D\x45"}, {"\x45\x3D\xCD\x28", 512}, {"\x28\xCD\x3D\x45", 512}};

}  // namespace fieldstrip::magics
