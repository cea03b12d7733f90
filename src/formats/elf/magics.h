// The bytes by which elf is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

inline constexpr Magic elf[] = {
    {"\x7F"
     "ELF"}};

}  // namespace fieldstrip::magics
