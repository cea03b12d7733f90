// The bytes by which efi-zboot is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

/// Behind "MZ" and two zeros.
inline constexpr Magic efi_zboot[] = {{"zimg", 4}};

}  // namespace fieldstrip::magics
